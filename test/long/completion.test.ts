import { spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanEnvironment, cli } from '../support/cli.ts';
import { until } from '../support/until.ts';

const PROGRAM = fileURLToPath(new URL('../e2e/support/terminal.py', import.meta.url));
const DRILL = '20260102-030405-beef';
const isRequired = process.env['GAMEDAY_REQUIRE_TOOLS'] === '1';

/** How a shell is started without a person's settings, takes the script, and shows the line that is being typed at ^X^D. */
const SHELLS = {
  bash: {
    args: ['--norc', '--noprofile', '-i'],
    setUp: `source ./script; bind -x '"\\C-x\\C-d": echo "LINE=[$READLINE_LINE]"'`,
  },
  zsh: {
    args: ['-f', '-i'],
    setUp: `autoload -U compinit; compinit -D; source ./script; p() { print -r -- "LINE=[$BUFFER]" }; zle -N p; bindkey '^X^D' p`,
  },
} as const;

/** What is typed before TAB, and what the line is after it. */
const COMPLETED: readonly (readonly [typed: string, line: string])[] = [
  ['gameday reh', 'gameday rehearse '],
  ['gameday drills sh', 'gameday drills show '],
  ['gameday help drills comp', 'gameday help drills compare '],
  ['gameday run --dry', 'gameday run --dry-run '],
  ['gameday drills list --al', 'gameday drills list --alarm'],
  ['gameday run --executor nam', 'gameday run --executor namespace '],
  ['gameday run --rig scen', 'gameday run --rig scenario.yaml '],
  ['gameday run --executor process scen', 'gameday run --executor process scenario.yaml '],
  ['gameday run --rig @exec', 'gameday run --rig @exec-form '],
  ['gameday run scenario.yaml @spot-reclaim-by', 'gameday run scenario.yaml @spot-reclaim-by-fis '],
  ['gameday run --out night', 'gameday run --out nights/'],
  ['gameday run --reporter termi', 'gameday run --reporter terminal'],
  ['gameday run --reporter log=scen', 'gameday run --reporter log=scenario.yaml'],
  ['gameday drills show 2026', `gameday drills show ${DRILL} `],
  ['gameday drills show --out nights 2025', 'gameday drills show --out nights 20251231-030405-cafe '],
  ['gameday drills compare nothing 2026', `gameday drills compare nothing ${DRILL} `],
  ['gameday resume 2026', `gameday resume ${DRILL} `],
  ['gameday scenarios show @exec', 'gameday scenarios show @exec-form '],
  ['gameday completion fi', 'gameday completion fish '],
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gameday-completion-'));
  await mkdir(join(folder, '.gameday', DRILL), { recursive: true });
  await mkdir(join(folder, 'nights', '20251231-030405-cafe'), { recursive: true });
  await writeFile(join(folder, 'scenario.yaml'), 'version: 1\n');
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

async function writeScript(shell: string): Promise<void> {
  const { code, stdout } = await cli(['completion', shell], folder);
  expect(code).toBe(0);
  await writeFile(join(folder, 'script'), stdout);
}

/** Types each line into one shell, presses TAB, and reads the line that stands there. */
async function typeInto(shell: keyof typeof SHELLS, lines: readonly string[]): Promise<readonly string[]> {
  const { args, setUp } = SHELLS[shell];
  const child = spawn('python3', [PROGRAM, shell, ...args], {
    cwd: folder,
    env: cleanEnvironment({ TERM: 'dumb', HOME: folder, PS1: '> ', COLUMNS: '200', LINES: '50' }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (screen += chunk));
  const type = (text: string): void => void child.stdin.write(`${JSON.stringify({ type: text })}\n`);
  const shown = (): readonly string[] =>
    [...screen.matchAll(/LINE=\[(.*?)\]\r/g)].map(([, line = '']) => line);
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    type(`${setUp}; echo "it is" ready\n`);
    await until(`${shell} to be ready`, async () => screen.includes('it is ready'));
    for (const [index, line] of lines.entries()) {
      type(`${line}\t\u0018\u0004`);
      await until(`${shell} after "${line}"`, async () => shown().length > index);
      // ^U removes the line, whatever it became.
      type('\u0015');
    }
    return shown();
  } finally {
    type('exit\n');
    await ended;
  }
}

describe.each(Object.keys(SHELLS) as (keyof typeof SHELLS)[])('%s', (shell) => {
  test.runIf(isRequired || (isThere(shell) && isThere('python3')))('completes what was begun', async () => {
    await writeScript(shell);
    const lines = await typeInto(
      shell,
      COMPLETED.map(([typed]) => typed),
    );
    // zsh adds an = that goes again when a space is typed.
    expect(lines.map((line) => line.trimEnd().replace(/=$/, ''))).toEqual(
      COMPLETED.map(([, line]) => line.trimEnd()),
    );
  });
});

describe('fish', () => {
  test.runIf(isRequired || isThere('fish'))('completes what was begun', async () => {
    await writeScript('fish');
    for (const [typed, line] of COMPLETED) {
      const asked = `source ./script; complete -C ${JSON.stringify(typed)}`;
      const env = cleanEnvironment({ HOME: folder });
      const { stdout } = spawnSync('fish', ['--no-config', '-c', asked], {
        cwd: folder,
        env,
        encoding: 'utf8',
      });
      const begun = typed.slice(0, typed.lastIndexOf(' ') + 1);
      const offered = stdout.split('\n').map((one) => `${begun}${one.split('\t')[0] ?? ''}`);
      expect({ typed, offered }).toMatchObject({
        offered: expect.arrayContaining([line.trimEnd()]) as unknown,
      });
    }
  });
});
