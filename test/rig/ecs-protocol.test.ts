import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { definition, draining, startCluster, type TestCluster } from './ecs-support.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.close());

const simple = definition({ worker: { argv: draining() } });

describe('the ECS protocol', () => {
  it('ECS-1: an operation that is not modelled is an error in the shape of ECS', async () => {
    const { status, body } = await cluster.post('ExecuteCommand', {});
    expect(status).toBe(400);
    expect(body).toEqual({
      __type: 'UnknownOperationException',
      message: 'the rig does not model ExecuteCommand',
    });
  });

  it('ECS-2: a foreign credential is refused and counted', async () => {
    const before = cluster.rig.foreign();
    const { status, body } = await cluster.post('DescribeClusters', {}, 'AKIASOMEBODYELSE');
    expect([status, body]).toMatchObject([400, { __type: 'UnrecognizedClientException' }]);
    expect(cluster.rig.foreign()).toBe(before + 1);
  });

  it("ECS-101: STS says whose the rig's key is, and nothing else", async () => {
    const ask = async (action: string, keyId = cluster.rig.accessKeyId): Promise<string> => {
      const authorization = `AWS4-HMAC-SHA256 Credential=${keyId}/20260102/us-east-1/sts/aws4_request`;
      const body = new URLSearchParams({ Action: action, Version: '2011-06-15' });
      const response = await fetch(cluster.rig.url, { method: 'POST', headers: { authorization }, body });
      return `${response.status} ${await response.text()}`;
    };
    const said = await ask('GetCallerIdentity');
    expect(said).toMatch(
      /^200 <GetCallerIdentityResponse xmlns="https:\/\/sts.amazonaws.com\/doc\/2011-06-15\/">/,
    );
    expect(said).toContain('<Account>123456789012</Account>');
    expect(said).toContain('<Arn>arn:aws:iam::123456789012:user/rig</Arn>');
    expect(await ask('AssumeRole')).toMatch(/^400 .*<Code>InvalidAction<\/Code>/);
    const before = cluster.rig.foreign();
    expect(await ask('GetCallerIdentity', 'AKIASOMEBODYELSE')).toMatch(
      /^403 .*<Code>InvalidClientTokenId<\/Code>/,
    );
    expect(cluster.rig.foreign()).toBe(before + 1);
  });

  it('ECS-5: an unknown cluster throws, but DescribeClusters lists it as MISSING', async () => {
    const { body } = await cluster.post('ListTasks', { cluster: 'other' });
    expect(body).toMatchObject({ __type: 'ClusterNotFoundException' });
    const nameless = await cluster.post('ListTasks', {});
    expect(nameless.body).toMatchObject({ __type: 'ClusterNotFoundException' });
    const { body: described } = await cluster.post('DescribeClusters', {
      clusters: ['build', 'other'],
      include: ['TAGS'],
    });
    expect(described).toMatchObject({
      clusters: [{ clusterName: 'build', status: 'ACTIVE', tags: [{ key: 'team', value: 'ci' }] }],
      failures: [{ arn: 'arn:aws:ecs:us-east-1:123456789012:cluster/other', reason: 'MISSING' }],
    });
  });

  it('ECS-6: describing an unknown task is no exception, stopping it is one', async () => {
    const arn = 'arn:aws:ecs:us-east-1:123456789012:task/build/0123456789abcdef0123456789abcdef';
    expect(await cluster.ask('DescribeTasks', { tasks: [arn] })).toEqual({
      tasks: [],
      failures: [{ arn, reason: 'MISSING' }],
    });
    const { body } = await cluster.post('StopTask', { cluster: 'build', task: arn });
    expect(body).toMatchObject({
      __type: 'InvalidParameterException',
      message: 'The referenced task was not found.',
    });
  });

  it('ECS-77: an ARN of another cluster than the one that is named is an invalid identifier', async () => {
    const of = (kind: string): string =>
      `arn:aws:ecs:us-east-1:123456789012:${kind}/tools/0123456789abcdef0123456789abcdef`;
    const message = 'Invalid identifier: Identifier is for cluster tools. Your cluster is build';
    const foreign = { __type: 'InvalidParameterException', message };
    const cases = [
      ['DescribeTasks', { tasks: [of('task')] }],
      ['StopTask', { task: of('task') }],
      ['GetTaskProtection', { tasks: [of('task')] }],
      ['UpdateTaskProtection', { tasks: [of('task')], protectionEnabled: true }],
      ['DescribeServices', { services: [of('service')] }],
      ['UpdateService', { service: of('service'), desiredCount: 0 }],
      ['ListTasks', { serviceName: of('service') }],
      ['DescribeContainerInstances', { containerInstances: [of('container-instance')] }],
    ] as const;
    for (const [operation, input] of cases) {
      const { status, body } = await cluster.post(operation, { cluster: 'build', ...input });
      expect([operation, status, body]).toEqual([operation, 400, foreign]);
    }
    // Who names no cluster means the one called default, and is told so before anything is looked for.
    const { body } = await cluster.post('DescribeTasks', { tasks: [of('task')] });
    expect(body['message']).toBe(message.replace(/build$/, 'default'));
    const byArn = { cluster: 'arn:aws:ecs:us-east-1:123456789012:cluster/tools', tasks: [of('task')] };
    expect((await cluster.post('DescribeTasks', byArn)).body).toMatchObject({
      __type: 'ClusterNotFoundException',
    });
  });

  it('ECS-78: a task id of another length than 32 or 36 is refused, and one of that length is MISSING', async () => {
    const length = 'taskId length should be one of [32,36]';
    const arn = 'arn:aws:ecs:us-east-1:123456789012:task/build/0123456789abcdef';
    for (const task of [arn, 'arn:aws:ecs:us-east-1:123456789012:task/0123', 'worker']) {
      const { body } = await cluster.post('DescribeTasks', {
        cluster: 'build',
        tasks: ['0'.repeat(32), task],
      });
      expect(body).toEqual({ __type: 'InvalidParameterException', message: length });
      expect((await cluster.post('StopTask', { cluster: 'build', task })).body['message']).toBe(length);
    }
    const [now, old] = ['0'.repeat(32), '01234567-89ab-cdef-0123-456789abcdef'];
    expect(await cluster.ask('DescribeTasks', { tasks: [now, old] })).toEqual({
      tasks: [],
      failures: [now, old].map((task) => ({ arn: task, reason: 'MISSING' })),
    });
  });

  it('ECS-4: a task of a capacity provider shows its launch type beside it', async () => {
    const strategy = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }];
    const arn = await cluster.run(simple, { launchType: undefined, capacityProviderStrategy: strategy });
    expect(await cluster.describe(arn)).toMatchObject({
      launchType: 'FARGATE',
      capacityProviderName: 'FARGATE_SPOT',
    });
  });

  it('ECS-7: a member that is not modelled is refused by name', async () => {
    const { body } = await cluster.post('UpdateService', {
      cluster: 'build',
      service: 'x',
      healthCheckGracePeriodSeconds: 1,
    });
    expect(body['message']).toContain('"healthCheckGracePeriodSeconds"');
  });

  it('ECS-28: an attribute of a task definition that is not modelled is refused by name', async () => {
    const withVolume = definition({
      worker: { argv: draining(), ulimits: [{ name: 'nofile', softLimit: 9 }] },
    });
    await expect(cluster.register(withVolume)).rejects.toThrow(
      /container worker: the rig does not model "ulimits"/,
    );
    await expect(cluster.register({ ...simple, pidMode: 'task' })).rejects.toThrow(/"pidMode"/);
    await expect(cluster.register({ ...simple, volumes: [], pidMode: null })).resolves.toMatch(
      /workers:\d+$/,
    );
  });

  it('ECS-28: a command line that would leave the rig, and a secret without a value, are refused', async () => {
    const flag = definition({
      worker: { argv: ['buildkite-agent', 'start', '--endpoint', 'https://example.test'] },
    });
    await expect(cluster.register(flag)).rejects.toThrow(/--endpoint/);
    const secret = definition({
      worker: { argv: draining(), secrets: [{ name: 'DB', valueFrom: 'arn:x' }] },
    });
    await expect(cluster.register(secret)).rejects.toThrow(/"DB"/);
  });

  it('ECS-21: Fargate refuses a stop time-out over 120 s, EC2 does not', async () => {
    const long = definition({ worker: { argv: draining(), stopTimeout: 121 } });
    await expect(cluster.register(long)).rejects.toThrow(/stop timeout of less than 120 seconds/);
    const longest = definition({ worker: { argv: draining(), stopTimeout: 120 } });
    await expect(cluster.register(longest)).resolves.toBeTruthy();
    await expect(cluster.register({ ...long, requiresCompatibilities: ['EC2'] })).resolves.toBeTruthy();
  });

  it('ECS-3, ECS-4: instants are epoch seconds, ids 32 hex digits, and versions grow', async () => {
    const arn = await cluster.run(simple);
    const task = await cluster.describe(arn);
    expect(arn).toMatch(/^arn:aws:ecs:us-east-1:123456789012:task\/build\/[0-9a-f]{32}$/);
    expect(Math.abs(Number(task['startedAt']) - Date.now() / 1000)).toBeLessThan(60);
    expect(task.version).toBeGreaterThan(1);
    expect(task).toMatchObject({ launchType: 'FARGATE', group: 'family:workers', desiredStatus: 'RUNNING' });
  });

  it('ECS-15: ListTasks shows what is to run, and pages', async () => {
    const first = await cluster.run(simple);
    const second = await cluster.run(simple);
    await cluster.ask('StopTask', { task: first });
    const { taskArns } = await cluster.ask<{ taskArns: string[] }>('ListTasks');
    expect(taskArns).toContain(second);
    expect(taskArns).not.toContain(first);
    const stopped = await cluster.ask<{ taskArns: string[] }>('ListTasks', { desiredStatus: 'STOPPED' });
    expect(stopped.taskArns).toContain(first);
    const page = await cluster.ask<{ taskArns: string[]; nextToken: string }>('ListTasks', { maxResults: 1 });
    const next = await cluster.ask<{ taskArns: string[] }>('ListTasks', { nextToken: page.nextToken });
    expect([...page.taskArns, ...next.taskArns]).toEqual(taskArns);
  });
});
