import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createEcsClient } from '../../src/ecs/client.ts';
import type { Ecs } from '../../src/ecs/port.ts';
import { json, startServer } from '../support/http-server.ts';
import type { Seen, TestServer } from '../support/http-server.ts';

const never = new AbortController().signal;
const servers: TestServer[] = [];
beforeEach(() => {
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

type Fields = Readonly<Record<string, unknown>>;

async function serve(respond: (operation: string, input: Fields) => unknown): Promise<TestServer> {
  const server = await startServer((seen, response) => {
    const value = respond(operationOf(seen), JSON.parse(seen.body) as Fields);
    json(response, 200, value, { 'content-type': 'application/x-amz-json-1.1' });
  });
  servers.push(server);
  return server;
}

function operationOf(seen: Seen): string {
  return String(seen.headers['x-amz-target']).split('.')[1] ?? '';
}

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI' };
async function against(respond: (operation: string, input: Fields) => unknown): Promise<Ecs> {
  const server = await serve(respond);
  const rules = { allowInsecure: false, loopbackOnly: true };
  return createEcsClient({ region: 'us-east-1', endpoint: server.url, credentials: CREDENTIALS, ...rules });
}

const PREFIX = 'arn:aws:ecs:us-east-1:123456789012';
const ARN = `${PREFIX}:task/build-prod/0123456789abcdef0123456789abcdef`;

function wireTask(over: Fields = {}): Fields {
  return {
    taskArn: ARN,
    clusterArn: `${PREFIX}:cluster/build-prod`,
    taskDefinitionArn: `${PREFIX}:task-definition/build-agent:1`,
    group: 'service:build-agents',
    launchType: 'FARGATE',
    lastStatus: 'RUNNING',
    desiredStatus: 'STOPPED',
    stopCode: 'MoonPhase',
    stoppedReason: 'gameday d1',
    stoppingAt: 1_795_521_600.974,
    tags: [{ key: 'team', value: 'ci' }],
    version: 4,
    containers: [{ name: 'agent', lastStatus: 'STOPPED', exitCode: 137, reason: 'OutOfMemoryError: x' }],
    ...over,
  };
}

test('a task comes in our words; a stop code that nobody knows yet is kept', async () => {
  const ecs = await against(() => ({ tasks: [wireTask()], failures: [] }));
  expect(await ecs.tasks('build-prod', [ARN], never)).toMatchObject({
    ok: true,
    value: [
      {
        arn: ARN,
        desired: 'STOPPED',
        stopCode: 'MoonPhase',
        stoppingAt: 1_795_521_600_974,
        stoppedAt: null,
        tags: { team: 'ci' },
        containers: [
          { name: 'agent', exitCode: 137, reason: expect.stringContaining('OutOfMemory') as string },
        ],
      },
    ],
  });
});

test('a task that ECS calls MISSING is absent; any other failure is no answer', async () => {
  const missing = await against(() => ({ tasks: [], failures: [{ arn: ARN, reason: 'MISSING' }] }));
  expect(await missing.tasks('build-prod', [ARN], never)).toEqual({ ok: true, value: [] });
  const odd = await against(() => ({ tasks: [], failures: [{ arn: ARN, reason: 'SHY' }] }));
  expect(await odd.tasks('build-prod', [ARN], never)).toMatchObject({ trouble: { kind: 'garbage' } });
});

test('a task that was not asked for is not taken for one that was', async () => {
  const ecs = await against(() => ({ tasks: [wireTask({ taskArn: `${ARN}0` })], failures: [] }));
  expect(await ecs.tasks('build-prod', [ARN], never)).toEqual({ ok: true, value: [] });
});

test('cluster and service that are MISSING are not found', async () => {
  const ecs = await against((operation) => ({
    [operation === 'DescribeClusters' ? 'clusters' : 'services']: [],
    failures: [{ arn: 'x', reason: 'MISSING' }],
  }));
  expect(await ecs.cluster('build-prod', never)).toMatchObject({ trouble: { kind: 'not-found' } });
  expect(await ecs.service('build-prod', 'x', never)).toMatchObject({ trouble: { kind: 'not-found' } });
});

test('a task definition comes with its defaults: essential, and no stop time-out of its own', async () => {
  const ecs = await against(() => ({
    taskDefinition: {
      taskDefinitionArn: `${PREFIX}:task-definition/build-agent:1`,
      family: 'build-agent',
      containerDefinitions: [
        { name: 'plain' },
        {
          name: 'agent',
          essential: false,
          command: ['buildkite-agent', 'start'],
          environment: [{ name: 'A', value: '1' }],
          stopTimeout: 120,
          dependsOn: [{ containerName: 'plain', condition: 'START' }],
          linuxParameters: { initProcessEnabled: true },
        },
      ],
    },
  }));
  expect(await ecs.taskDefinition('build-agent:1', never)).toMatchObject({
    value: {
      containers: [
        { name: 'plain', essential: true, stopTimeout: null, initProcess: false },
        {
          essential: false,
          environment: { A: '1' },
          stopTimeout: 120_000,
          dependsOn: ['plain'],
          conditions: { plain: 'START' },
          initProcess: true,
        },
      ],
    },
  });
});

test('recent stops are listed page by page and described', async () => {
  const asked: Fields[] = [];
  const ecs = await against((operation, input) => {
    asked.push({ operation, ...input });
    if (operation === 'DescribeTasks') return { tasks: [wireTask({ lastStatus: 'STOPPED' })], failures: [] };
    return input['nextToken'] === undefined ? { taskArns: [ARN], nextToken: 'n' } : { taskArns: [`${ARN}1`] };
  });
  expect(await ecs.recentStops('build-prod', { service: 'build-agents' }, never)).toEqual({
    ok: true,
    value: {
      tasks: [{ arn: ARN, stoppedReason: 'gameday d1', stoppingAt: 1_795_521_600_974, ended: true }],
      complete: true,
    },
  });
  expect(asked[0]).toMatchObject({ desiredStatus: 'STOPPED', serviceName: 'build-agents' });
  const described = asked.filter(({ operation }) => operation === 'DescribeTasks');
  expect(described.map(({ tasks }) => tasks)).toEqual([[ARN], [`${ARN}1`]]);
});

test('running tasks are listed page by page and described; a listing without end is told as incomplete', async () => {
  const asked: Fields[] = [];
  const ecs = await against((operation, input) => {
    asked.push({ operation, ...input });
    if (operation === 'DescribeTasks')
      return { tasks: [wireTask({ desiredStatus: 'RUNNING' })], failures: [] };
    return input['family'] === 'endless' || input['nextToken'] === undefined
      ? { taskArns: [ARN], nextToken: 'n' }
      : { taskArns: [`${ARN}1`] };
  });
  expect(await ecs.tasksOf('build-prod', { service: 'build-agents' }, never)).toMatchObject({
    value: { tasks: [{ arn: ARN, desired: 'RUNNING' }], complete: true },
  });
  expect(asked[0]).toMatchObject({ desiredStatus: 'RUNNING', serviceName: 'build-agents' });
  const described = asked.filter(({ operation }) => operation === 'DescribeTasks');
  expect(described.map(({ tasks }) => tasks)).toEqual([[ARN], [`${ARN}1`]]);
  expect(await ecs.tasksOf('build-prod', { family: 'endless' }, never)).toMatchObject({
    value: { complete: false },
  });
  expect(await ecs.recentStops('build-prod', { family: 'endless' }, never)).toMatchObject({
    value: { complete: false },
  });
});

test('what has been seen STOPPED is listed and not described again; what is stopping is', async () => {
  const described: unknown[] = [];
  const [over, going] = [ARN, `${ARN.slice(0, -1)}0`];
  const ecs = await against((operation, input) => {
    if (operation === 'ListTasks') return { taskArns: [over, going] };
    described.push(input['tasks']);
    const arns = input['tasks'] as readonly string[];
    return {
      tasks: arns.map((taskArn) =>
        wireTask({ taskArn, lastStatus: taskArn === over ? 'STOPPED' : 'STOPPING' }),
      ),
    };
  });
  const ends = async (): Promise<unknown> => {
    const recent = await ecs.recentStops('build-prod', { service: 'build-agents' }, never);
    return recent.ok && recent.value.tasks.map(({ arn, ended }) => [arn, ended]);
  };
  const expected = [
    [over, true],
    [going, false],
  ];
  expect([await ends(), await ends(), await ends()]).toEqual([expected, expected, expected]);
  expect(described).toEqual([[over, going], [going], [going]]);
});

test("StopTask's own answer is the task", async () => {
  const ecs = await against((_operation, input) => ({
    task: wireTask({ stopCode: 'UserInitiated', stoppedReason: input['reason'] }),
  }));
  const call = { kind: 'stop-task', cluster: 'build-prod', taskArn: ARN, reason: 'gameday d2' } as const;
  expect(await ecs.send(call, never)).toMatchObject({
    ok: true,
    value: [{ kind: 'task', value: { stoppedReason: 'gameday d2' } }],
  });
  expect(ecs.clock()).not.toBeNull();
});

test('under --rig neither profile nor environment sends the SDK anywhere else', async () => {
  const foreign = await serve(() => ({ clusters: [] }));
  vi.stubEnv('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'true');
  vi.stubEnv('AWS_ENDPOINT_URL_ECS', foreign.url);
  vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true');
  vi.stubEnv('AWS_USE_DUALSTACK_ENDPOINT', 'true');
  vi.stubEnv('AWS_PROFILE', 'nobody-has-this-profile');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDFOREIGN');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'foreign');
  vi.stubEnv('AWS_RETRY_MODE', 'nonsense');
  vi.stubEnv('AWS_MAX_ATTEMPTS', 'nonsense');
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  const server = await serve(() => ({
    clusters: [{ clusterArn: 'c', clusterName: 'build-prod', status: 'ACTIVE' }],
  }));
  const rules = { allowInsecure: false, loopbackOnly: true };
  const ecs = createEcsClient({
    region: 'us-east-1',
    endpoint: server.url,
    credentials: CREDENTIALS,
    ...rules,
  });
  expect(await ecs.cluster('build-prod', never)).toMatchObject({ ok: true });
  expect(foreign.requests).toHaveLength(0);
  expect(server.requests[0]?.headers.authorization).toContain('Credential=AKIDEXAMPLE/');
  expect(server.requests[0]?.headers.authorization).toContain('/us-east-1/ecs/');
});

test("the environment's endpoint and credentials serve where none are given", async () => {
  const server = await serve(() => ({
    clusters: [{ clusterArn: 'c', clusterName: 'build-prod', status: 'ACTIVE' }],
  }));
  vi.stubEnv('AWS_ENDPOINT_URL_ECS', server.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENVIRON');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const ecs = createEcsClient({ region: 'us-east-1', allowInsecure: false, loopbackOnly: false });
  expect(await ecs.cluster('build-prod', never)).toMatchObject({ ok: true });
  expect(server.requests[0]?.headers.authorization).toContain('Credential=AKIDENVIRON/');
});

test('plain http to another host is not sent, wherever the SDK found the endpoint', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_ECS', 'http://ecs.example.com:1');
  const rules = { allowInsecure: false, loopbackOnly: false };
  const ecs = createEcsClient({ region: 'us-east-1', credentials: CREDENTIALS, ...rules });
  const call = { kind: 'stop-task', cluster: 'build-prod', taskArn: ARN, reason: 'gameday d2' } as const;
  expect(await ecs.send(call, never)).toMatchObject({
    ok: false,
    certainty: 'refused',
    trouble: { kind: 'refused', message: expect.stringContaining('plain http') as string },
  });
});

test('without any credentials a stop is refused as unauthorized', async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, '');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent/credentials');
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent/config');
  vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', '/nonexistent/token');
  vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/x');
  const server = await serve(() => ({}));
  const rules = { allowInsecure: false, loopbackOnly: false };
  const ecs = createEcsClient({ region: 'us-east-1', endpoint: server.url, ...rules });
  const call = { kind: 'stop-task', cluster: 'build-prod', taskArn: ARN, reason: 'gameday d2' } as const;
  expect(await ecs.send(call, never)).toMatchObject({
    ok: false,
    certainty: 'refused',
    trouble: { kind: 'unauthorized' },
  });
  expect(server.requests).toHaveLength(0);
});

test.each([
  ['https://ecs.us-east-1.amazonaws.com', { allowInsecure: false, loopbackOnly: true }],
  ['http://ecs.example.com', { allowInsecure: false, loopbackOnly: false }],
])('the endpoint %s is refused when it is given', (endpoint, rules) => {
  expect(() =>
    createEcsClient({ region: 'us-east-1', endpoint, credentials: CREDENTIALS, ...rules }),
  ).toThrow(/AWS_ENDPOINT_URL_ECS/);
});

test('a throttled read waits for its turn, and repeated reads rest afterwards; a change is sent once', async () => {
  let asked = 0;
  const server = await startServer((_seen, response) => {
    asked += 1;
    const isThrottled = asked <= 4;
    json(
      response,
      isThrottled ? 400 : 200,
      isThrottled
        ? { __type: 'ThrottlingException', message: 'Rate exceeded' }
        : { tasks: [wireTask()], failures: [] },
      { 'content-type': 'application/x-amz-json-1.1' },
    );
  });
  servers.push(server);
  const rules = { allowInsecure: false, loopbackOnly: true };
  const ecs = createEcsClient({
    region: 'us-east-1',
    endpoint: server.url,
    credentials: CREDENTIALS,
    ...rules,
  });
  expect(ecs.restFor(['DescribeTasks'])).toBe(0);
  // The SDK itself gives up after three attempts.
  expect(await ecs.tasks('build-prod', [ARN], never)).toMatchObject({ ok: true, value: [{ arn: ARN }] });
  expect(asked).toBe(5);
  expect(ecs.restFor(['ListTasks'])).toBeGreaterThan(0);
  asked = 0;
  const call = { kind: 'stop-task', cluster: 'build-prod', taskArn: ARN, reason: 'gameday d2' } as const;
  expect(await ecs.send(call, never)).toMatchObject({
    ...{ ok: false, certainty: 'refused', trouble: { kind: 'rate-limited' } },
  });
  expect(asked).toBe(1);
});
