import { afterEach, describe, expect, it } from 'vitest';

import type { InstanceGroup } from '../../src/rig/ecs/instances.ts';
import type { EcsKnobs } from '../../src/rig/ecs/knobs.ts';
import { ec2Worker, hostOf, TestService } from './ecs-service-support.ts';
import { draining, startCluster, type TestCluster } from './ecs-support.ts';

const open: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster.close();
});

async function withHosts(groups: readonly Partial<InstanceGroup>[], knobs: Partial<EcsKnobs> = {}) {
  const full = groups.map((each) => ({ count: 1, cpu: 512, memory: 1024, attributes: {}, ...each }));
  const cluster = await startCluster(knobs, undefined, full);
  open.push(cluster);
  return cluster;
}

const onEc2 = { launchType: 'EC2' };
interface Instance {
  readonly status: string;
  readonly agentConnected: boolean;
  readonly runningTasksCount: number;
  readonly pendingTasksCount: number;
  readonly remainingResources: readonly { name: string; integerValue: number }[];
  readonly attributes: readonly { name: string; value: string }[];
}

async function instances(cluster: TestCluster): Promise<readonly Instance[]> {
  const { containerInstanceArns } = await cluster.ask('ListContainerInstances');
  const { containerInstances } = await cluster.ask<{ containerInstances: Instance[] }>(
    'DescribeContainerInstances',
    { containerInstances: containerInstanceArns },
  );
  return containerInstances;
}

async function runOne(cluster: TestCluster, taskDefinition: string): Promise<string> {
  const { tasks } = await cluster.ask<{ tasks: [{ taskArn: string }] }>('RunTask', {
    taskDefinition,
    ...onEc2,
  });
  return tasks[0].taskArn;
}

describe('hosts', () => {
  it('ECS-60: a host has what it registered less what its tasks need, and lets nothing more in', async () => {
    const cluster = await withHosts([{ attributes: { pool: 'ci' } }]);
    const [empty] = await instances(cluster);
    expect(empty).toMatchObject({ status: 'ACTIVE', agentConnected: true });
    expect(empty?.attributes).toContainEqual({ name: 'pool', value: 'ci' });
    const service = await new TestService(cluster, 'agents').create(3, onEc2, ec2Worker());
    const said = await service.says(/unable to place/);
    expect(said).toContain('has insufficient CPU units available');
    const full = await service.until('two tasks', (now) => now.runningCount === 2);
    expect(full.pendingCount).toBe(0);
    const [host] = await instances(cluster);
    expect(host).toMatchObject({ runningTasksCount: 2, pendingTasksCount: 0 });
    expect(host?.remainingResources).toMatchObject([
      { name: 'CPU', integerValue: 0 },
      { name: 'MEMORY', integerValue: 0 },
    ]);
    const taskDefinition = await cluster.register(ec2Worker({ cpu: 0 }));
    const { tasks, failures } = await cluster.ask('RunTask', { taskDefinition, ...onEc2 });
    expect(tasks).toEqual([]);
    expect(failures).toMatchObject([{ reason: 'RESOURCE:MEMORY' }]);
  });

  it('ECS-60: without any host RunTask throws, and a service says so', async () => {
    const cluster = await withHosts([]);
    const taskDefinition = await cluster.register(ec2Worker());
    const { status, body } = await cluster.post('RunTask', { cluster: 'build', taskDefinition, ...onEc2 });
    expect(status).toBe(400);
    expect(body['message']).toBe('No Container Instances were found in your cluster.');
    const service = await new TestService(cluster, 'agents').create(1, onEc2, ec2Worker());
    expect(await service.says(/unable to place/)).toContain('No Container Instances were found');
  });

  it('ECS-9: capacity providers are the own of Fargate and those that services name', async () => {
    const cluster = await withHosts([{ capacityProvider: 'asg' }]);
    const byProvider = { launchType: undefined, capacityProviderStrategy: [{ capacityProvider: 'asg' }] };
    await new TestService(cluster, 'agents').create(0, byProvider, ec2Worker());
    const { body: all } = await cluster.post('DescribeCapacityProviders', {});
    expect(all['capacityProviders']).toMatchObject([
      { name: 'FARGATE', status: 'ACTIVE' },
      { name: 'FARGATE_SPOT', status: 'ACTIVE' },
      {
        name: 'asg',
        capacityProviderArn: 'arn:aws:ecs:us-east-1:123456789012:capacity-provider/asg',
        autoScalingGroupProvider: {
          managedScaling: { status: 'DISABLED' },
          managedTerminationProtection: 'DISABLED',
          managedDraining: 'ENABLED',
        },
      },
    ]);
    expect(JSON.stringify(all).match(/autoScalingGroupProvider/g)).toHaveLength(1);
    const { status, body: named } = await cluster.post('DescribeCapacityProviders', {
      capacityProviders: ['asg', 'nothing'],
    });
    expect(status).toBe(200);
    expect(named).toMatchObject({
      capacityProviders: [{ name: 'asg' }],
      failures: [{ arn: 'arn:aws:ecs:us-east-1:123456789012:capacity-provider/nothing', reason: 'MISSING' }],
    });
  });

  it('ECS-60: a task of a capacity provider waits in PROVISIONING until there is room, and can be stopped there', async () => {
    const cluster = await withHosts([{ cpu: 256, memory: 512, capacityProvider: 'asg' }]);
    const byProvider = { launchType: undefined, capacityProviderStrategy: [{ capacityProvider: 'asg' }] };
    const service = await new TestService(cluster, 'agents').create(2, byProvider, ec2Worker());
    const now = await service.until('one of two', ({ runningCount }) => runningCount === 1);
    expect(now.pendingCount).toBe(1);
    const [first = '', second = ''] = await service.tasks();
    expect(await cluster.describe(second)).toMatchObject({ lastStatus: 'PROVISIONING' });
    expect((await cluster.describe(second))['containerInstanceArn']).toBeUndefined();
    await service.update({ desiredCount: 1 });
    await service.settled(1);
    // Whoever of the two was stopped, the other one runs in the end.
    const [left = ''] = await service.tasks();
    await cluster.until(left, 'RUNNING');
    expect(await cluster.until(left === first ? second : first, 'STOPPED')).toMatchObject({
      stopCode: 'ServiceSchedulerInitiated',
    });
  });

  it('ECS-61: spread, binpack, distinctInstance and memberOf choose the host', async () => {
    const cluster = await withHosts([
      { count: 1, cpu: 1024, memory: 4096, attributes: { pool: 'ci' } },
      { count: 1, cpu: 1024, memory: 2048, attributes: { pool: 'web' } },
    ]);
    const taskDefinition = await cluster.register(ec2Worker());
    const hosts = async (more: object): Promise<readonly string[]> => {
      const { tasks } = await cluster.ask<{ tasks: { taskArn: string }[] }>('RunTask', {
        taskDefinition,
        count: 2,
        ...onEc2,
        ...more,
      });
      const found = await Promise.all(tasks.map(({ taskArn }) => hostOf(cluster, taskArn)));
      for (const { taskArn } of tasks) {
        cluster.rig.state.findTask(taskArn)?.worker?.kill();
        await cluster.until(taskArn, 'STOPPED');
      }
      return found;
    };
    const [ci, web] = cluster.rig.state.instances.map((each) => each.arn);
    expect(
      [...(await hosts({ placementStrategy: [{ type: 'spread', field: 'instanceId' }] }))].sort(),
    ).toEqual([ci, web].sort());
    expect(await hosts({ placementStrategy: [{ type: 'binpack', field: 'memory' }] })).toEqual([web, web]);
    const member = { type: 'memberOf', expression: 'attribute:pool == ci' };
    expect(await hosts({ placementConstraints: [member] })).toEqual([ci, ci]);
    expect(await hosts({ placementConstraints: [member, { type: 'distinctInstance' }] })).toEqual([ci]);
    const strange = { type: 'memberOf', expression: 'task:group == x' };
    await expect(hosts({ placementConstraints: [strange] })).rejects.toThrow(/does not model/);
  });
});

describe('a scale-in', () => {
  it('ECS-62: of a service with binpack it takes the task on the host that then has the most left', async () => {
    const cluster = await withHosts([
      { cpu: 2048, memory: 1024 },
      { cpu: 2048, memory: 4096 },
    ]);
    const [small, large] = cluster.rig.state.instances.map((each) => each.arn);
    const binpack = { ...onEc2, placementStrategy: [{ type: 'binpack', field: 'memory' }] };
    const service = await new TestService(cluster, 'agents').create(3, binpack, ec2Worker());
    await service.settled(3);
    const hosts = async (): Promise<readonly string[]> =>
      [...(await Promise.all((await service.tasks()).map((arn) => hostOf(cluster, arn))))].sort();
    // Two fill the small host, and the third found room on the large one only.
    expect(await hosts()).toEqual([small, small, large].sort());
    await service.update({ desiredCount: 2 });
    expect(await hosts()).toEqual([small, small]);
  });
});

describe('draining', () => {
  it('ECS-65: with 100 % to be healthy the old task goes when its replacement runs elsewhere, protected or not', async () => {
    const cluster = await withHosts([{ count: 2 }]);
    const service = await new TestService(cluster, 'agents').create(1, onEc2, ec2Worker());
    await service.settled(1);
    const [old = ''] = await service.tasks();
    await service.protect([old]);
    const host = await hostOf(cluster, old);
    const drain = { containerInstances: [host], status: 'DRAINING' };
    const answer = await cluster.ask('UpdateContainerInstancesState', drain);
    expect(answer).toMatchObject({ containerInstances: [{ status: 'DRAINING' }], failures: [] });
    const stopped = await cluster.until(old, 'STOPPED');
    const [replacement = ''] = await service.tasks();
    expect(await hostOf(cluster, replacement)).not.toBe(host);
    expect(Number((await cluster.describe(replacement))['startedAt'])).toBeLessThanOrEqual(
      stopped.stoppingAt,
    );
    expect(stopped).toMatchObject({ stopCode: 'ServiceSchedulerInitiated' });
    await cluster.ask('UpdateContainerInstancesState', { ...drain, status: 'ACTIVE' });
    expect((await instances(cluster)).map((each) => each.status)).toEqual(['ACTIVE', 'ACTIVE']);
  });

  it('ECS-65: with 100 % to be healthy and at most 100 % nothing ever stops; with 0 % it stops first', async () => {
    const cluster = await withHosts([{ count: 2 }]);
    const held = { minimumHealthyPercent: 100, maximumPercent: 100 };
    const service = new TestService(cluster, 'agents');
    await service.create(1, { ...onEc2, deploymentConfiguration: held }, ec2Worker());
    await service.settled(1);
    const [old = ''] = await service.tasks();
    await cluster.ask('UpdateContainerInstancesState', {
      containerInstances: [await hostOf(cluster, old)],
      status: 'DRAINING',
    });
    await service.says(/unable to stop or start tasks .* because of the service deployment configuration/);
    expect(await cluster.describe(old)).toMatchObject({ desiredStatus: 'RUNNING' });
    await service.update({ deploymentConfiguration: { minimumHealthyPercent: 0, maximumPercent: 100 } });
    const stopped = await cluster.until(old, 'STOPPED');
    await service.settled(1);
    const [next = ''] = await service.tasks();
    expect(Number((await cluster.describe(next))['createdAt'])).toBeGreaterThanOrEqual(stopped.stoppingAt);
  });

  it('ECS-65: a PENDING task of a service stops at once, and other services and standalone tasks share the host', async () => {
    const cluster = await withHosts([{ cpu: 1024, memory: 4096 }], { imagePullMs: 600_000 });
    const service = await new TestService(cluster, 'agents').create(1, onEc2, ec2Worker());
    const other = await new TestService(cluster, 'web').create(1, onEc2, ec2Worker());
    const taskDefinition = await cluster.register(ec2Worker());
    const taskArn = await runOne(cluster, taskDefinition);
    const [mine = ''] = await service.tasks();
    const [theirs = ''] = await other.tasks();
    const host = await hostOf(cluster, mine);
    expect(await hostOf(cluster, theirs)).toBe(host);
    expect(await cluster.describe(mine)).toMatchObject({ lastStatus: 'PENDING' });
    await cluster.ask('UpdateContainerInstancesState', { containerInstances: [host], status: 'DRAINING' });
    expect(await cluster.until(mine, 'STOPPED')).toMatchObject({ stopCode: 'ServiceSchedulerInitiated' });
    expect((await cluster.describe(mine)).containers[0]?.exitCode).toBeUndefined();
    await cluster.until(theirs, 'STOPPED');
    expect(await cluster.describe(taskArn)).toMatchObject({
      lastStatus: 'PENDING',
      desiredStatus: 'RUNNING',
    });
  });
});

describe('the end of a host', () => {
  it('ECS-68: a terminated host takes its tasks without a signal, an exit code or a word', async () => {
    const cluster = await withHosts([{ count: 2 }]);
    const service = await new TestService(cluster, 'agents').create(1, onEc2, ec2Worker());
    await service.settled(1);
    const [lost = ''] = await service.tasks();
    const host = cluster.rig.state.findInstance(await hostOf(cluster, lost));
    await cluster.rig.do({ do: 'host-gone', taskArn: lost });
    const task = await cluster.until(lost, 'STOPPED');
    expect(task).toMatchObject({
      stopCode: 'TerminationNotice',
      stoppedReason: `Host EC2 (instance ${host?.ec2InstanceId ?? ''}) terminated.`,
    });
    expect(task.containers[0]).toMatchObject({ lastStatus: 'STOPPED' });
    expect(task.containers[0]?.exitCode).toBeUndefined();
    expect(task.executionStoppedAt).toBeUndefined();
    await service.settled(1);
    expect(await instances(cluster)).toHaveLength(1);
    const gone = await cluster.ask('DescribeContainerInstances', { containerInstances: [host?.arn] });
    expect(gone).toMatchObject({ containerInstances: [{ status: 'INACTIVE', agentConnected: false }] });
    const again = { containerInstances: [host?.arn], status: 'DRAINING' };
    expect(await cluster.ask('UpdateContainerInstancesState', again)).toMatchObject({
      containerInstances: [],
      failures: [{ reason: 'INACTIVE' }],
    });
  });

  it('ECS-68: an EC2 Spot instance drains, and when its notice is over what is left on it is gone', async () => {
    const cluster = await withHosts([{ count: 2 }], { spotNoticeMs: 3000 });
    const taskDefinition = await cluster.register(ec2Worker({ entryPoint: draining(0, 30) }));
    const taskArn = await runOne(cluster, taskDefinition);
    await cluster.until(taskArn, 'RUNNING');
    await cluster.rig.do({ do: 'spot-interruption', taskArn });
    const statuses = (await instances(cluster)).map((each) => each.status);
    expect([...statuses].sort()).toEqual(['ACTIVE', 'DRAINING']);
    expect(await cluster.describe(taskArn)).toMatchObject({ desiredStatus: 'RUNNING' });
    expect(await cluster.until(taskArn, 'STOPPED')).toMatchObject({ stopCode: 'TerminationNotice' });
  });

  it('ECS-68: a Fargate task has no host that could be drained or go', async () => {
    const cluster = await withHosts([]);
    const service = await new TestService(cluster, 'agents').create(1);
    await service.settled(1);
    const [taskArn = ''] = await service.tasks();
    await expect(cluster.rig.do({ do: 'host-gone', taskArn })).rejects.toThrow(/no container instance/);
    await expect(cluster.rig.do({ do: 'drain-instance', taskArn })).rejects.toThrow(/no container instance/);
  });
});
