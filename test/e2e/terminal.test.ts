import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { cleanEnvironment, cli, exportsIn, ROOT, startCli } from '../support/cli.ts';
import type { Cli } from '../support/cli.ts';
import { startServer } from '../support/http-server.ts';
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

function onTerminal(args: readonly string[], given: Readonly<Record<string, string>> = env): Terminal {
  const line = [PROGRAM, process.execPath, join(ROOT, 'bin/run.js'), ...args];
  const child = spawn('python3', line, {
    cwd: folder,
    env: cleanEnvironment({ TERM: 'xterm', ...given }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (screen += chunk));
  const tell = (order: unknown): void => void child.stdin.write(`${JSON.stringify(order)}\n`);
  return {
    // Long lines are broken at spaces.
    shows: (text) =>
      until(`"${text}" on the screen`, () => Promise.resolve(screen.replace(/\s+/g, ' ').includes(text))),
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
    await terminal.shows('account 123456789012 [rig]');
    await terminal.shows('AWS is called as ');
    await terminal.shows('so far');
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

  it('the code of an MFA device is asked for once, and its keys are used; where nobody can be asked, the command is named', async () => {
    const device = 'arn:aws:iam::123456789012:mfa/ann';
    const sts = await startServer((seen, response) => {
      // The rig takes one key alone, so the role is given that one.
      const { AWS_ACCESS_KEY_ID: key = '', AWS_SECRET_ACCESS_KEY: secret = '' } = env;
      const isRight =
        seen.body.includes('TokenCode=123456') && seen.body.includes(encodeURIComponent(device));
      response.writeHead(isRight ? 200 : 403, { 'content-type': 'text/xml' });
      response.end(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>${key}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`);
    });
    try {
      const config = join(folder, 'config');
      await writeFile(
        config,
        `[profile drills]
role_arn = arn:aws:iam::123456789012:role/gameday
source_profile = keys
mfa_serial = ${device}
services = made
[profile keys]
aws_access_key_id = AKIAEXAMPLE
aws_secret_access_key = s3cr3t
[services made]
sts =
  endpoint_url = ${sts.url}
`,
      );
      const {
        AWS_ACCESS_KEY_ID: _key,
        AWS_SECRET_ACCESS_KEY: _secret,
        AWS_ENDPOINT_URL_STS: _sts,
        ...rest
      } = env;
      const asked = { ...rest, AWS_PROFILE: 'drills', AWS_CONFIG_FILE: config };
      const terminal = onTerminal(['doctor', scenario], asked);
      await terminal.shows(`Code of MFA device ${device}: `);
      terminal.type('123456\r');
      expect(await terminal.ended, terminal.screen()).toBe(0);
      expect(terminal.screen()).toContain('AWS takes the credentials');
      expect(terminal.screen().split('Code of MFA device')).toHaveLength(2);
      expect(sts.requests.filter(({ body }) => body.includes('AssumeRole'))).toHaveLength(1);
      const elsewhere = await cli(['doctor', scenario], folder, asked);
      expect([elsewhere.code, sts.requests.filter(({ body }) => body.includes('AssumeRole')).length]).toEqual(
        [10, 1],
      );
      expect(elsewhere.stdout.replace(/\s+/g, ' ')).toContain(
        'eval "$(aws configure export-credentials --profile drills --format env)"',
      );
    } finally {
      await sts.close();
    }
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
