import { cp, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readJournal } from '../../src/journal/replay.ts';
import { documentIn, ROOT, startCli } from '../support/cli.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';

let folder: string;
let scenario: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-signals-'));
  // A copy, so that the rig's command line names this test alone.
  await cp(join(ROOT, 'scenarios'), join(folder, 'scenarios'), { recursive: true });
  scenario = join(folder, 'scenarios', 'exec-form.yaml');
});
afterEach(async () => {
  for (const pid of await processesWith(folder)) process.kill(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function nothingRuns(): Promise<void> {
  await until('the end of the rig', async () => (await processesWith(folder)).length === 0);
}

async function lastEvent(): Promise<string | undefined> {
  const [drill = ''] = await readdir(join(folder, '.gameday'));
  const { events, torn } = await readJournal(join(folder, '.gameday', drill, 'journal.jsonl'));
  expect(torn).toBe(false);
  return events.at(-1)?.code;
}

/** The product promises half a second; a test on a busy machine asks for less. */
const SOON = 5000;

test.each([
  ['at the gate', 'SIGINT', 'stands in for Buildkite', 130],
  ['when the build was created', 'SIGTERM', 'was created', 143],
  ['after the injection', 'SIGINT', 'the stop landed', 130],
] as const)('%s %s closes the journal and says how to go on', async (_phase, signal, text, code) => {
  const run = startCli(['run', '--rig', scenario], folder);
  await run.said(text);
  const sentAt = Date.now();
  run.child.kill(signal);
  expect(await run.ended).toEqual({ code, signal: null });
  expect(Date.now() - sentAt).toBeLessThan(SOON);
  expect(run.stdout()).toContain(`INTERRUPTED  (exit code ${code})`);
  expect(run.stdout()).toMatch(
    /\$ gameday drills resume \d{8}-\d{6}-[0-9a-f]{16}\n +\$ gameday drills abort /,
  );
  expect(await lastEvent()).toBe('GD_INTERRUPTED');
  await nothingRuns();
});

test('under --json an interruption is one document', async () => {
  const run = startCli(['run', '--rig', '--json', scenario, scenario], folder);
  await run.said('step integration runs');
  run.child.kill('SIGTERM');
  expect(await run.ended).toEqual({ code: 143, signal: null });
  const document = documentIn(run.stdout());
  expect(document).toMatchObject({ outcome: 'interrupted', exitCode: 143, counts: { interrupted: 1 } });
  expect(document.drills).toHaveLength(1);
  await nothingRuns();
});

test('a signal while the rig starts leaves nothing, and says that nothing was sent', async () => {
  const run = startCli(['run', '--rig', scenario], folder);
  await until('the rig', async () => (await processesWith(join(folder, 'scenarios', 'rigs'))).length > 0);
  run.child.kill('SIGINT');
  expect(await run.ended).toEqual({ code: 130, signal: null });
  expect(run.stderr()).toContain('nothing was sent');
  await nothingRuns();
});

test('a second signal ends the process at once, and its folder for temporary state goes with it', async () => {
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  const states = async (): Promise<readonly string[]> =>
    (await readdir(temporary)).filter((name) => name.startsWith('gameday-state-'));
  const run = startCli(['run', '--rig', scenario], folder, { TMPDIR: temporary });
  await run.said('was created');
  expect(await states()).toHaveLength(1);
  run.child.kill('SIGTERM');
  run.child.kill('SIGINT');
  await run.ended;
  expect(await states()).toEqual([]);
  await nothingRuns();
});

test('SIGKILL of the runner takes the rig along', async () => {
  const run = startCli(['run', '--rig', scenario], folder);
  await run.said('was created');
  run.child.kill('SIGKILL');
  await run.ended;
  await nothingRuns();
});

test('files are 0600 in 0700 folders, the result beside the journal', async () => {
  const run = startCli(['run', '--rig', '--out', 'drills', scenario], folder);
  await run.said('was created');
  run.child.kill('SIGINT');
  await run.ended;
  expect(run.stdout()).toContain(' --out drills\n');
  const [drill = ''] = await readdir(join(folder, 'drills'));
  const mode = async (...path: string[]): Promise<number> =>
    (await stat(join(folder, 'drills', drill, ...path))).mode & 0o777;
  expect(await readdir(join(folder, 'drills', drill))).toEqual(['journal.jsonl', 'result.json']);
  expect([await mode(), await mode('journal.jsonl'), await mode('result.json')]).toEqual([
    0o700, 0o600, 0o600,
  ]);
});
