import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { cleanEnvironment, cli, ROOT } from '../support/cli.ts';
import { needsPid1 } from '../support/pid1.ts';

const PROGRAM = fileURLToPath(new URL('../e2e/support/terminal.py', import.meta.url));
const hasPython = spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0;
const isRequired = process.env['GAMEDAY_REQUIRE_TOOLS'] === '1';

test.runIf(isRequired)('there is a python3 (3.9 or later) for the tests of the last screen', () => {
  expect(hasPython, 'GAMEDAY_REQUIRE_TOOLS=1, and there is no python3 with its module pty').toBe(true);
});

/** A stored drill whose job was lost; its id stands in the journal. */
const STORED = join(ROOT, 'docs', 'pictures', 'before.jsonl');
const DRILL = '20261129-144851-b832aadb5c2735a1';
const JUDGE = ['drills', 'judge', DRILL];
/** The end of a drill is at most so many lines: the card and the last line (the screen of a terminal of 80x24 has room for more). */
const MOST_LINES = 14;
/** Before a line that is the rest of one too long for the terminal. */
const BROKEN = '(broken) ';
const ESCAPE = String.fromCharCode(27);
const CTRL_C = String.fromCharCode(3);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-screen-'));
  await mkdir(join(folder, '.gameday', DRILL), { recursive: true });
  await cp(STORED, join(folder, '.gameday', DRILL, 'journal.jsonl'));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

interface Size {
  readonly cols: number;
  readonly rows: number;
}

interface Shown {
  readonly code: number | null;
  /** All that the program wrote. */
  readonly written: string;
  /** What the terminal shows in the end, without the empty lines below. */
  readonly screen: readonly string[];
}

/** Runs gameday on a pseudo-terminal of that size, and reads what a person sees in the end. */
async function onTerminal(
  args: readonly string[],
  size: Size,
  env: Record<string, string> = {},
  interruptAt: string | null = null,
): Promise<Shown> {
  const line = [
    PROGRAM,
    '--size',
    `${size.cols}x${size.rows}`,
    process.execPath,
    join(ROOT, 'bin/run.js'),
    ...args,
  ];
  const child = spawn('python3', line, {
    cwd: folder,
    env: cleanEnvironment({ TERM: 'xterm-256color', ...env }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const isDue = interruptAt !== null && !written.includes(interruptAt);
    written += chunk;
    if (isDue && written.includes(interruptAt)) child.stdin.write(`${JSON.stringify({ type: CTRL_C })}\n`);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, written, screen: await readScreen(written, size) };
}

async function readScreen(written: string, size: Size): Promise<readonly string[]> {
  const terminal = new xterm.Terminal({ ...size, allowProposedApi: true, scrollback: 0 });
  await new Promise<void>((done) => terminal.write(written, done));
  const { active } = terminal.buffer;
  const rows = Array.from({ length: size.rows }, (_, row) => active.getLine(row));
  const lines = rows.map(
    (row) => `${row?.isWrapped === true ? BROKEN : ''}${row?.translateToString(true) ?? ''}`,
  );
  terminal.dispose();
  return lines.slice(0, lines.findLastIndex((text) => text !== '') + 1);
}

/** The lines from the verdict to the last one. */
function endOf(lines: readonly string[]): readonly string[] {
  return lines.slice(lines.findLastIndex((text) => text.startsWith('FAILED: lost')));
}

/** The verdict with the exit code, and as the last line the sum of all drills: nothing of it has scrolled away or wrapped. */
function expectEnd(lines: readonly string[]): void {
  const end = endOf(lines);
  expect(end[0]).toMatch(/^FAILED: lost +\(exit code 10\)/);
  expect(end.at(-1)).toMatch(/^1 failed \(lost\) in \d/);
  expect(end.length).toBeLessThanOrEqual(MOST_LINES);
  expect(end.filter((text) => text.startsWith(BROKEN))).toEqual([]);
}

describe.runIf(hasPython || isRequired)('the last screen', () => {
  it.each<[Size, Record<string, string>]>([
    [{ cols: 80, rows: 24 }, {}],
    [{ cols: 120, rows: 40 }, {}],
    [{ cols: 40, rows: 10 }, {}],
    [{ cols: 80, rows: 24 }, { TERM: 'dumb' }],
    [{ cols: 80, rows: 24 }, { NO_COLOR: '1' }],
  ])('of a lost job at %j with %j holds verdict and last line', async (size, env) => {
    const { code, written, screen } = await onTerminal(JUDGE, size, env);
    expect(code, written).toBe(10);
    expectEnd(screen);
    expect(written.includes(ESCAPE)).toBe(!('TERM' in env || 'NO_COLOR' in env));
  });

  needsPid1(
    'of a drill that has just lost its job holds the same; before it SIGKILL was counted down',
    async () => {
      const args = ['run', '--rig', '--out', 'run', join(ROOT, 'scenarios', 'shell-form.yaml')];
      const { code, written, screen } = await onTerminal(args, { cols: 80, rows: 24 });
      expect(code, written).toBe(10);
      expectEnd(screen);
      expect(written).toMatch(/SIGKILL in about \d+ s \(stopTimeout \d+ s\)/);
      expect(written).toMatch(/container gone.*the rig gives a silent agent up after \d+ s/);
    },
  );

  needsPid1(
    'after Ctrl-C holds the end alone: nothing of the live block, and the cursor is shown',
    async () => {
      const args = ['run', '--rig', '--out', 'cut', join(ROOT, 'scenarios', 'shell-form.yaml')];
      const size = { cols: 80, rows: 24 };
      const { code, written, screen } = await onTerminal(args, size, {}, 'SIGKILL in about');
      expect(code, written).toBe(130);
      expect(screen.at(-1)).toBe('1 interrupted');
      // Its head and its lines about build, step, agent and task.
      expect(screen.filter((text) => /at the latest in|^ {2}(build|step|agent|task) {2}/.test(text))).toEqual(
        [],
      );
      expect(written.lastIndexOf(`${ESCAPE}[?25l`)).toBeLessThanOrEqual(
        written.lastIndexOf(`${ESCAPE}[?25h`),
      );
    },
  );

  needsPid1(
    'of a rehearsal holds its card; before it the time left was counted down',
    async () => {
      const task = join(ROOT, 'scenarios', 'task-definitions', 'exec-form.json');
      const args = ['rehearse', '--yes', '--job-length', '8s', '--out', 'rehearsed', task];
      const { code, written, screen } = await onTerminal(
        args,
        { cols: 80, rows: 24 },
        { GAMEDAY_DOCKER: '/nonexistent/docker' },
      );
      expect(code, written).toBe(0);
      const end = screen.slice(screen.findLastIndex((text) => text.startsWith('PASSED: drained, retired')));
      expect(end.length).toBeLessThanOrEqual(MOST_LINES);
      expect(end.filter((text) => text.startsWith(BROKEN))).toEqual([]);
      expect(end.at(-1)).toMatch(/^Rehearsal: passed: drained, retired \(exit code 0\) in \d/);
      expect(written).toContain('the definition as given');
      expect(written).toMatch(/3 drills run; none of 3 has ended/);
      expect(written).toMatch(/; about \d+ s left/);
    },
    180_000,
  );

  needsPid1(
    'in a Buildkite job, whose stdout is a terminal, nothing is redrawn, and the phases are groups',
    async () => {
      const args = ['run', '--rig', '--out', 'job', join(ROOT, 'scenarios', 'shell-form.yaml')];
      const { code, written, screen } = await onTerminal(
        args,
        { cols: 160, rows: 100 },
        { BUILDKITE: 'true' },
      );
      expect(code, written).toBe(10);
      expectEnd(screen);
      expect(written).not.toMatch(new RegExp(`${ESCAPE}\\[\\d*[AJK]`));
      const groups = written.split('\r\n').filter((text) => /^(---|\+\+\+|\^\^\^) /.test(text));
      expect(groups.map((text) => text.replace(/ .*: /, ' '))).toEqual([
        '--- plan and guards',
        '--- build and trigger',
        '--- injection',
        '--- watch',
        '^^^ +++',
        '+++ lost',
      ]);
      // The card comes below the open group.
      expect(written.indexOf('\n+++ ')).toBeLessThan(written.indexOf('FAILED: lost'));
    },
  );
});

it('piped the end is the same, without a single escape sequence', async () => {
  const { code, stdout } = await cli(JUDGE, folder);
  expect(code).toBe(10);
  expectEnd(stdout.trimEnd().split('\n'));
  expect(stdout).not.toContain(ESCAPE);
});
