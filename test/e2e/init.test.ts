import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cleanEnvironment, cli, exportsIn, ROOT, startCli } from '../support/cli.ts';
import { inFolder } from './support/case.ts';

const FLAGS = ['--cluster', 'build-prod', '--service', 'build-agents', '--pipeline', 'acme/canary'];
const FILES = ['doctor.txt', 'drill.yaml', 'pipeline.yml'];

/** Runs `gameday` on a terminal of its own, and types each answer when its question is shown. */
async function onTerminal(
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>>,
  answers: readonly (readonly [question: string, keys: string])[],
): Promise<{ readonly code: number | null; readonly shown: string }> {
  const command = [process.execPath, join(ROOT, 'bin/run.js'), ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: folder,
    env: cleanEnvironment({ ...env, TERM: 'xterm' }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  const left = [...answers];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const [next] = left;
    if (next === undefined || !shown.includes(next[0])) return;
    left.shift();
    child.stdin.write(next[1]);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, shown };
}

test('writes what validate and a dry run take, with doctor beside it, and never overwrites', async () => {
  await inFolder(async (folder) => {
    const rig = startCli(['rig', 'up', join(ROOT, 'scenarios/rigs/exec-form.yaml')], folder);
    try {
      await rig.said('GAMEDAY_RIG_CONTROL');
      const env = { ...exportsIn(rig.stdout()), GAMEDAY_STATE_DIR: join(folder, 'state') };
      const ended = await cli(['init', ...FLAGS], folder, env);
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      expect(ended.stdout).toMatch(/^ {2}gameday\/drill\.yaml +the scenario$/m);
      expect(readdirSync(join(folder, 'gameday')).toSorted()).toEqual(FILES);
      const at = (name: string): string => readFileSync(join(folder, 'gameday', name), 'utf8');
      // The pipeline has one step, so that it needs no --step.
      expect(at('drill.yaml')).toContain('step: integration');
      expect(at('doctor.txt')).toMatch(/^Ready: /m);
      for (const command of [['validate'], ['run', '--dry-run']]) {
        const tried = await cli([...command, 'gameday/drill.yaml'], folder, env);
        expect(tried, tried.stderr).toMatchObject({ code: 0 });
      }
      writeFileSync(join(folder, 'gameday', 'drill.yaml'), 'mine');
      const again = await cli(['init', ...FLAGS, '--json'], folder, env);
      expect(again.code).toBe(2);
      expect(again.stdout).toContain('init overwrites nothing');
      expect(at('drill.yaml')).toBe('mine');
      const asked = await onTerminal(['init', '--into', 'asked'], folder, env, [
        // Each list has one name, and the cursor is on it.
        ['Cluster', '\r'],
        ['Service of the workers', '\r'],
        ['Pipeline', '\r'],
      ]);
      expect(asked.code, asked.shown).toBe(0);
      expect(readFileSync(join(folder, 'asked', 'drill.yaml'), 'utf8')).toContain('service: build-agents');
    } finally {
      rig.child.kill('SIGINT');
      await rig.ended;
    }
  });
});

test('without credentials it writes what was given, and doctor.txt says what was not checked', async () => {
  await inFolder(async (folder) => {
    const env = { AWS_EC2_METADATA_DISABLED: 'true', AWS_CONFIG_FILE: '/dev/null' };
    const { code, stderr } = await cli(['init', ...FLAGS, '--step', 'tests'], folder, env);
    expect(code, stderr).toBe(0);
    expect(readdirSync(join(folder, 'gameday')).toSorted()).toEqual(FILES);
    expect(readFileSync(join(folder, 'gameday', 'doctor.txt'), 'utf8')).toContain(
      'BUILDKITE_API_TOKEN is not set',
    );
  });
});

test.each<[string, readonly string[], RegExp]>([
  ['nothing given', [], /these are missing: --cluster NAME, --service NAME, --pipeline ORG\/SLUG/],
  [
    'a service that is none',
    [...FLAGS.with(3, 'a b'), '--step', 'x'],
    /the name or the ARN of an ECS service/,
  ],
  ['a queue that is none', [...FLAGS, '--step', 'x', '--queue', 'a b'], /--queue is not the name of a queue/],
])('%s is bad input without a terminal, and nothing is written', async (_title, args, says) => {
  await inFolder(async (folder) => {
    const { code, stderr } = await cli(['init', ...args], folder, {});
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
    expect(existsSync(join(folder, 'gameday'))).toBe(false);
  });
});

test('Ctrl-C at a question is an interruption, and nothing is written', async () => {
  await inFolder(async (folder) => {
    const { code, shown } = await onTerminal(['init'], folder, {}, [['Cluster', '\u0003']]);
    expect(code, shown).toBe(130);
    expect(shown).toContain('Nothing was written.');
    expect(existsSync(join(folder, 'gameday'))).toBe(false);
  });
});
