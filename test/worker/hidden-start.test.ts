import { expect, test } from 'vitest';
import { isSecretName, isSecretValue, isRandomLooking } from '../../src/model/secret-looks.ts';
import { leavingFlagsOf } from './leaving.ts';
import { hideStart } from '../../src/worker/hidden-start.ts';
import { hideIn, hideWords } from '../../src/worker/hidden-words.ts';
import { aContainerDefinition } from '../support/builders.ts';
import { testDigest } from '../support/digests.ts';

const X = testDigest('x9-value');
const AGENT = ['buildkite-agent', 'start'];

test.each(['DATABASE_PASSWORD', 'modelKey', 'OPENAI_API_KEY', 'api-token', 'DB_PWD', 'GH_PAT', 'TOKEN2'])(
  '%s names a secret',
  (name) => {
    expect(isSecretName(name)).toBe(true);
  },
);

test.each([
  'PWD',
  'CACHE_KEY',
  'STEP_KEY',
  'PUBLIC_KEY',
  'LOG_LEVEL',
  'KEY',
  'TOKENIZERS_PARALLELISM',
  'COMPASS',
  'KMS_KEY_ID',
  'TOKEN_FILE',
  'SECRET_ARN',
])('%s names none', (name) => {
  expect(isSecretName(name)).toBe(false);
});

test.each([
  ['MAX_TOKENS', '4096', false],
  ['USE_AUTH', 'true', false],
  ['DATABASE_PASSWORD', '123456', true],
  ['WHERE', 'postgres://me:x9-value@db/x', true],
  ['THING', 'bkua_abcdef0123', true],
  ['THING', '0123456789abcdef0123456789abcdef', true],
  ['STAGE', 'production', false],
])('a variable %s=%s is a secret: %s', (name, value, is) => {
  expect(isSecretValue(name, value)).toBe(is);
});

test('a path, a UUID, an ARN and a long name are not random', () => {
  for (const word of [
    '/usr/local/bin/Agent3/start',
    '018f7c1e-1111-4222-8333-444455556666',
    'buildkite',
    'a'.repeat(40),
    '0123456789abcdef0123456789abcdef01234567',
  ])
    expect(isRandomLooking(word)).toBe(false);
});

test.each([
  ['--token=x9-value', `--token=${X}`],
  ['--token x9-value', `--token ${X}`],
  ['-token "x9-value" start', `-token "${X}" start`],
  ['export API_TOKEN=x9-value', `export API_TOKEN=${X}`],
  ['docker run -e DB_PASSWORD=x9-value img', `docker run -e DB_PASSWORD=${X} img`],
  [
    "env A=b PASSWORD='x9-value' exec buildkite-agent start",
    `env A=b PASSWORD='${X}' exec buildkite-agent start`,
  ],
  ['curl -H "X-Api-Key: x9-value" u', `curl -H "X-Api-Key: ${X}" u`],
  ['curl https://h/p?token=x9-value&a=b', `curl https://h/p?token=${X}&a=b`],
  ['--data \'{"password":"x9-value"}\'', `--data '{"password":"${X}"}'`],
  ['exec buildkite-agent start --token $AGENT_TOKEN', null],
  ['exec buildkite-agent start --token "${AGENT_TOKEN}"', null],
  ['x --no-token buildkite-agent start', null],
  ['buildkite-agent start --queue A1b2C3d4E5f6G7h8I9j0K', null],
  ['trap "kill -TERM $pid" TERM; buildkite-agent start & wait', null],
])('in a script: %s', (script, shown) => {
  expect(hideIn(script, testDigest)).toBe(shown ?? script);
});

test('what nobody thought up is hidden wherever it stands', () => {
  const run = 'aB3dE5gH7jK9mN1pQ3sT';
  expect(hideIn(`start --model ${run}!`, testDigest)).toBe(`start --model ${testDigest(run)}!`);
});

test('a flag and its value are two words, also where the entry point ends between them', () => {
  expect(hideWords([...AGENT, '--token', 'x9-value', '--spawn', '2'], testDigest)).toEqual([
    ...[...AGENT, '--token', X, '--spawn', '2'],
  ]);
  const start = hideStart(
    { entryPoint: [...AGENT, '--token'], command: ['x9-value'], environment: {} },
    testDigest,
  );
  expect(start).toEqual({ entryPoint: [...AGENT, '--token'], command: [X], environment: {} });
});

test('settings that are read keep their values, all other variables are digests', () => {
  const { environment } = hideStart(
    aContainerDefinition({
      environment: {
        BUILDKITE_AGENT_TOKEN: 'x9-value',
        BUILDKITE_AGENT_TAGS: 'queue=linux',
        BUILDKITE_AGENT_DISCONNECT_AFTER_JOB: 'true',
        LOG_LEVEL: 'debug',
        EMPTY: '',
      },
    }),
    testDigest,
  );
  expect(environment).toEqual({
    BUILDKITE_AGENT_TOKEN: X,
    BUILDKITE_AGENT_TAGS: 'queue=linux',
    BUILDKITE_AGENT_DISCONNECT_AFTER_JOB: 'true',
    LOG_LEVEL: testDigest('debug'),
    EMPTY: '',
  });
});

test('of a variable that the command line expands the flags that are read stay, and nothing else', () => {
  const definition = aContainerDefinition({
    entryPoint: ['sh', '-c'],
    command: ['exec buildkite-agent start $FLAGS --disconnect-after-idle-timeout ${IDLE}'],
    environment: {
      FLAGS: '--disconnect-after-job --token x9-value --name=x9-value',
      IDLE: '600',
      OTHER: '600',
    },
  });
  const hidden = hideStart(definition, testDigest);
  expect(hidden.environment).toEqual({
    FLAGS: `--disconnect-after-job --token ${X} --name=${X}`,
    IDLE: '600',
    OTHER: testDigest('600'),
  });
  expect(leavingFlagsOf(hidden, null)).toEqual(leavingFlagsOf(definition, null));
  expect(leavingFlagsOf(hidden, null)).toMatchObject({ oneShot: true, idleTimeout: 600_000 });
});

test('hiding twice is hiding once', () => {
  const once = hideStart(
    aContainerDefinition({
      command: ['--token', 'x9-value', 'export PASSWORD=x9-value'],
      environment: { PASSWORD: 'x9-value', LEVEL: 'info' },
    }),
    testDigest,
  );
  expect(hideStart(once, testDigest)).toEqual(once);
});

test.each([
  ['names', 'a:'],
  ['flags', '-a '],
  ['quotes that do not end', `a="'`],
  ['names of secrets without a value', 'token= '],
  ['blanks', 'token '],
  ['letters', 'a'],
])('400 KB of %s are looked through in no longer than their length', (_what, piece) => {
  const text = piece.repeat(400_000 / piece.length);
  const before = process.cpuUsage();
  hideIn(text, testDigest);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(5);
});
