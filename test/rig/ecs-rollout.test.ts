import { afterEach, describe, expect, it } from 'vitest';

import { definition, draining, startCluster, type TestCluster } from './ecs-support.ts';
import { TestService } from './ecs-service-support.ts';

let cluster: TestCluster | undefined;
afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

/** A task's way: when it was made, when it ran, when it was told to stop; epoch seconds. */
interface Way {
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly stoppingAt: number | undefined;
}

async function rolled(desired: number, minimum: number, maximum: number): Promise<readonly Way[]> {
  // Replacements take a while, so that what the percentages allow is seen.
  cluster = await startCluster({ imagePullMs: 300, healthyAfterMs: 200 });
  const configuration = { minimumHealthyPercent: minimum, maximumPercent: maximum };
  const agents = await new TestService(cluster, 'agents').create(desired, {
    deploymentConfiguration: configuration,
  });
  await agents.settled(desired);
  const before = await agents.tasks();
  const { deployments } = await agents.update({ forceNewDeployment: true });
  expect(deployments).toMatchObject([
    { status: 'PRIMARY', rolloutState: 'IN_PROGRESS' },
    { status: 'ACTIVE', rolloutState: 'COMPLETED' },
  ]);
  await agents.says(new RegExp(`\\(deployment ${deployments[0]?.id ?? ''}\\) deployment completed\\.`));
  await agents.settled(desired);
  const after = await agents.tasks();
  expect(after.filter((arn) => before.includes(arn))).toEqual([]);
  const ways = [...before, ...after].map(async (arn) => (await cluster?.describe(arn)) as unknown as Way);
  return Promise.all(ways);
}

function runningAt(ways: readonly Way[], at: number): number {
  return ways.filter(({ startedAt = Infinity, stoppingAt = Infinity }) => startedAt <= at && stoppingAt > at)
    .length;
}

function liveAt(ways: readonly Way[], at: number): number {
  return ways.filter(({ createdAt, stoppingAt = Infinity }) => createdAt <= at && stoppingAt > at).length;
}

/** The fewest that ran after a task was told to stop, and the most that there were when one was made, during the rollout. */
function extremes(ways: readonly Way[], desired: number): { readonly least: number; readonly most: number } {
  const stops = ways.flatMap(({ stoppingAt }) => stoppingAt ?? []);
  const made = ways.map(({ createdAt }) => createdAt).toSorted((a, b) => a - b);
  return {
    least: Math.min(...stops.map((at) => runningAt(ways, at))),
    most: Math.max(...made.slice(desired).map((at) => liveAt(ways, at))),
  };
}

describe('a rolling deployment', () => {
  it.each([
    { desired: 3, minimum: 100, maximum: 200, least: 3, most: 6 },
    // 1.5 healthy ones are two, and 4.5 are four.
    { desired: 3, minimum: 50, maximum: 150, least: 2, most: 4 },
    { desired: 3, minimum: 100, maximum: 134, least: 3, most: 4 },
    { desired: 2, minimum: 50, maximum: 100, least: 1, most: 2 },
    { desired: 2, minimum: 0, maximum: 100, least: 0, most: 2 },
  ])(
    'ECS-36, ECS-55, ECS-56: of $desired with $minimum and $maximum % keeps $least and makes $most',
    async ({ desired, minimum, maximum, least, most }) => {
      expect(extremes(await rolled(desired, minimum, maximum), desired)).toEqual({ least, most });
    },
  );
});

describe('the deployments that ECS keeps', () => {
  interface Brief {
    readonly serviceDeploymentArn: string;
    readonly status: string;
    readonly createdAt: number;
    readonly finishedAt?: number;
  }
  async function list(more: object = {}): Promise<readonly Brief[]> {
    const { serviceDeployments = [] } =
      (await cluster?.ask<{ serviceDeployments: Brief[] }>('ListServiceDeployments', {
        service: 'agents',
        ...more,
      })) ?? {};
    return serviceDeployments;
  }

  it('ECS-103: each has an id of its own, the newest is first, and a newer one stops the one under way', async () => {
    cluster = await startCluster({ healthyAfterMs: 50 });
    const agents = await new TestService(cluster, 'agents').create(1);
    const { taskDefinition } = (await agents.settled(1)) as unknown as { taskDefinition: string };
    // Its tasks never start: they wait for the success of a container that fails.
    const stuck = definition({
      worker: { argv: draining(), dependsOn: [{ containerName: 'first', condition: 'SUCCESS' }] },
      first: { argv: ['bash', '-c', 'exit 1'], essential: false },
    });
    await agents.update({ taskDefinition: await cluster.register(stuck) });
    expect(await list()).toMatchObject([{ status: 'IN_PROGRESS' }, { status: 'SUCCESSFUL' }]);
    expect((await list())[0]).not.toHaveProperty('finishedAt');
    await agents.update({ taskDefinition });
    expect((await list())[1]).toMatchObject({ status: 'STOPPED' });
    await agents.settled(1);
    const all = await list();
    expect(all.map(({ status }) => status)).toEqual(['SUCCESSFUL', 'STOPPED', 'SUCCESSFUL']);
    expect(new Set(all.map(({ serviceDeploymentArn }) => serviceDeploymentArn)).size).toBe(3);
    for (const { serviceDeploymentArn, createdAt, finishedAt } of all) {
      expect(serviceDeploymentArn).toMatch(/:service-deployment\/build\/agents\/[\w-]{21}$/);
      expect(finishedAt).toBeGreaterThanOrEqual(createdAt);
    }
    expect(await list({ status: ['STOPPED'] })).toEqual([all[1]]);
    expect(await list({ createdAt: { before: all[0]?.createdAt } })).toEqual(all.slice(1));
  });

  it('ECS-103: pages, the last three months, and an unknown service', async () => {
    cluster = await startCluster();
    const agents = await new TestService(cluster, 'agents').create(0);
    await agents.update({ forceNewDeployment: true });
    const ask = { service: 'agents', maxResults: 1 };
    const first = await cluster.ask<{ nextToken: string }>('ListServiceDeployments', ask);
    const last = await cluster.ask('ListServiceDeployments', { ...ask, nextToken: first.nextToken });
    expect(last).not.toHaveProperty('nextToken');
    const of = { cluster: 'build', service: 'agents' };
    const old = { ...of, createdAt: { after: Date.now() / 1000 - 100 * 86_400 } };
    expect((await cluster.post('ListServiceDeployments', old)).body).toMatchObject({
      __type: 'InvalidParameterException',
      message: 'Before and After time filter must be within the last 3 months.',
    });
    expect((await cluster.post('ListServiceDeployments', { ...of, service: 'others' })).body).toMatchObject({
      __type: 'ServiceNotFoundException',
    });
  });
});
