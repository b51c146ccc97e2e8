import { spawn } from 'node:child_process';
import { cp, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cleanEnvironment, documentIn, ROOT, startCli } from '../support/cli.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { journalIn } from './support/case.ts';

let folder: string;
let scenario: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-streams-'));
  await cp(join(ROOT, 'scenarios'), join(folder, 'scenarios'), { recursive: true });
  scenario = join(folder, 'scenarios', 'exec-form.yaml');
});
afterEach(async () => {
  for (const pid of await processesWith(folder)) process.kill(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Given {
  readonly args: readonly string[];
  /** Where stdout and stderr go instead of into a pipe. */
  readonly full?: 'stdout' | 'stderr';
}

/** Runs `gameday` with one of its streams on a disk that is full. */
async function onFullDisk({ args, full }: Given): Promise<{ code: number | null; other: string }> {
  const disk = await open('/dev/full', 'w');
  const stdio =
    full === 'stdout' ? (['ignore', disk.fd, 'pipe'] as const) : (['ignore', 'pipe', disk.fd] as const);
  const child = spawn(process.execPath, [join(ROOT, 'bin/run.js'), ...args], {
    cwd: folder,
    env: cleanEnvironment(),
    stdio: [...stdio],
  });
  let other = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => (other += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  await disk.close();
  return { code, other };
}

async function lastEvents(): Promise<readonly string[]> {
  return (await journalIn(join(folder, '.gameday'))).map(({ code }) => code).slice(-2);
}

test('a log disk that is full does not end a drill: document, journal and exit code come', async () => {
  const { code, other } = await onFullDisk({ args: ['run', '--rig', '--json', scenario], full: 'stderr' });
  expect(documentIn(other)).toMatchObject({ outcome: 'passed', reason: 'drained' });
  expect(code).toBe(0);
  expect(await lastEvents()).toEqual(['GD_SETTLED', 'GD_JUDGED']);
});

test('whoever reads stderr may go away in the middle of a drill', async () => {
  const run = startCli(['run', '--rig', '--json', scenario], folder);
  await run.said('was created');
  run.child.stderr.destroy();
  expect(await run.ended).toEqual({ code: 0, signal: null });
  expect(documentIn(run.stdout())).toMatchObject({ outcome: 'passed' });
  expect(await lastEvents()).toEqual(['GD_SETTLED', 'GD_JUDGED']);
});

test('an answer that nobody can read is no pass: the drill runs to its end, and the exit code is not 0', async () => {
  const { code, other } = await onFullDisk({ args: ['run', '--rig', '--json', scenario], full: 'stdout' });
  expect(code).toBe(4);
  expect(other).toContain('stdout could not be written: ENOSPC');
  expect(await lastEvents()).toEqual(['GD_SETTLED', 'GD_JUDGED']);
  const [drill = ''] = await readdir(join(folder, '.gameday'));
  const kept = JSON.parse(await readFile(join(folder, '.gameday', drill, 'result.json'), 'utf8')) as unknown;
  expect(kept).toMatchObject({ outcome: 'passed', reason: 'drained' });
});

test('SIGHUP interrupts like the other signals: the journal is closed, and it is said how to go on', async () => {
  const run = startCli(['run', '--rig', scenario], folder);
  await run.said('the stop landed');
  run.child.kill('SIGHUP');
  expect(await run.ended).toEqual({ code: 129, signal: null });
  expect(run.stdout()).toContain('INTERRUPTED  (exit code 129)');
  expect(run.stdout()).toContain('$ gameday drills resume ');
  const events = await journalIn(join(folder, '.gameday'));
  expect(events.at(-1)).toMatchObject({ code: 'GD_INTERRUPTED', payload: { signal: 'SIGHUP' } });
  await until('the end of the rig', async () => (await processesWith(folder)).length === 0);
});
