import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli } from '../support/cli.ts';
import type { Ended } from '../support/cli.ts';
import { inFolder, surroundings } from './support/case.ts';
import { EXEC, taskDefinition, type Entries } from './support/files.ts';

/** Plain words: only their places tell that they are secrets. */
const planted: Record<string, string> = {};
function secret(place: string): string {
  return (planted[place] ??= `planted-${String(Object.keys(planted).length).padStart(3, '0')}-here`);
}

function definition(mayHold: 'flags' | 'no flags'): Entries {
  const whole = taskDefinition({ argv: ['/bin/sh', '-c', EXEC.join(' ')], stopTimeout: 30 });
  const [container] = whole['containerDefinitions'] as readonly Entries[];
  const environment = [
    ...((container?.['environment'] ?? []) as readonly Entries[]),
    { name: 'DATABASE_PASSWORD', value: secret('definition: a variable that sounds like a secret') },
    { name: 'BUILDKITE_AGENT_TOKEN', value: secret("definition: the agent's token") },
    { name: 'LOG_LEVEL', value: secret('definition: any other variable') },
    { name: 'CUSTOM_FLAGS', value: `--token ${secret('definition: a flag in a variable')}` },
  ];
  const start = EXEC.join(' ');
  const variable = `export DB_PASSWORD=${secret('definition: a variable of the script')}`;
  // The rig starts no agent that would register elsewhere. The shell in front of the other one is a finding that shows the script.
  const script =
    mayHold === 'flags'
      ? `${variable}; ${start} --token ${secret('definition: a flag')} $CUSTOM_FLAGS`
      : `${variable}; exec ${start}`;
  const logs = { 'splunk-token': secret('definition: an option of the log driver') };
  const more = {
    environment,
    entryPoint: ['/bin/sh', '-c', script],
    dockerLabels: { owner: secret('definition: a label') },
    logConfiguration: { logDriver: 'splunk', options: logs },
    healthCheck: { command: ['CMD-SHELL', `check --password ${secret('definition: a health check')}`] },
  };
  return { ...whole, containerDefinitions: [{ ...container, ...more }] };
}

const PIPELINE = {
  env: { DEPLOY_TOKEN: secret('pipeline: a variable'), MODE: secret('pipeline: any other variable') },
  steps: [
    {
      key: 'integration',
      command: 'sleep 4',
      env: { STEP_PASSWORD: secret('pipeline: a variable of the step') },
      plugins: [{ 'docker#v5': { 'build-args': [`NPM_TOKEN=${secret('pipeline: a plugin')}`] } }],
    },
  ],
};

const IMAGE = {
  Entrypoint: ['tini', '--'],
  Cmd: ['buildkite-agent', 'start', '--token', secret("image: the agent's token")],
  Env: [`REGISTRY_PASSWORD=${secret('image: a variable')}`, `PLAIN=${secret('image: any other variable')}`],
  Labels: { owner: secret('image: a label') },
};

/** The rig models no plugins. */
const PLAYABLE = { ...PIPELINE, steps: PIPELINE.steps.map(({ plugins: _none, ...step }) => step) };

/** The shared files of AWS, in which a profile holds keys that are in use and others that are not. */
const PROFILES = `[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = ${secret('profile: the secret key')}\naws_session_token = ${secret('profile: the session token')}\n[other]\naws_secret_access_key = ${secret('profile: another secret key')}\n`;

const SCENARIO = {
  version: 1,
  title: 'Secrets in every file',
  build: {
    organization: 'acme',
    pipeline: 'p',
    env: { RELEASE_TOKEN: secret('scenario: a variable that is not marked') },
  },
  cluster: { region: 'us-east-1', name: 'build-prod', service: 'build-agents' },
  when: { step: 'integration' },
  inject: { fault: 'stop-task' },
};

const DEFINITION = ['--task-definition', 'td.json', '--image-config', 'image.json'];
const PLAYED = ['--task-definition', 'played.json', '--pipeline', 'playable.yaml'];
const PREFLIGHT = ['preflight', ...DEFINITION, '--pipeline', 'pipeline.yaml', '--scenario', 'scenario.yaml'];
/** What reads the files, and the exit code that it ends with. */
const LOOKS: readonly (readonly [args: readonly string[], exit: number])[] = [
  [PREFLIGHT, 10],
  [[...PREFLIGHT, '--json'], 10],
  [[...PREFLIGHT, '--sarif'], 10],
  [['forecast', '--history', 'history.csv', ...DEFINITION], 0],
  [['forecast', '--history', 'history.csv', ...DEFINITION, '--json'], 0],
  [['validate', 'scenario.yaml'], 0],
  [['iam', '--account', '123456789012', 'scenario.yaml'], 0],
  [['rehearse', ...PLAYED], 3],
  [['rehearse', ...PLAYED, '--yes', '--json'], 0],
];

async function look(folder: string, args: readonly string[]): Promise<Ended> {
  return cli(args, folder, {
    ...surroundings(folder),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_CONFIG_FILE: join(folder, 'credentials'),
  });
}

/** All that was kept, but the files that were given and the definition that a rehearsal is played from. */
async function kept(folder: string): Promise<string> {
  const names = await readdir(join(folder, '.gameday'), { recursive: true }).catch(() => []);
  const files = names.filter(
    (name) => !/(^|\/)rehearsal-/.test(name) || /(journal\.jsonl|result\.json)$/.test(name),
  );
  const texts = files.map((name) => readFile(join(folder, '.gameday', name), 'utf8').catch(() => ''));
  return (await Promise.all(texts)).join('\n');
}

test.each(LOOKS)(
  'a secret in any place of a file that is given is nowhere in what %j prints or keeps',
  async (args, exit) => {
    await inFolder(async (folder) => {
      const files = {
        'td.json': definition('flags'),
        'played.json': definition('no flags'),
        'image.json': IMAGE,
        'pipeline.yaml': PIPELINE,
        'playable.yaml': PLAYABLE,
        'scenario.yaml': SCENARIO,
      };
      for (const [name, content] of Object.entries(files))
        await writeFile(join(folder, name), JSON.stringify(content, null, 1));
      await writeFile(join(folder, 'credentials'), PROFILES);
      const rows = Array.from(
        { length: 30 },
        (_none, day) =>
          `integration,2026-10-01T10:${String(day).padStart(2, '0')}:00Z,2026-10-01T10:${String(day + 3).padStart(2, '0')}:00Z`,
      );
      await writeFile(join(folder, 'history.csv'), ['step,started_at,finished_at', ...rows, ''].join('\n'));
      const { code, stdout, stderr } = await look(folder, args);
      expect(code, `${stdout}\n${stderr}`).toBe(exit);
      const written = [stdout, stderr, await kept(folder)].join('\n');
      expect(written.length).toBeGreaterThan(100);
      expect(Object.keys(planted).filter((place) => written.includes(planted[place] ?? ''))).toEqual([]);
    });
  },
);
