import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli, documentIn, ROOT } from '../support/cli.ts';

interface Container {
  readonly environment?: readonly { readonly name: string; readonly value: string }[];
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-secrets-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const SECRET = 'correct horse battery staple';

test("a secret reaches the build whole and is nowhere in what is printed or kept; the user's own settings are not used", async () => {
  await cp(join(ROOT, 'scenarios'), folder, { recursive: true });
  const scenario = await readFile(join(folder, 'exec-form.yaml'), 'utf8');
  const withSecret = scenario.replace(
    '  message: A game day\n',
    '  message: A game day\n  env: { DEPLOY_KEY: "${DEPLOY_KEY}" }\n',
  );
  await writeFile(join(folder, 'exec-form.yaml'), `${withSecret}secrets: [DEPLOY_KEY]\n`);
  const command = `test "$DEPLOY_KEY" = "${SECRET}" && sleep 4`;
  await writeFile(
    join(folder, 'pipelines', 'six-seconds.yaml'),
    `steps:\n  - key: integration\n    command: '${command}'\n`,
  );
  const { code, stdout, stderr } = await cli(['run', '--rig', '--json', 'exec-form.yaml'], folder, {
    DEPLOY_KEY: SECRET,
    BUILDKITE_API_TOKEN: 'bkua_the-token-of-the-user',
    BUILDKITE_GRAPHQL_ENDPOINT: 'https://buildkite.invalid/',
    AWS_ACCESS_KEY_ID: 'AKIAUSERUSERUSERUSER',
    AWS_SECRET_ACCESS_KEY: 'the-secret-key-of-the-user',
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
    AWS_USE_FIPS_ENDPOINT: 'true',
    AWS_PROFILE: 'no-such-profile',
  });
  expect(stderr).toContain('passed: drained');
  expect(code).toBe(0);
  expect(documentIn(stdout)).toMatchObject({ outcome: 'passed', reason: 'drained' });
  const [drill = ''] = await readdir(join(folder, '.gameday'));
  const kept = await Promise.all(
    ['journal.jsonl', 'result.json'].map((name) => readFile(join(folder, '.gameday', drill, name), 'utf8')),
  );
  expect(kept[0]).toContain('[redacted]');
  for (const text of [stdout, stderr, ...kept]) {
    for (const secret of [SECRET, 'bkua_', 'AKIA', 'the-secret-key', encodeURIComponent(SECRET)])
      expect(text).not.toContain(secret);
  }
});

test('what a task definition holds in variables and arguments is nowhere in what is printed or kept', async () => {
  await cp(join(ROOT, 'scenarios'), folder, { recursive: true });
  const path = join(folder, 'task-definitions', 'exec-form.json');
  const definition = JSON.parse(await readFile(path, 'utf8')) as { containerDefinitions: Container[] };
  const values = {
    DATABASE_PASSWORD: 'horse-battery',
    MODEL_KEY: 'staple-of-models',
    BUILDKITE_AGENT_TOKEN_OF_OLD: 'token without any prefix',
    PLAIN_SETTING: 'short',
  };
  const environment = Object.entries(values).map(([name, value]) => ({ name, value }));
  const containerDefinitions = definition.containerDefinitions.map((one) => ({
    ...one,
    environment: [...(one.environment ?? []), ...environment],
  }));
  await writeFile(path, JSON.stringify({ ...definition, containerDefinitions }));
  const scenario = await readFile(join(folder, 'exec-form.yaml'), 'utf8');
  const withEnv = scenario.replace(
    '  message: A game day\n',
    '  message: A game day\n  env: { RELEASE_PASSWORD: "${RELEASE_PASSWORD}" }\n',
  );
  await writeFile(join(folder, 'exec-form.yaml'), withEnv);
  const { code, stdout, stderr } = await cli(['run', '--rig', '--json', 'exec-form.yaml'], folder, {
    RELEASE_PASSWORD: 'Not-marked-as-1',
  });
  expect(stderr).toContain(
    'build.env.RELEASE_PASSWORD looks like a secret and is not listed under `secrets`',
  );
  expect([code, documentIn(stdout)]).toMatchObject([0, { reason: 'drained' }]);
  const [drill = ''] = await readdir(join(folder, '.gameday'));
  const kept = await Promise.all(
    ['journal.jsonl', 'result.json'].map((name) => readFile(join(folder, '.gameday', drill, name), 'utf8')),
  );
  expect(kept[0]).toMatch(/"DATABASE_PASSWORD":"hidden-[0-9a-f]{12}"/);
  expect(kept[0]).toMatch(/"RELEASE_PASSWORD":"hidden-[0-9a-f]{12}"/);
  for (const text of [stdout, stderr, ...kept]) {
    for (const secret of [...Object.values(values).slice(0, 3), '"short"', 'Not-marked-as-1'])
      expect(text).not.toContain(secret);
  }
});
