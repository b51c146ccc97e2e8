import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { cleanEnvironment, exportsIn, ROOT, startCli } from '../support/cli.ts';
import type { Cli } from '../support/cli.ts';
import { processesWith } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { journalIn } from './support/case.ts';

const PROGRAM = fileURLToPath(new URL('support/terminal.py', import.meta.url));
const hasPython = spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0;
const isRequired = process.env['GAMEDAY_REQUIRE_TOOLS'] === '1';

test.runIf(isRequired)('there is a python3 (3.9 or later) for the tests on a pseudo-terminal', () => {
  expect(hasPython, 'GAMEDAY_REQUIRE_TOOLS=1, and there is no python3 with its module pty').toBe(true);
});
if (!hasPython && !isRequired)
  process.stderr.write(
    'not run: the tests on a pseudo-terminal. They need python3 3.9 or later (apt-get install python3).\n',
  );

let folder: string;
let scenario: string;
let up: Cli;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-terminal-'));
  await cp(join(ROOT, 'scenarios'), join(folder, 'scenarios'), { recursive: true });
  scenario = join(folder, 'scenarios', 'exec-form.yaml');
  const steps = join(folder, 'scenarios', 'pipelines', 'six-seconds.yaml');
  await writeFile(steps, (await readFile(steps, 'utf8')).replace('sleep 6', 'sleep 30'));
  up = startCli(['rig', 'up', join(folder, 'scenarios', 'rigs', 'exec-form.yaml')], folder);
  await up.said('The rig runs');
  env = { ...exportsIn(up.stdout()), GAMEDAY_STATE_DIR: join(folder, 'state') };
});
afterAll(async () => {
  up.child.kill('SIGTERM');
  await up.ended;
  await until('the end of the rig', async () => (await processesWith(folder)).length === 0);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Terminal {
  shows(text: string): Promise<unknown>;
  type(text: string): void;
  close(): void;
  readonly ended: Promise<number | null>;
  readonly screen: () => string;
}

function onTerminal(args: readonly string[]): Terminal {
  const line = [PROGRAM, process.execPath, join(ROOT, 'bin/run.js'), ...args];
  const child = spawn('python3', line, {
    cwd: folder,
    env: cleanEnvironment({ TERM: 'xterm', ...env }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (screen += chunk));
  const tell = (order: unknown): void => void child.stdin.write(`${JSON.stringify(order)}\n`);
  return {
    shows: (text) => until(`"${text}" on the screen`, () => Promise.resolve(screen.includes(text))),
    type: (text) => tell({ type: text }),
    close: () => tell({ close: true }),
    ended: new Promise((resolve) => child.once('close', resolve)),
    screen: () => screen,
  };
}

describe.runIf(hasPython || isRequired)('at a terminal', () => {
  it('an end of input at the question is a no: a verdict, exit code 3, nothing stopped, the build canceled', async () => {
    const out = join(folder, 'ended');
    const terminal = onTerminal(['run', '--out', out, scenario]);
    await terminal.shows('Stop it?');
    terminal.type('\u0004');
    expect(await terminal.ended, terminal.screen()).toBe(3);
    expect(terminal.screen()).toContain('REFUSED');
    const events = await journalIn(out);
    expect(eventsOf(events, 'GD_FAULT_INTENDED')).toEqual([]);
    expect(eventsOf(events, 'GD_CONFIRMED')[0]?.payload.answer).toBe('no');
    expect(eventsOf(events, 'GD_UNDO_SENT')[0]?.payload.result).toBe('ok');
    expect(events.at(-1)?.code).toBe('GD_JUDGED');
  });

  it.each(['y\n', 'y'])('keys typed ahead of the question (%j) answer nothing', async (keys) => {
    const out = join(folder, `ahead-${String(keys.length)}`);
    const terminal = onTerminal(['run', '--out', out, scenario]);
    await terminal.shows('drill ');
    terminal.type(keys);
    await terminal.shows('Stop it?');
    terminal.type('n\r');
    expect(await terminal.ended, terminal.screen()).toBe(3);
    expect(eventsOf(await journalIn(out), 'GD_FAULT_INTENDED')).toEqual([]);
  });

  it('a terminal that is closed in the middle of a drill interrupts it: its journal says so, and it can be resumed', async () => {
    const out = join(folder, 'closed');
    const terminal = onTerminal(['run', '--rig', '--out', out, scenario]);
    await terminal.shows('is in flight');
    terminal.close();
    expect(await terminal.ended).toBe(129);
    const last = (await journalIn(out)).at(-1);
    expect(last).toMatchObject({ code: 'GD_INTERRUPTED', payload: { signal: 'SIGHUP' } });
  });
});
