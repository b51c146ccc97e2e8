import { describe, expect, it } from 'vitest';

import type { EcsKnobs } from '../../src/rig/ecs/knobs.ts';
import { definition, draining, startCluster, waitFor, type TestCluster } from './ecs-support.ts';

async function clusterWith(
  knobs: Partial<EcsKnobs>,
  onTestFinished: (callback: () => Promise<void>) => void,
): Promise<TestCluster> {
  const cluster = await startCluster(knobs);
  onTestFinished(() => cluster.close());
  return cluster;
}

/** What the rig tells of a task's status, among other events. */
interface StatusEvent {
  readonly event: string;
  readonly taskArn?: string;
  readonly status?: string;
  readonly at: number;
}

const hourMs = 3_600_000;
const nearMs = 60_000;

/** How far an instant of ECS lies ahead of this machine's clock, in milliseconds. */
function ahead(instant: unknown): number {
  return Number(instant) * 1000 - Date.now();
}

describe.concurrent('worlds that lie about ECS', () => {
  it.each(['FARGATE', 'EC2'])(
    'ECS-47, ECS-72: the clock of ECS and that of the instances move what each of them sets (%s)',
    async (launchType) => {
      const cluster = await startCluster({ clockOffsetMs: hourMs, instanceClockOffsetMs: -hourMs });
      try {
        const arn = await cluster.run(definition({ worker: { argv: draining() } }), { launchType });
        await cluster.ask('StopTask', { task: arn });
        const task = await cluster.until(arn, 'STOPPED');
        for (const name of ['createdAt', 'startedAt', 'stoppingAt', 'stoppedAt', 'connectivityAt'])
          expect(Math.abs(ahead(task[name]) - hourMs), name).toBeLessThan(nearMs);
        const onHost = launchType === 'FARGATE' ? hourMs : -hourMs;
        for (const name of ['executionStoppedAt', 'pullStartedAt', 'pullStoppedAt'])
          expect(Math.abs(ahead(task[name]) - onHost), name).toBeLessThan(nearMs);
      } finally {
        await cluster.close();
      }
    },
  );

  it('ECS-72: the Date header and the times of services and instances follow the clock of ECS', async ({
    onTestFinished,
  }) => {
    const cluster = await clusterWith({ clockOffsetMs: -hourMs }, onTestFinished);
    const taskDefinition = await cluster.register(definition({ worker: { argv: draining() } }));
    await cluster.ask('CreateService', { serviceName: 'workers', taskDefinition, desiredCount: 1 });
    const { services } = await cluster.ask<{ services: [Record<string, unknown>] }>('DescribeServices', {
      services: ['workers'],
    });
    const [service] = services;
    const [deployment] = service['deployments'] as [Record<string, unknown>];
    const [event] = service['events'] as [Record<string, unknown>];
    const times = [service, deployment, event].map((each) => each['createdAt']);
    for (const instant of [...times, deployment['updatedAt']])
      expect(Math.abs(ahead(instant) + hourMs)).toBeLessThan(nearMs);
    const refused = await fetch(cluster.rig.url, { method: 'POST' });
    const behind = Date.now() - Date.parse(refused.headers.get('date') ?? '');
    expect(Math.abs(behind - hourMs)).toBeLessThan(nearMs);
  });

  it('ECS-73: knob ecsReplicaLag: DescribeTasks answers as the task was, StopTask as it is', async ({
    onTestFinished,
  }) => {
    const cluster = await clusterWith(
      { replicaLag: { lag: 5000, from: 'start', reads: 'all' } },
      onTestFinished,
    );
    const taskDefinition = await cluster.register(definition({ worker: { argv: draining() } }));
    const { tasks } = await cluster.ask<{ tasks: [{ taskArn: string }] }>('RunTask', {
      taskDefinition,
      launchType: 'FARGATE',
    });
    const arn = tasks[0].taskArn;
    const young = await cluster.ask<{ failures: unknown[] }>('DescribeTasks', { tasks: [arn] });
    expect(young.failures).toEqual([{ arn, reason: 'MISSING' }]);
    await waitFor('the task to be seen', async () => {
      const answer = await cluster.ask<{ tasks: { lastStatus: string }[] }>('DescribeTasks', {
        tasks: [arn],
      });
      return answer.tasks[0]?.lastStatus === 'RUNNING' || undefined;
    });
    const { task } = await cluster.ask<{ task: { version: number; desiredStatus: string } }>('StopTask', {
      task: arn,
    });
    const at = Date.now();
    expect(task.desiredStatus).toBe('STOPPED');
    const old = await cluster.describe(arn);
    expect(old).toMatchObject({ desiredStatus: 'RUNNING', lastStatus: 'RUNNING' });
    expect(old.version).toBeLessThan(task.version);
    await cluster.until(arn, 'STOPPED');
    expect(Date.now() - at).toBeGreaterThanOrEqual(4800);
  });

  it('ECS-73: the replica may answer from the first stop on, and every second read alone', async ({
    onTestFinished,
  }) => {
    const cluster = await clusterWith(
      { replicaLag: { lag: 600_000, from: 'stop', reads: 'every-second' } },
      onTestFinished,
    );
    const arn = await cluster.run(definition({ worker: { argv: draining() } }));
    await cluster.ask('StopTask', { task: arn });
    const seen: number[] = [];
    for (let read = 0; read < 4; read += 1) {
      const answer = await cluster.ask<{ tasks: unknown[] }>('DescribeTasks', { tasks: [arn] });
      seen.push(answer.tasks.length);
    }
    // The replica is from before the task.
    expect(seen).toEqual([1, 0, 1, 0]);
  });

  it('ECS-74: knob signalLag: STOPPING at once, the signal later, and the stop time-out counts from it', async ({
    onTestFinished,
  }) => {
    const cluster = await clusterWith({ signalLagMs: 4000 }, onTestFinished);
    const deaf = ['bash', '-c', "trap '' TERM; echo ready; while :; do sleep 0.05; done"];
    const containers = { worker: { argv: draining() }, deaf: { argv: deaf, stopTimeout: 2 } };
    const arn = await cluster.run(definition(containers));
    await cluster.ask('StopTask', { task: arn });
    const early = await cluster.until(arn, 'STOPPING');
    expect(early.stoppingAt).toBeTypeOf('number');
    expect(early.containers.map(({ lastStatus }) => lastStatus)).toEqual(['RUNNING', 'RUNNING']);
    const task = await cluster.until(arn, 'STOPPED');
    expect(task.executionStoppedAt - task.stoppingAt).toBeGreaterThanOrEqual(4);
    expect(task.stoppedAt - task.stoppingAt).toBeGreaterThanOrEqual(6);
    expect(task.containers.map(({ exitCode }) => exitCode)).toEqual([0, 137]);
  });

  const crash = { worker: { argv: ['bash', '-c', 'sleep 0.5; exit 3'] } };

  /** Waits until the worker itself is over, whatever ECS says of it. */
  async function crashed(cluster: TestCluster, arn: string): Promise<void> {
    const ended = (): Promise<true | undefined> => {
      const states = cluster.rig.state.findTask(arn)?.worker?.containers ?? [];
      return Promise.resolve(states.some(({ status }) => status === 'STOPPED') || undefined);
    };
    await waitFor('the crash', ended);
  }

  it("ECS-75: knob noticeLag: a container's own end is seen later, at its true time", async ({
    onTestFinished,
  }) => {
    const cluster = await clusterWith({ noticeLagMs: 5000 }, onTestFinished);
    const arn = await cluster.run(definition(crash));
    await crashed(cluster, arn);
    const hidden = await cluster.describe(arn);
    expect(hidden).toMatchObject({ lastStatus: 'RUNNING', desiredStatus: 'RUNNING' });
    expect(hidden.containers[0]).toMatchObject({ lastStatus: 'RUNNING' });
    expect(hidden.executionStoppedAt).toBeUndefined();
    const task = await cluster.until(arn, 'STOPPED');
    expect(task).toMatchObject({ stopCode: 'EssentialContainerExited', containers: [{ exitCode: 3 }] });
    expect(task.stoppingAt - task.executionStoppedAt).toBeGreaterThanOrEqual(4.9);
  });

  it('ECS-75: a StopTask in that gap answers as if the task ran, and the end lies before it', async ({
    onTestFinished,
  }) => {
    const cluster = await clusterWith({ noticeLagMs: 5000 }, onTestFinished);
    const arn = await cluster.run(definition(crash));
    await crashed(cluster, arn);
    const { task: answer } = await cluster.ask<{ task: object }>('StopTask', { task: arn });
    expect(answer).toMatchObject({ lastStatus: 'RUNNING', desiredStatus: 'STOPPED' });
    const task = await cluster.until(arn, 'STOPPED');
    expect(task).toMatchObject({ stopCode: 'UserInitiated', containers: [{ exitCode: 3 }] });
    expect(task.executionStoppedAt).toBeLessThan(task.stoppingAt);
  });

  it('ECS-18: executionStoppedAt is the end of the first essential container, not of the one that was noticed first', async ({
    onTestFinished,
  }) => {
    const cluster = await clusterWith({ noticeLagMs: 5000 }, onTestFinished);
    const arn = await cluster.run(definition({ ...crash, agent: { argv: draining() } }));
    await crashed(cluster, arn);
    const crashedBefore = Date.now() / 1000;
    await cluster.ask('StopTask', { task: arn });
    const first = await waitFor('the agent to be seen STOPPED', async () => {
      const task = await cluster.describe(arn);
      return task.containers[1]?.lastStatus === 'STOPPED' ? task : undefined;
    });
    expect(first.containers[0]?.lastStatus).toBe('RUNNING');
    const last = await cluster.until(arn, 'STOPPED');
    for (const task of [first, last]) expect(task.executionStoppedAt).toBeLessThanOrEqual(crashedBefore);
    expect(last.executionStoppedAt).toBeLessThan(last.stoppingAt);
  });

  it('ECS-80: knob provisioning: a task with its own network interface is PROVISIONING so long', async ({
    onTestFinished,
  }) => {
    const cluster = await clusterWith({ provisioningMs: 2000 }, onTestFinished);
    const simple = definition({ worker: { argv: draining() } });
    const statuses = new Map<string, { status: unknown; at: number }[]>();
    cluster.rig.events.on('event', ({ event, taskArn = '', status, at }: StatusEvent) => {
      if (event !== 'task-status') return;
      statuses.set(taskArn, [...(statuses.get(taskArn) ?? []), { status, at }]);
    });
    const bridged = { ...simple, networkMode: 'bridge', requiresCompatibilities: ['EC2'] };
    const waited: number[] = [];
    for (const [document, launchType] of [
      [simple, 'FARGATE'],
      [bridged, 'EC2'],
    ] as const) {
      const arn = await cluster.run(document, { launchType });
      const pendingAt = statuses.get(arn)?.find(({ status }) => status === 'PENDING')?.at ?? Date.now();
      waited.push(pendingAt - Number((await cluster.describe(arn))['createdAt']) * 1000);
    }
    expect(waited[0]).toBeGreaterThanOrEqual(1990);
    expect(waited[1]).toBeLessThan(1990);
  });

  it('ECS-80: a task that is stopped while it is PROVISIONING never was PENDING', async ({
    onTestFinished,
  }) => {
    const cluster = await clusterWith({ provisioningMs: 600_000 }, onTestFinished);
    const taskDefinition = await cluster.register(definition({ worker: { argv: draining() } }));
    const seen: unknown[] = [];
    cluster.rig.events.on('event', ({ event, status }: StatusEvent) => {
      if (event === 'task-status') seen.push(status);
    });
    const input = { taskDefinition, launchType: 'FARGATE' };
    const { tasks } = await cluster.ask<{ tasks: [{ taskArn: string; lastStatus: string }] }>(
      'RunTask',
      input,
    );
    expect(tasks[0].lastStatus).toBe('PROVISIONING');
    await cluster.ask('StopTask', { task: tasks[0].taskArn });
    const task = await cluster.until(tasks[0].taskArn, 'STOPPED');
    expect(task.containers[0]?.exitCode).toBeUndefined();
    expect(seen).not.toContain('PENDING');
  });

  const memory = 'OutOfMemoryError: Container killed due to memory usage';

  it('ECS-27: verb mark-oom: a container that ends otherwise bears the mark at its end, not before', async ({
    onTestFinished,
  }) => {
    const cluster = await clusterWith({}, onTestFinished);
    const arn = await cluster.run(definition({ worker: { argv: draining(143) } }));
    await cluster.rig.do({ do: 'mark-oom', taskArn: arn });
    expect((await cluster.describe(arn)).containers[0]?.reason).toBeUndefined();
    await cluster.ask('StopTask', { task: arn });
    const task = await cluster.until(arn, 'STOPPED');
    expect(task.containers[0]).toMatchObject({ exitCode: 143, reason: memory });
  });

  it('ECS-27: verb oom to: job: the process of the job alone is killed, and the container goes on to 0', async ({
    onTestFinished,
  }) => {
    const cluster = await clusterWith({}, onTestFinished);
    const job = `BUILDKITE_JOB_ID=1 sh -c "sh -c 'echo up; exec sleep 600'; exit 4" & wait $!; echo job $?`;
    const argv = ['bash', '-c', `trap 'exit 0' TERM; echo ready; ${job}; while :; do sleep 0.05; done`];
    const arn = await cluster.run(definition({ worker: { argv } }));
    await cluster.untilWritten(arn, 'worker', 'up');
    const kill = (): Promise<unknown> => cluster.rig.do({ do: 'oom', taskArn: arn, to: 'job' });
    await kill();
    // The shell around the process lives on, and says how the job ends.
    await cluster.untilWritten(arn, 'worker', 'job 4');
    await expect(kill()).rejects.toThrow('no process of a job');
    await cluster.ask('StopTask', { task: arn });
    const task = await cluster.until(arn, 'STOPPED');
    expect(task.containers[0]).toMatchObject({ exitCode: 0, reason: memory });
  });
});
