import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { definition, draining, startCluster, waitFor, type TestCluster } from './ecs-support.ts';

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await startCluster();
});
afterEach(() => cluster.close());

interface Service {
  readonly runningCount: number;
  readonly desiredCount: number;
  readonly deployments: readonly { id: string; status: string; rolloutState: string; runningCount: number }[];
  readonly events: readonly { message: string }[];
}

async function service(): Promise<Service> {
  const { services } = await cluster.ask<{ services: [Service] }>('DescribeServices', {
    services: ['agents'],
  });
  return services[0];
}

async function settled(count: number): Promise<Service> {
  return waitFor(`${count} running in one deployment`, async () => {
    const now = await service();
    const isSettled = now.deployments.length === 1 && now.deployments[0]?.rolloutState === 'COMPLETED';
    return isSettled && now.runningCount === count ? now : undefined;
  });
}

async function running(): Promise<readonly string[]> {
  const { taskArns } = await cluster.ask<{ taskArns: string[] }>('ListTasks', { serviceName: 'agents' });
  return taskArns;
}

async function create(desiredCount: number, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const taskDefinition = await cluster.register(definition({ worker: { argv: draining() } }));
  await cluster.ask('CreateService', {
    serviceName: 'agents',
    taskDefinition,
    desiredCount,
    launchType: 'FARGATE',
    ...more,
  });
  await settled(desiredCount);
}

const ofScheduler = { stopCode: 'ServiceSchedulerInitiated' };

describe('services', () => {
  it('ECS-30: a service keeps its count: a stopped task is replaced, the desired count stays', async () => {
    await create(2);
    const [stopped = '', other = ''] = await running();
    const deploymentId = (await service()).deployments[0]?.id;
    expect(await cluster.describe(stopped)).toMatchObject({
      group: 'service:agents',
      startedBy: deploymentId,
    });
    await cluster.ask('StopTask', { task: stopped });
    const after = await settled(2);
    expect(after.desiredCount).toBe(2);
    const now = await running();
    expect(now).toContain(other);
    expect(now).not.toContain(stopped);
  });

  it('ECS-31, ECS-32: scale-in stops a task of its own choice and starts no deployment', async () => {
    await create(2);
    const before = await running();
    const id = (await service()).deployments[0]?.id;
    await cluster.ask('UpdateService', { service: 'agents', desiredCount: 1 });
    const after = await settled(1);
    expect(after.deployments.map((each) => each.id)).toEqual([id]);
    const [left] = await running();
    const stopped = before.find((arn) => arn !== left) ?? '';
    expect(await cluster.describe(stopped)).toMatchObject({
      ...ofScheduler,
      stoppedReason: `Scaling activity initiated by (deployment ${id})`,
    });
  });

  it('ECS-33, ECS-34: protection steers a scale-in; a standalone task cannot have it', async () => {
    await create(2);
    const [first = '', second = ''] = await running();
    const alone = await cluster.run(definition({ worker: { argv: draining() } }));
    const answer = await cluster.ask('UpdateTaskProtection', {
      tasks: [first, alone],
      protectionEnabled: true,
    });
    expect(answer).toMatchObject({
      protectedTasks: [{ taskArn: first, protectionEnabled: true }],
      failures: [{ arn: alone, reason: 'TASK_NOT_VALID' }],
    });
    await cluster.ask('UpdateTaskProtection', { tasks: [second], protectionEnabled: true });
    await cluster.ask('UpdateService', { service: 'agents', desiredCount: 1 });
    expect(await running()).toEqual([first, second]);
    await cluster.ask('UpdateTaskProtection', { tasks: [second], protectionEnabled: false });
    await settled(1);
    expect(await running()).toEqual([first]);
    expect(await cluster.until(second, 'STOPPED')).toMatchObject(ofScheduler);
    const got = await cluster.ask('GetTaskProtection', { tasks: [first] });
    expect(got).toMatchObject({ protectedTasks: [{ taskArn: first, protectionEnabled: true }] });
  });

  it('ECS-85: the cluster and its services are listed by their ARNs, at most 100 a page', async () => {
    await create(1);
    expect((await cluster.post('ListClusters', {})).body).toEqual({
      clusterArns: [expect.stringMatching(/:cluster\/build$/) as string],
    });
    expect(await cluster.ask('ListServices', { cluster: 'build' })).toEqual({
      serviceArns: [expect.stringMatching(/:service\/build\/agents$/) as string],
    });
    expect((await cluster.post('ListClusters', { maxResults: 101 })).status).toBe(400);
  });

  it('ECS-99: a service is deleted when its desired count is 0, and not before', async () => {
    await create(1);
    const { body } = await cluster.post('DeleteService', { cluster: 'build', service: 'agents' });
    expect(body).toMatchObject({ message: expect.stringContaining('scaled above 0') as string });
    await cluster.ask('UpdateService', { service: 'agents', desiredCount: 0 });
    await settled(0);
    expect(await cluster.ask('DeleteService', { service: 'agents' })).toMatchObject({
      service: { serviceName: 'agents', status: 'INACTIVE' },
    });
    expect(await cluster.ask('ListServices', {})).toMatchObject({ serviceArns: [] });
  });

  it('ECS-91: StopTask does not ask for protection, unless a knob says so', async () => {
    await create(1);
    const [shielded = ''] = await running();
    await cluster.ask('UpdateTaskProtection', { tasks: [shielded], protectionEnabled: true });
    await cluster.ask('StopTask', { task: shielded });
    expect(await cluster.describe(shielded)).toMatchObject({ desiredStatus: 'STOPPED' });
    await cluster.close();
    cluster = await startCluster({ stopProtected: 'refused' });
    await create(1);
    const [kept = ''] = await running();
    await cluster.ask('UpdateTaskProtection', { tasks: [kept], protectionEnabled: true });
    const { body } = await cluster.post('StopTask', { cluster: 'build', task: kept });
    expect(body).toMatchObject({ message: expect.stringContaining('protected') as string });
    expect(await cluster.describe(kept)).toMatchObject({ desiredStatus: 'RUNNING' });
  });

  it('ECS-36: a forced deployment replaces every task, the old ones after the new ones run', async () => {
    await create(2);
    const old = await running();
    const { service: updated } = await cluster.ask<{ service: Service }>('UpdateService', {
      service: 'agents',
      forceNewDeployment: true,
    });
    expect(updated.deployments.map((each) => each.status)).toEqual(['PRIMARY', 'ACTIVE']);
    const after = await settled(2);
    const current = await running();
    expect(old.filter((arn) => current.includes(arn))).toEqual([]);
    expect(after.deployments[0]?.id).toBe(updated.deployments[0]?.id);
    const newest = await Promise.all(current.map((arn) => cluster.describe(arn)));
    const oldest = await Promise.all(old.map((arn) => cluster.until(arn, 'STOPPED')));
    const firstStarted = Math.min(...newest.map((task) => Number(task['startedAt'])));
    expect(Math.min(...oldest.map((task) => task.stoppingAt))).toBeGreaterThanOrEqual(firstStarted);
  });

  it('ECS-35: draining an instance replaces service tasks in spite of protection and leaves others alone', async () => {
    const taskDefinition = await cluster.register(
      definition(
        { worker: { argv: draining() } },
        { networkMode: 'bridge', requiresCompatibilities: ['EC2'] },
      ),
    );
    await cluster.ask('CreateService', {
      serviceName: 'agents',
      taskDefinition,
      desiredCount: 1,
      launchType: 'EC2',
    });
    await settled(1);
    const [host = ''] = await running();
    const instance = (await cluster.describe(host))['containerInstanceArn'];
    const { tasks } = await cluster.ask<{ tasks: { taskArn: string; containerInstanceArn: string }[] }>(
      'RunTask',
      {
        taskDefinition,
        launchType: 'EC2',
        count: 3,
      },
    );
    const neighbour = tasks.find((task) => task.containerInstanceArn === instance)?.taskArn ?? '';
    await cluster.until(neighbour, 'RUNNING');
    await cluster.ask('UpdateTaskProtection', { tasks: [host], protectionEnabled: true });
    await cluster.ask('UpdateContainerInstancesState', {
      containerInstances: [instance],
      status: 'DRAINING',
    });
    expect(await cluster.until(host, 'STOPPED')).toMatchObject(ofScheduler);
    expect(await cluster.describe(neighbour)).toMatchObject({ desiredStatus: 'RUNNING' });
    await settled(1);
    const { containerInstances } = await cluster.ask('DescribeContainerInstances', {
      containerInstances: [instance],
    });
    expect(containerInstances).toMatchObject([{ status: 'DRAINING', runningTasksCount: 1 }]);
  });

  it('ECS-37: a service whose tasks end at once hesitates instead of starting them for ever', async () => {
    const taskDefinition = await cluster.register(definition({ worker: { argv: ['false'] } }));
    await cluster.ask('CreateService', {
      serviceName: 'agents',
      taskDefinition,
      desiredCount: 1,
      launchType: 'FARGATE',
    });
    const failed = await waitFor('a complaint', async () =>
      (await service()).events.find(({ message }) => message.includes('unable to consistently start')),
    );
    expect(failed.message).toContain('(service agents)');
    expect(
      (await cluster.ask<{ taskArns: string[] }>('ListTasks', { desiredStatus: 'STOPPED' })).taskArns.length,
    ).toBeLessThan(5);
  });

  it('ECS-8: tags of the cluster and of services can be read and set', async () => {
    await create(1, { tags: [{ key: 'a', value: '1' }] });
    const resourceArn = 'arn:aws:ecs:us-east-1:123456789012:service/build/agents';
    await cluster.post('TagResource', { resourceArn, tags: [{ key: 'b', value: '2' }] });
    const { body } = await cluster.post('ListTagsForResource', { resourceArn });
    expect(body).toEqual({
      tags: [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ],
    });
  });

  describe('ECS-90: tags', () => {
    const resourceArn = 'arn:aws:ecs:us-east-1:123456789012:service/build/agents';
    const tags = (count: number) => Array.from({ length: count }, (_, at) => ({ key: `k${at}`, value: '' }));
    const set = (given: readonly { key: string; value: string }[]) =>
      cluster.post('TagResource', { resourceArn, tags: given });

    it('are at most 50 of one resource, without those of AWS; one that is there can be set again', async () => {
      await create(1, { tags: [...tags(49), { key: 'aws:cloudformation:stack-name', value: 'agents' }] });
      expect(await set([{ key: 'gameday:undo', value: 'a' }])).toMatchObject({ status: 200 });
      expect(await set([{ key: 'gameday:undo', value: 'b' }])).toMatchObject({ status: 200 });
      expect(await set([{ key: 'one-more', value: '' }])).toMatchObject({
        status: 400,
        body: {
          __type: 'InvalidParameterException',
          message: expect.stringContaining('at most 50') as string,
        },
      });
      await cluster.post('UntagResource', { resourceArn, tagKeys: ['k0'] });
      expect(await set([{ key: 'one-more', value: '' }])).toMatchObject({ status: 200 });
    });

    it.each([
      ['a key of 128 characters', 'k'.repeat(128), '', 200],
      ['a key of 129 characters', 'k'.repeat(129), '', 400],
      ['an empty key', '', '', 400],
      ['a value of 256 characters', 'k', 'v'.repeat(256), 200],
      ['a value of 257 characters', 'k', 'v'.repeat(257), 400],
      ['every sign that is allowed', 'k+-=._:/@ 1', 'drill=1 desired=3 set=2', 200],
      ['another sign', 'k', 'a;b', 400],
      ['a key of AWS', 'aws:k', '', 400],
      ['a key of AWS in capitals', 'AWS:k', '', 400],
    ])('%s', async (_title, key, value, status) => {
      await create(1);
      expect(await set([{ key, value }])).toMatchObject({ status });
    });
  });
});
