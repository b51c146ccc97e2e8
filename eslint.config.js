// What a reviewer should not have to say. Layout is prettier's, imports between rooms are dependency-cruiser's.
import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';
import oneClock from './scripts/lint/one-clock.js';

/** Time, randomness and the process are parameters; these places hand them in. */
const MAY_TOUCH_THE_WORLD = [
  'src/cli/**',
  'src/http/**',
  'src/buildkite/**',
  'src/ecs/**',
  'src/store/**',
  'src/surroundings/**',
  'src/user-command/**',
  'src/telemetry/**',
  'src/notify/client.ts',
  'src/rig/**',
  'src/lockfile/**',
  'src/journal/{file,replay,line}.ts',
  // Writes an instant that it is given as a day.
  'src/ledger/seal.ts',
  'src/scenario/{load,shipped}.ts',
  // Writes an instant that it is given as text.
  'src/report/text.ts',
];

const BANNED_GLOBALS = [
  'performance',
  'crypto',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'process',
  'globalThis',
  'fetch',
].map((name) => ({ name, message: 'Take it as a parameter: this room decides, it does not look around.' }));

/** The calendar is pure; the clock is not. */
const ONLY_UTC = {
  selector: ':not(MemberExpression[property.name="UTC"]) > Identifier[name="Date"]',
  message: 'Take the instant as a parameter: only Date.UTC looks at no clock.',
};

const NO_ESCAPES = [
  { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
  { selector: 'TSModuleDeclaration[kind!="global"]', message: 'Modules are files.' },
  { selector: 'TSParameterProperty', message: 'Write the property down.' },
  {
    selector:
      'CallExpression[callee.object.name="vi"][callee.property.name=/^(mock|doMock|hoisted|stubGlobal|spyOn)$/]',
    message: 'No module mocks: write a fake of the port.',
  },
  {
    selector:
      'MemberExpression[object.name=/^(it|test|describe|suite)$/][property.name=/^(skip|only|todo)$/]',
    message: 'A test runs, or it is not there; CI counts what runIf left out.',
  },
];

const NO_DEFAULT = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export it by name; only oclif wants defaults.',
};

export default tseslint.config(
  { ignores: ['dist/**', 'dist.*/**', 'node_modules/**', 'coverage/**', '.gameday/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  {
    files: ['**/*.ts'],
    extends: [eslint.configs.recommended, tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `return finish(...)` ends a function and its work in one line.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Of a copy of our own.
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // An async function without await keeps a port's promise: what it throws rejects.
      '@typescript-eslint/require-await': 'off',
      // Ports are objects of closures; there is no `this` to lose.
      '@typescript-eslint/unbound-method': 'off',
      // Overflows the stack on graphql's recursive types (plugin 8.73.0).
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Does not see what another turn of the loop or a signal changed meanwhile.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // process.env['NAME'] is what noPropertyAccessFromIndexSignature would ask for.
      '@typescript-eslint/dot-notation': 'off',
      'max-lines': ['error', { max: 300 }],
      'no-restricted-syntax': ['error', ...NO_ESCAPES],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex:
                '^(?!node:)(assert|buffer|child_process|crypto|events|fs|http|https|module|net|os|path|process|readline|stream|timers|tty|url|util|worker_threads|zlib)(/|$)',
              message: 'Write node:NAME.',
            },
          ],
        },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-param-reassign': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'no-else-return': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/commands/**', 'src/cli/command-not-found.ts'],
    rules: {
      'max-lines-per-function': ['error', { max: 80, skipComments: true, skipBlankLines: true }],
      'no-restricted-syntax': ['error', ...NO_ESCAPES, NO_DEFAULT],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: MAY_TOUCH_THE_WORLD,
    rules: {
      'no-restricted-globals': ['error', ...BANNED_GLOBALS],
      'no-restricted-syntax': ['error', ...NO_ESCAPES, NO_DEFAULT, ONLY_UTC],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Randomness is a parameter.' },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/evidence/clocks.ts', 'src/rig/**'],
    plugins: { gameday: { rules: { 'one-clock': oneClock } } },
    rules: { 'gameday/one-clock': 'error' },
  },
  // The closed table of reasons is read as one page.
  { files: ['src/model/reasons.ts'], rules: { 'max-lines': 'off' } },
  {
    files: ['src/commands/**'],
    rules: {
      'max-lines': ['error', { max: 80 }],
      'no-restricted-syntax': ['error', ...NO_ESCAPES, ONLY_UTC],
    },
  },
  {
    // Tests and benchmarks hold many small cases in one function, and cast what they know.
    files: ['test/**/*.ts', 'bench/**/*.ts', 'vitest.config.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      'max-lines': 'off',
    },
  },
  { files: ['bench/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    extends: [eslint.configs.recommended, tseslint.configs.recommended],
    rules: { eqeqeq: 'error', 'prefer-const': 'error', '@typescript-eslint/no-require-imports': 'off' },
  },
);
