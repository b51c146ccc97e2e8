import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { withDashShell, withInit } from '../../src/rig/workers/argv.ts';
import type { ContainerProcess, Executor } from '../../src/rig/workers/executor.ts';
import { hireJanitor } from '../../src/rig/workers/janitor.ts';
import { chooseExecutor, type Machine } from '../../src/rig/workers/machine.ts';
import { commandOf, isDead } from '../../src/rig/workers/procfs.ts';
import { hasPid1 } from '../support/pid1.ts';
import { machine, waitFor } from './ecs-support.ts';

const machineWithoutTini: Machine = { ...machine, tini: undefined };
const deafShell = (inner: string): readonly string[] => ['sh', '-c', `${inner}; exit $?`];
const handler = `trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done`;

let root: string;
let executor: Executor;
let outputFile: string;
let started = 0;

async function start(argv: readonly string[], untilReady = true): Promise<ContainerProcess> {
  started += 1;
  outputFile = join(root, `${started}.log`);
  const environment = { PATH: process.env['PATH'] ?? '' };
  const container = await executor.start({ argv, environment, directory: root, outputFile });
  if (untilReady) {
    await waitFor('ready', () =>
      Promise.resolve(readFileSync(outputFile, 'utf8').includes('ready') || undefined),
    );
  }
  return container;
}

async function gone(pids: readonly number[]): Promise<void> {
  await waitFor(`the end of ${pids.join(' ')}`, () => Promise.resolve(pids.every(isDead) || undefined));
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rig-workers-'));
});
afterEach(async () => {
  await executor.close();
  rmSync(root, { recursive: true, force: true });
});

describe.runIf(hasPid1)('the namespace executor', () => {
  beforeEach(() => {
    executor = chooseExecutor(machine, 'namespace');
  });

  it('WORK-1: the main process is PID 1 of its own namespace', async () => {
    const container = await start(['sh', '-c', 'echo pid $$ ready; sleep 60; true']);
    expect(readFileSync(outputFile, 'utf8')).toContain('pid 1 ready');
    // The shell says so before it has started its child.
    await waitFor('its child', () => Promise.resolve(container.processes().length === 2 || undefined));
  });

  it('WORK-2: exit codes are exact', async () => {
    expect((await (await start(['sh', '-c', 'exit 7'], false)).exited).code).toBe(7);
    const killed = await start(['bash', '-c', handler]);
    killed.signal('SIGKILL');
    expect((await killed.exited).code).toBe(137);
  });

  it('WORK-3: SIGTERM reaches a handler of PID 1, and is ignored where PID 1 has none', async () => {
    const handling = await start(['bash', '-c', handler]);
    handling.signal('SIGTERM');
    expect((await handling.exited).code).toBe(0);
    const deaf = await start(deafShell('echo ready; sleep 60'));
    const pids = deaf.processes();
    deaf.signal('SIGTERM');
    deaf.signal('SIGKILL');
    expect((await deaf.exited).code).toBe(137);
    await gone(pids);
  });

  it('WORK-4: an init forwards to its direct child only: a shell between dies at once, the agent with it', async () => {
    const wrapped = await start(withInit(machineWithoutTini, deafShell(`bash -c "${handler}"`)));
    const pids = wrapped.processes();
    wrapped.signal('SIGTERM');
    expect((await wrapped.exited).code).toBe(143);
    await gone(pids);
    const direct = await start(withInit(machineWithoutTini, ['bash', '-c', handler]));
    direct.signal('SIGTERM');
    expect((await direct.exited).code).toBe(0);
  });

  it('WORK-5: SIGINT is not ignored because a shell stood between', async () => {
    const container = await start([
      'bash',
      '-c',
      `trap 'exit 3' INT; echo ready; while :; do sleep 0.05; done`,
    ]);
    container.signal('SIGINT');
    expect((await container.exited).code).toBe(3);
  });

  it('WORK-6: the end of PID 1 ends everything in the container, also what has a session of its own', async () => {
    const container = await start(['bash', '-c', 'setsid sleep 60 & echo ready; sleep 0.3; exit 5']);
    const pids = container.processes();
    expect((await container.exited).code).toBe(5);
    await gone(pids);
  });

  it.runIf(machine.namespaces?.hostnames === true)(
    'WORK-11: a container has the host name that it is given, and hands it to nobody else',
    async () => {
      const before = hostname();
      outputFile = join(root, 'named.log');
      const environment = { PATH: process.env['PATH'] ?? '' };
      const argv = ['sh', '-c', 'echo pid $$ on $(uname -n)'];
      const name = 'ip-10-0-0-1.us-east-1.compute.internal';
      const place = { argv, environment, directory: root, outputFile };
      const container = await executor.start({ ...place, hostname: name });
      expect((await container.exited).code).toBe(0);
      expect(readFileSync(outputFile, 'utf8')).toBe(`pid 1 on ${name}\n`);
      expect(hostname()).toBe(before);
    },
  );

  it('WORK-9: a program that does not exist is 127', async () => {
    expect((await (await start(['/no/such/program'], false)).exited).code).toBe(127);
  });

  it('WORK-12: a health check runs inside the container, and is killed with all it started when its time is over', async () => {
    const container = await start(['bash', '-c', handler]);
    const inside = `read -r name </proc/1/comm; test "$name" = bash && exit 5`;
    expect(await container.execute?.(['sh', '-c', inside], 60_000)).toBe(5);
    expect(await container.execute?.(['sh', '-c', 'sleep 600; true'], 200)).toBe(137);
    await waitFor('nothing but the container', () =>
      Promise.resolve(container.processes().every((pid) => !commandOf(pid).includes('600')) || undefined),
    );
  });
});

describe('the process executor', () => {
  beforeEach(() => {
    executor = chooseExecutor(machine, 'process');
  });

  it('WORK-7: it has no PID 1 semantics and says so', async () => {
    expect([executor.kind, executor.pid1]).toEqual(['process', false]);
    const container = await start(['sh', '-c', 'echo pid $$ ready; sleep 60; true']);
    expect(readFileSync(outputFile, 'utf8')).not.toContain('pid 1 ready');
    container.signal('SIGTERM');
    expect((await container.exited).code).toBe(143);
  });

  it('WORK-6: the end of the main process ends what it left behind', async () => {
    const container = await start([
      'bash',
      '-c',
      'setsid sleep 60 & sleep 60 & echo ready; sleep 0.3; exit 5',
    ]);
    const pids = container.processes();
    expect(pids.length).toBeGreaterThan(2);
    expect((await container.exited).code).toBe(5);
    await gone(pids);
  });

  it('WORK-12: a health check runs inside the container, and is killed with all it started when its time is over', async () => {
    const container = await start(['bash', '-c', handler]);
    const inside = 'exit 5';
    expect(await container.execute?.(['sh', '-c', inside], 60_000)).toBe(5);
    expect(await container.execute?.(['sh', '-c', 'sleep 600; true'], 200)).toBe(137);
    await waitFor('nothing but the container', () =>
      Promise.resolve(container.processes().every((pid) => !commandOf(pid).includes('600')) || undefined),
    );
  });
});

describe('the end of a rig that was killed', () => {
  beforeEach(() => {
    executor = chooseExecutor(machine, undefined);
  });

  it('WORK-8: its folder goes too, and what still lives there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rig-janitor-'));
    writeFileSync(join(folder, 'file'), '');
    const env = { ...process.env, HOME: join(folder, 'w-1') };
    const straggler = spawn('sleep', ['60'], { env, stdio: 'ignore', detached: true });
    await once(straggler, 'spawn');
    await hireJanitor(folder).dismiss();
    expect(() => readFileSync(join(folder, 'file'))).toThrow(/ENOENT/);
    if (existsSync('/proc/self/environ')) await gone([straggler.pid ?? 0]);
    else straggler.kill('SIGKILL');
  });
});

describe('shells', () => {
  beforeEach(() => {
    executor = chooseExecutor(machine, undefined);
  });

  it("WORK-10: without dash's way, the shell form is made to keep its shell", () => {
    const argv = ['/bin/sh', '-c', 'buildkite-agent start'];
    const other: Machine = { ...machine, shell: 'other', dash: undefined };
    expect(withDashShell({ ...machine, shell: 'dash' }, argv)).toEqual(argv);
    expect(withDashShell(other, argv)).toEqual(['/bin/sh', '-c', 'buildkite-agent start; exit $?']);
    expect(withDashShell({ ...other, dash: '/bin/dash' }, argv)).toEqual([
      '/bin/dash',
      '-c',
      'buildkite-agent start',
    ]);
    expect(withDashShell(other, ['bash', '-c', 'x'])).toEqual(['bash', '-c', 'x']);
  });

  it('WORK-10: the probe agrees with what sh does here', async () => {
    const shell = spawn('sh', ['-c', 'sleep 60'], { stdio: 'ignore', detached: true });
    await once(shell, 'spawn');
    const argv = await waitFor('the command', () => {
      const text = readFileSync(`/proc/${shell.pid ?? 0}/cmdline`, 'latin1').split('\0')[0];
      return Promise.resolve(text === 'sh' || text === 'sleep' ? text : undefined);
    });
    if (machine.shell === 'dash') expect(argv).toBe('sh');
    process.kill(-(shell.pid ?? 0), 'SIGKILL');
  });
});
