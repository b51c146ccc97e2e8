import { afterEach, describe, expect, it } from 'vitest';

import type { InstanceGroup } from '../../src/rig/ecs/instances.ts';
import type { EcsKnobs } from '../../src/rig/ecs/knobs.ts';
import { ec2Worker, hostOf, TestService, worker } from './ecs-service-support.ts';
import { definition, draining, startCluster, waitFor, type TestCluster } from './ecs-support.ts';

const open: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster.close();
});

async function start(
  knobs: Partial<EcsKnobs> = {},
  hosts?: readonly Partial<InstanceGroup>[],
): Promise<TestCluster> {
  const full = hosts?.map((each) => ({ count: 1, cpu: 2048, memory: 4096, attributes: {}, ...each }));
  const cluster = await startCluster(knobs, undefined, full);
  open.push(cluster);
  return cluster;
}

/** What CreateService refuses, with its message. */
async function refusal(cluster: TestCluster, more: object): Promise<unknown> {
  const taskDefinition = await cluster.register(worker());
  const input = { cluster: 'build', serviceName: 'refused', taskDefinition, launchType: 'FARGATE', ...more };
  const { status, body } = await cluster.post('CreateService', input);
  expect(status).toBe(400);
  return body['message'];
}

interface Way {
  readonly stoppingAt: number | undefined;
  readonly startedAt: number | undefined;
}

const baked = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 2 };
const strategies = [
  ['BLUE_GREEN', baked, 2],
  // 5 % for ten minutes by default, then its own bake time.
  ['CANARY', { strategy: 'CANARY', bakeTimeInMinutes: 1 }, 11],
  [
    'LINEAR',
    { strategy: 'LINEAR', linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 3 } },
    // Two steps, and no bake time after the second.
    3,
  ],
] as const;

describe('deployments that run new tasks beside the old ones', () => {
  it.each(strategies)(
    'ECS-93: %s stops all old tasks after its bake times',
    async (_name, deploymentConfiguration, minutes) => {
      const cluster = await start({ bakeMinuteMs: 200 });
      const agents = await new TestService(cluster, 'agents').create(2, { deploymentConfiguration });
      await agents.settled(2);
      const before = await agents.tasks();
      const { deployments } = await agents.update({ forceNewDeployment: true });
      expect(deployments).toMatchObject([
        { status: 'PRIMARY', rolloutState: 'IN_PROGRESS' },
        { status: 'ACTIVE', rolloutState: 'COMPLETED' },
      ]);
      const both = await agents.until('both revisions', (now) => now.runningCount === 4);
      expect(both).toMatchObject({ desiredCount: 2, deploymentConfiguration });
      expect(both.events[0]?.message).not.toContain('steady state');
      await agents.settled(2);
      const after = await agents.tasks();
      expect(after.filter((arn) => before.includes(arn))).toEqual([]);
      const describeAll = (arns: readonly string[]): Promise<readonly Way[]> =>
        Promise.all(arns.map(async (arn) => (await cluster.describe(arn)) as unknown as Way));
      const stops = (await describeAll(before)).map(({ stoppingAt = 0 }) => stoppingAt);
      const up = Math.max(...(await describeAll(after)).map(({ startedAt = Infinity }) => startedAt));
      expect(Math.min(...stops) - up).toBeGreaterThanOrEqual(minutes * 0.2 - 0.01);
    },
  );

  it('ECS-93: a PAUSE hook holds one at its stage until somebody continues it', async () => {
    const cluster = await start({ bakeMinuteMs: 1 });
    const lifecycleHooks = [
      { targetType: 'PAUSE', lifecycleStages: ['PRE_SCALE_UP', 'POST_PRODUCTION_TRAFFIC_SHIFT'] },
    ];
    const agents = await new TestService(cluster, 'agents').create(1, {
      deploymentConfiguration: { ...baked, lifecycleHooks },
    });
    await agents.settled(1);
    await agents.update({ forceNewDeployment: true });
    const go = (): Promise<unknown> => cluster.rig.do({ do: 'continue-deployment', service: 'agents' });
    expect(await agents.tasks()).toHaveLength(1);
    expect(await go()).toMatchObject({ stage: 'PRE_SCALE_UP' });
    await agents.until('both revisions', (now) => now.runningCount === 2);
    const paused = await waitFor('the second pause', () => go().catch(() => undefined));
    expect(paused).toMatchObject({ stage: 'POST_PRODUCTION_TRAFFIC_SHIFT' });
    await agents.settled(1);
    await expect(go()).rejects.toThrow('nothing is paused');
  });

  it('ECS-92, ECS-93: what does not belong to a strategy, or is not modelled, is refused by name', async () => {
    const cluster = await start();
    const say = (deploymentConfiguration: object): Promise<unknown> =>
      refusal(cluster, { desiredCount: 1, deploymentConfiguration });
    expect(await say({ strategy: 'BLUE_GREEN' })).toContain('bakeTimeInMinutes is required');
    expect(await say({ strategy: 'ROLLING', canaryConfiguration: {} })).toContain('CANARY');
    expect(await say({ ...baked, linearConfiguration: {} })).toContain('LINEAR');
    expect(await say({ ...baked, earlySuccessCriteria: { enable: true } })).toContain('earlySuccessCriteria');
    const hook = { targetType: 'AWS_LAMBDA', lifecycleStages: ['PRE_SCALE_UP'] };
    expect(await say({ ...baked, lifecycleHooks: [hook] })).toContain('PAUSE hooks only');
  });
});

/** Never starts: it waits for the success of a container that fails. */
function hopeless(): unknown {
  return definition({
    worker: { argv: draining(), dependsOn: [{ containerName: 'first', condition: 'SUCCESS' }] },
    first: { argv: ['bash', '-c', 'exit 1'], essential: false },
  });
}

describe('a deployment circuit breaker', () => {
  it('ECS-94: three failed tasks end the deployment, and the last one that completed is taken up again', async () => {
    const cluster = await start();
    const deploymentCircuitBreaker = { enable: true, rollback: true };
    const agents = await new TestService(cluster, 'agents').create(2, {
      deploymentConfiguration: { deploymentCircuitBreaker },
    });
    const before = await agents.settled(2);
    const kept = await agents.tasks();
    const { deployments } = await agents.update({ taskDefinition: await cluster.register(hopeless()) });
    await agents.says(/rolling back to deployment/);
    const failed = deployments[0]?.id ?? '';
    await agents.says(new RegExp(`\\(deployment ${failed}\\) deployment failed: tasks failed to start\\.`));
    const after = await agents.settled(2);
    expect(after.deployments[0]?.id).toBe(before.deployments[0]?.id);
    expect(await agents.tasks()).toEqual(kept);
    expect(await cluster.ask('ListServiceDeployments', { service: 'agents' })).toMatchObject({
      serviceDeployments: [{ status: 'ROLLBACK_SUCCESSFUL' }, { status: 'SUCCESSFUL' }],
    });
  });

  it('ECS-94: without rollback it starts no more tasks, and the old ones stay', async () => {
    const cluster = await start();
    const deploymentCircuitBreaker = {
      enable: true,
      rollback: false,
      thresholdConfiguration: { type: 'COUNT', value: 1 },
    };
    const agents = await new TestService(cluster, 'agents').create(1, {
      deploymentConfiguration: { deploymentCircuitBreaker },
    });
    await agents.settled(1);
    const kept = await agents.tasks();
    await agents.update({ taskDefinition: await cluster.register(hopeless()) });
    const failed = await agents.until('FAILED', (now) => now.deployments[0]?.rolloutState === 'FAILED');
    expect(failed.deployments).toMatchObject([{ failedTasks: 1 }, { status: 'ACTIVE' }]);
    // After a failed task the scheduler hesitates for a second, whatever the breaker says.
    const { notBefore = 0 } = cluster.rig.state.findService('agents') ?? {};
    await waitFor('the end of its hesitation', () =>
      Promise.resolve(Date.now() > notBefore ? true : undefined),
    );
    await agents.update({ desiredCount: 2 });
    expect(await agents.tasks()).toEqual(kept);
  });
});

describe('a daemon', () => {
  it('ECS-95: runs one task on each host, and none on one that drains', async () => {
    const cluster = await start({}, [{ count: 3 }]);
    const taskDefinition = await cluster.register(ec2Worker());
    const order = { serviceName: 'agents', taskDefinition, schedulingStrategy: 'DAEMON', launchType: 'EC2' };
    await cluster.ask('CreateService', order);
    const agents = new TestService(cluster, 'agents');
    expect(await agents.settled(3)).toMatchObject({
      schedulingStrategy: 'DAEMON',
      desiredCount: 3,
      deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 },
    });
    const tasks = await agents.tasks();
    const hosts = await Promise.all(tasks.map((arn) => hostOf(cluster, arn)));
    expect(new Set(hosts).size).toBe(3);
    await cluster.ask('UpdateContainerInstancesState', {
      containerInstances: [hosts[0]],
      status: 'DRAINING',
    });
    const rest = await agents.settled(2);
    expect(rest.desiredCount).toBe(2);
    expect((await agents.tasks()).toSorted()).toEqual(tasks.slice(1).toSorted());
    await agents.update({ forceNewDeployment: true });
    await agents.settled(2);
    expect((await agents.tasks()).filter((arn) => tasks.includes(arn))).toEqual([]);
  });

  it('ECS-95: does not run twice on one host where another has no room', async () => {
    const cluster = await start({}, [{}, { cpu: 128 }]);
    const taskDefinition = await cluster.register(ec2Worker());
    const order = { serviceName: 'agents', taskDefinition, schedulingStrategy: 'DAEMON', launchType: 'EC2' };
    await cluster.ask('CreateService', order);
    const agents = new TestService(cluster, 'agents');
    const one = await agents.until('one task', (now) => now.runningCount === 1);
    expect(one).toMatchObject({ desiredCount: 2, pendingCount: 0 });
    expect(await agents.tasks()).toHaveLength(1);
  });

  it('ECS-95: has no desired count and no Fargate', async () => {
    const cluster = await start({}, [{}]);
    const daemon = { schedulingStrategy: 'DAEMON' };
    expect(await refusal(cluster, { ...daemon, launchType: 'EC2', desiredCount: 1 })).toContain(
      'does not support a desired count',
    );
    expect(await refusal(cluster, daemon)).toContain('Fargate');
    const taskDefinition = await cluster.register(ec2Worker());
    await cluster.ask('CreateService', {
      serviceName: 'agents',
      taskDefinition,
      ...daemon,
      launchType: 'EC2',
    });
    const change = { cluster: 'build', service: 'agents', desiredCount: 2 };
    const { body } = await cluster.post('UpdateService', change);
    expect(body['message']).toContain('does not support a desired count');
  });
});

describe('a service whose tasks are moved between zones', () => {
  it('ECS-96: starts one in the emptier zone, then stops one in the fuller', async () => {
    const cluster = await start({ imagePullMs: 300 }, [{ availabilityZone: 'a' }, { availabilityZone: 'b' }]);
    const [, second] = cluster.rig.state.instances;
    const drain = (status: string): Promise<unknown> =>
      cluster.ask('UpdateContainerInstancesState', { containerInstances: [second?.arn], status });
    await drain('DRAINING');
    const agents = await new TestService(cluster, 'agents').create(
      2,
      { launchType: 'EC2', availabilityZoneRebalancing: 'ENABLED' },
      ec2Worker(),
    );
    expect(await agents.settled(2)).toMatchObject({ availabilityZoneRebalancing: 'ENABLED' });
    const before = await agents.tasks();
    await drain('ACTIVE');
    await agents.says(/is AZ balanced with 1 tasks in us-east-1a, 1 tasks in us-east-1b\./);
    const { events } = await agents.settled(2);
    const said = events.map(({ message }) => message).toReversed();
    const order = [
      /is not AZ balanced with 2 tasks in us-east-1a, 0 tasks in us-east-1b\. AZ Rebalancing in progress\./,
      /has started 1 tasks in us-east-1b to AZ Rebalance/,
      /has stopped 1 running tasks in us-east-1a due to AZ rebalancing/,
    ].map((text) => said.findIndex((one) => text.test(one)));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order[0]).toBeGreaterThanOrEqual(0);
    const after = await agents.tasks();
    const [fresh = ''] = after.filter((arn) => !before.includes(arn));
    const [stopped = '', ...others] = before.filter((arn) => !after.includes(arn));
    expect(others).toEqual([]);
    const { startedAt } = await cluster.describe(fresh);
    expect((await cluster.describe(stopped)).stoppingAt).toBeGreaterThanOrEqual(Number(startedAt));
  });

  it('ECS-96: without it the zones stay as they are', async () => {
    const cluster = await start({}, [{ availabilityZone: 'a' }, { availabilityZone: 'b' }]);
    const [, second] = cluster.rig.state.instances;
    const change = { containerInstances: [second?.arn] };
    await cluster.ask('UpdateContainerInstancesState', { ...change, status: 'DRAINING' });
    const agents = await new TestService(cluster, 'agents').create(2, { launchType: 'EC2' }, ec2Worker());
    const { availabilityZoneRebalancing } = (await agents.settled(2)) as unknown as Record<string, unknown>;
    expect(availabilityZoneRebalancing).toBe('DISABLED');
    const before = await agents.tasks();
    await cluster.ask('UpdateContainerInstancesState', { ...change, status: 'ACTIVE' });
    await agents.update({ desiredCount: 2 });
    expect(await agents.tasks()).toEqual(before);
  });
});

describe('hosts and shells', () => {
  it('ECS-97: the provider of Managed Instances is shown only to who names its cluster', async () => {
    const cluster = await start({}, [{ capacityProvider: 'managed', managed: true }]);
    const { capacityProviders } = await cluster.ask('DescribeCapacityProviders', {
      capacityProviders: ['managed'],
    });
    expect(capacityProviders).toMatchObject([
      { name: 'managed', type: 'MANAGED_INSTANCES', cluster: 'build', managedInstancesProvider: {} },
    ]);
    const { body } = await cluster.post('DescribeCapacityProviders', { capacityProviders: ['managed'] });
    expect(body).toMatchObject({ capacityProviders: [], failures: [{ reason: 'MISSING' }] });
    const agents = await new TestService(cluster, 'agents').create(
      1,
      { launchType: undefined, capacityProviderStrategy: [{ capacityProvider: 'managed' }] },
      definition(
        { worker: { argv: draining(), cpu: 256, memory: 512 } },
        { requiresCompatibilities: ['MANAGED_INSTANCES'] },
      ),
    );
    await agents.settled(1);
    const [task = ''] = await agents.tasks();
    expect(await cluster.describe(task)).toMatchObject({
      launchType: 'MANAGED_INSTANCES',
      capacityProviderName: 'managed',
      containers: [{ runtimeId: expect.stringMatching(/^[0-9a-f]{32}-\d+$/) as string }],
    });
  });

  it('ECS-98: ECS Exec is shown, and holds for tasks that start after it was turned on', async () => {
    const cluster = await start();
    const agents = await new TestService(cluster, 'agents').create(1);
    await agents.settled(1);
    const [old = ''] = await agents.tasks();
    expect(await agents.update({ enableExecuteCommand: true })).toMatchObject({ enableExecuteCommand: true });
    expect(await cluster.describe(old)).toMatchObject({ enableExecuteCommand: false });
    await cluster.ask('StopTask', { task: old });
    await agents.settled(1);
    const [fresh = ''] = await agents.tasks();
    expect(await cluster.describe(fresh)).toMatchObject({ enableExecuteCommand: true });
  });
});
