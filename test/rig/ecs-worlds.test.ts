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
      { replicaLag: { lag: 2000, from: 'start', reads: 'all' } },
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
    expect(Date.now() - at).toBeGreaterThanOrEqual(1900);
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
});
