// Bundles src, with the packages it imports, into dist: one file for each program and chunks that are loaded when needed.
// Types are checked by `npm run types`, not here. `node scripts/build.mjs DIR` builds there instead of in dist.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { notices, packagesOf } from './packages.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = resolve(process.argv[2] ?? join(root, 'dist'));
const fresh = `${out}.${process.pid}`;

/** What bin/run.js and oclif load, and what is started as a process of its own. */
const PROGRAMS = {
  main: 'src/cli/main.ts',
  commands: 'src/commands/list.ts',
  'command-not-found': 'src/cli/command-not-found.ts',
  help: 'src/cli/help.ts',
  'rig/main': 'src/rig/main.ts',
  'rig/stand-in-agent/main': 'src/rig/stand-in-agent/main.ts',
};

/** oclif looks for it where a plugin is written in TypeScript; there is none. */
const NOT_BUNDLED = ['typescript'];

/** A document that a module reads from beside its source becomes a constant in it. */
const documents = {
  name: 'documents',
  transform: {
    filter: { code: '.graphql' },
    handler: (code, id, { magicString }) => {
      const READ = /readFileSync\(new URL\('(\.\/[\w-]+\.graphql)', import\.meta\.url\), 'utf8'\)/g;
      for (const { 0: read, 1: path, index } of code.matchAll(READ))
        magicString.overwrite(
          index,
          index + read.length,
          JSON.stringify(readFileSync(join(dirname(id), path), 'utf8')),
        );
      return { code: magicString };
    },
  },
};

const bundle = await rolldown({
  cwd: root,
  input: PROGRAMS,
  platform: 'node',
  external: NOT_BUNDLED,
  experimental: { nativeMagicString: true },
  // UMD files cannot be bundled; packages that have them name a module as well.
  resolve: { mainFields: ['module', 'main'] },
  transform: {
    target: 'node20',
    define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
  },
  plugins: [documents],
});
const { output } = await bundle.write({
  dir: fresh,
  format: 'esm',
  chunkFileNames: 'chunks/[name].js',
  // Names stay, so that a stack trace can be read.
  minify: { mangle: false },
  sourcemap: true,
  // As if built in dist, wherever it is: a source map names its sources by a relative path.
  sourcemapPathTransform: (path, map) => {
    const home = join(root, 'dist', relative(fresh, dirname(map)));
    return relative(home, resolve(dirname(map), path));
  },
});
await bundle.close();

const chunks = output.filter(({ type }) => type === 'chunk');
const wrong = [...chunks.flatMap(strangeImports), ...chunks.flatMap(missingFiles)];
if (wrong.length > 0) {
  rmSync(fresh, { recursive: true, force: true });
  throw new Error(`the bundle does not hold together:\n${wrong.join('\n')}`);
}
const packages = packagesOf(chunks.flatMap(({ moduleIds }) => moduleIds));
writeFileSync(join(fresh, 'THIRD-PARTY-NOTICES.txt'), notices(packages));
writeFileSync(
  join(fresh, 'packages.json'),
  JSON.stringify(packages.map(({ name, version, license }) => ({ name, version, license }))),
);
mkdirSync(dirname(out), { recursive: true });
rmSync(out, { recursive: true, force: true });
renameSync(fresh, out);

/** Imports of packages: at run time there are none. */
function strangeImports({ fileName, imports, dynamicImports }) {
  const names = new Set(output.map((file) => file.fileName));
  return [...imports, ...dynamicImports]
    .filter((name) => !names.has(name) && !isBuiltin(name) && !NOT_BUNDLED.includes(name))
    .map((name) => `${fileName} imports ${name}`);
}

/** Files that a chunk names relative to itself: it lies elsewhere than its sources did. */
function missingFiles({ fileName, code }) {
  return [...code.matchAll(/new URL\([`'"](\.[^`'"]+)[`'"],\s*import\.meta\.url\)/g)]
    .map(([, path]) => join(dirname(fileName), path))
    .filter((path) => !existsSync(path.startsWith('..') ? join(root, 'dist', path) : join(fresh, path)))
    .map((path) => `${fileName} names ${path}, which is not there`);
}
