import { describe, expect, it } from 'vitest';

import type { EcsKnobs } from '../../src/rig/ecs/knobs.ts';
import { definition, draining, startCluster, type TestCluster } from './ecs-support.ts';

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
});
