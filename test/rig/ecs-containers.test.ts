import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startsAgain } from '../../src/rig/workers/restart.ts';
import { Worker } from '../../src/rig/workers/worker.ts';
import { chooseExecutor } from '../../src/rig/workers/machine.ts';
import { definition, draining, machine, startCluster, waitFor, type TestCluster } from './ecs-support.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.close());

interface Shown {
  readonly healthStatus: string;
  readonly containers: readonly { name: string; lastStatus: string; healthStatus: string; reason?: string }[];
}

async function begin(document: unknown): Promise<string> {
  const taskDefinition = await cluster.register(document);
  const { tasks } = await cluster.ask<{ tasks: [{ taskArn: string }] }>('RunTask', {
    taskDefinition,
    launchType: 'FARGATE',
  });
  return tasks[0].taskArn;
}

async function shown(taskArn: string): Promise<Shown> {
  return (await cluster.describe(taskArn)) as unknown as Shown;
}

function statusOf(task: Shown, name: string): string | undefined {
  return task.containers.find((each) => each.name === name)?.lastStatus;
}

const waits = (containerName: string, condition: string): object => ({
  dependsOn: [{ containerName, condition }],
});
const check = (command: readonly string[]): object => ({
  healthCheck: { command, interval: 5, timeout: 2, retries: 1 },
});

describe('inside a task', () => {
  it.concurrent(
    'ECS-41: a container starts when those that it waits for have ended, and the task is PENDING until then',
    async () => {
      const arn = await begin(
        definition({
          setup: { argv: ['sh', '-c', 'sleep 2; exit 0'], essential: false },
          fails: { argv: ['sh', '-c', 'exit 3'], essential: false },
          agent: {
            argv: draining(),
            dependsOn: [
              { containerName: 'setup', condition: 'SUCCESS' },
              { containerName: 'fails', condition: 'COMPLETE' },
            ],
          },
        }),
      );
      const early = await waitFor('a start of the first container', async () => {
        const task = await cluster.describe(arn);
        return statusOf(task as unknown as Shown, 'setup') === 'RUNNING' ? task : undefined;
      });
      expect(early.lastStatus).toBe('PENDING');
      expect(statusOf(early as unknown as Shown, 'agent')).toBe('PENDING');
      const late = await cluster.until(arn, 'RUNNING');
      expect(statusOf(late as unknown as Shown, 'setup')).toBe('STOPPED');
      expect(late.containers.find((each) => each.name === 'fails')?.exitCode).toBe(3);
    },
  );

  it.concurrent('ECS-41: what waits for the success of a container that fails never starts', async () => {
    const arn = await begin(
      definition({
        setup: { argv: ['sh', '-c', 'exit 3'], essential: false },
        agent: { argv: draining(), ...waits('setup', 'SUCCESS') },
      }),
    );
    const task = await cluster.until(arn, 'STOPPED');
    expect(task).toMatchObject({ stopCode: 'TaskFailedToStart' });
    expect(task.containers.find((each) => each.name === 'agent')).toMatchObject({
      lastStatus: 'STOPPED',
      reason: 'dependency setup did not succeed',
    });
  });

  it.concurrent('ECS-44: who waits longer than the start time-out of the other gives up', async () => {
    const arn = await begin(
      definition({
        slow: { argv: ['sleep', '60'], essential: false, startTimeout: 1, stopTimeout: 2 },
        agent: { argv: draining(), ...waits('slow', 'COMPLETE') },
      }),
    );
    const task = await waitFor('the end', async () => {
      const now = await cluster.describe(arn);
      return now.desiredStatus === 'STOPPED' ? now : undefined;
    });
    expect(task).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'dependency slow did not become COMPLETE within its start time-out',
    });
  });

  it('ECS-41: conditions that can never be met are refused', async () => {
    const both = (condition: string, more: object = {}): unknown =>
      definition({ a: { argv: ['true'], ...more }, b: { argv: ['true'], ...waits('a', condition) } });
    await expect(cluster.register(both('HEALTHY'))).rejects.toThrow(/no health check/);
    await expect(cluster.register(both('SUCCESS'))).rejects.toThrow(/essential/);
    await expect(cluster.register(both('LATER'))).rejects.toThrow(/no condition/);
  });

  it.concurrent(
    'ECS-41, ECS-42: HEALTHY waits for the health check, which runs inside the container and shows',
    async () => {
      const inside = `test "$(cat /proc/1/comm 2>/dev/null)" = bash || test -n "$GAMEDAY_RIG_WORKER"`;
      const arn = await begin(
        definition({
          gateway: { argv: draining(), ...check(['CMD-SHELL', inside]) },
          agent: { argv: draining(), ...waits('gateway', 'HEALTHY') },
        }),
      );
      await waitFor('a running gateway', async () =>
        statusOf(await shown(arn), 'gateway') === 'RUNNING' ? true : undefined,
      );
      const early = await shown(arn);
      expect(early.containers[0]).toMatchObject({ healthStatus: 'UNKNOWN' });
      expect(statusOf(early, 'agent')).toBe('PENDING');
      await cluster.until(arn, 'RUNNING');
      const late = await shown(arn);
      expect(late.containers.map((each) => each.healthStatus)).toEqual(['HEALTHY', 'UNKNOWN']);
      expect(late.healthStatus).toBe('UNKNOWN');
    },
  );

  it.concurrent(
    'ECS-42: a container that fails its check is UNHEALTHY, and so is its task; nobody stops a standalone one',
    async () => {
      const arn = await begin(definition({ worker: { argv: draining(), ...check(['CMD', 'false']) } }));
      const task = await waitFor('UNHEALTHY', async () => {
        const now = await shown(arn);
        return now.healthStatus === 'UNHEALTHY' ? now : undefined;
      });
      expect(task.containers[0]?.healthStatus).toBe('UNHEALTHY');
      expect(await cluster.describe(arn)).toMatchObject({ desiredStatus: 'RUNNING' });
    },
  );

  it('ECS-42, ECS-43: what a health check or a restart policy may not say is refused', async () => {
    const one = (more: object): unknown => definition({ worker: { argv: ['true'], ...more } });
    const fast = { healthCheck: { command: ['CMD', 'true'], interval: 1 } };
    await expect(cluster.register(one(fast))).rejects.toThrow(/healthCheck.interval/);
    await expect(cluster.register(one(check(['true'])))).rejects.toThrow(/healthCheck.command/);
    const hasty = { restartPolicy: { enabled: true, restartAttemptPeriod: 5 } };
    await expect(cluster.register(one(hasty))).rejects.toThrow(/restartAttemptPeriod/);
  });

  it('ECS-43: a container is started again once in a period, and not for an ignored code', () => {
    const policy = { ignoredExitCodes: [0], attemptPeriodMs: 60_000 };
    expect(startsAgain(policy, 1, 60_000)).toBe(true);
    expect(startsAgain(policy, 1, 59_999)).toBe(false);
    expect(startsAgain(policy, 0, 60_000)).toBe(false);
    expect(startsAgain(undefined, 1, 60_000)).toBe(false);
  });

  it('ECS-43: a restarted container stays RUNNING, and a stop ends it for good', async () => {
    const file = join(cluster.root, 'restarts');
    writeFileSync(file, '');
    const script = `echo begun >>"$FILE"; trap 'exit 0' TERM; [ $(wc -l <"$FILE") -lt 3 ] && exit 9; echo ready; while :; do sleep 0.05; done`;
    const environment = { PATH: process.env['PATH'] ?? '', FILE: file };
    const executor = chooseExecutor(machine, undefined);
    const worker = new Worker(executor, [
      {
        name: 'worker',
        essential: true,
        stopTimeoutMs: 20_000,
        dependsOn: [],
        restartPolicy: { ignoredExitCodes: [], attemptPeriodMs: 0 },
        process: {
          argv: ['bash', '-c', script],
          environment,
          directory: cluster.root,
          outputFile: `${file}.log`,
        },
      },
    ]);
    const statuses: string[] = [];
    worker.events.on('container', () => statuses.push(worker.containers[0]?.status ?? ''));
    await worker.start();
    await waitFor('the third start', () =>
      Promise.resolve(
        (existsSync(`${file}.log`) && readFileSync(`${file}.log`, 'utf8').includes('ready')) || undefined,
      ),
    );
    expect(new Set(statuses)).toEqual(new Set(['RUNNING']));
    expect(worker.containers[0]).toMatchObject({ restarts: 2 });
    await worker.stop();
    expect(worker.containers[0]).toMatchObject({ status: 'STOPPED', exit: { code: 0 }, restarts: 2 });
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(3);
    await executor.close();
  });

  it('ECS-45: a stop time-out of years on EC2 is not one of a millisecond', async () => {
    const slow = definition(
      { worker: { argv: draining(0, 0.5), stopTimeout: 31_536_000 } },
      { requiresCompatibilities: ['EC2'], networkMode: 'bridge' },
    );
    const arn = await cluster.run(slow, { launchType: 'EC2' });
    await cluster.ask('StopTask', { task: arn });
    expect((await cluster.until(arn, 'STOPPED')).containers[0]?.exitCode).toBe(0);
  });

  it('ECS-46: all containers of a task have its own loopback address, on which another task can listen as well', async () => {
    const port = 'const at = [8080, process.env.GAMEDAY_RIG_TASK_ADDRESS];';
    const serve = `${port} require("net").createServer((s) => s.end("hello")).listen(...at, () => console.log("up", at[1]))`;
    const call = `${port} const ask = () => require("net").connect(...at).on("data", (d) => console.log(d + " from", at[1])).on("error", () => setTimeout(ask, 50)); ask(); setInterval(() => 0, 1000)`;
    const two = definition({
      server: { argv: ['node', '-e', serve] },
      caller: { argv: ['node', '-e', call] },
    });
    const [first, second] = [await cluster.run(two), await cluster.run(two)];
    const addresses = [];
    for (const arn of [first, second]) {
      const said = await cluster.untilWritten(arn, 'caller', 'hello from');
      const address = /hello from (\S+)/.exec(said)?.[1] ?? '';
      expect(address).toMatch(/^127\.\d+\.\d+\.\d+$/);
      expect(await cluster.untilWritten(arn, 'server', 'up')).toContain(`up ${address}`);
      addresses.push(address);
    }
    // Where there is but one such address, the second server cannot listen, and the test does not come this far.
    expect(new Set(addresses).size).toBe(2);
  });

  it('WORK-19: what a task leaves in the shared folder outlives it, and other tasks find it', async () => {
    const script = 'echo left behind > "$GAMEDAY_RIG_SHARED/note"; echo written; exec sleep 60';
    const task = await cluster.run(definition({ worker: { argv: ['sh', '-c', script], stopTimeout: 2 } }));
    await cluster.untilWritten(task, 'worker', 'written');
    await cluster.ask('StopTask', { task });
    await cluster.until(task, 'STOPPED');
    const read = definition({ worker: { argv: ['sh', '-c', 'cat "$GAMEDAY_RIG_SHARED/note"; sleep 60'] } });
    await cluster.untilWritten(await cluster.run(read), 'worker', 'left behind');
  });
});
