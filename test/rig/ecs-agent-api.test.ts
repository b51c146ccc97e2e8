import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { definition, startCluster, type TestCluster } from './ecs-support.ts';
import { TestService, worker } from './ecs-service-support.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.close());

/** Says where it finds its ECS agent, and leaves at once when it is told to. */
const argv = [
  'bash',
  '-c',
  `trap 'exit 0' TERM; echo "at $ECS_AGENT_URI ready"; while :; do sleep 0.05; done`,
];
const PROGRAM = fileURLToPath(new URL('../../scenarios/programs/protect-task', import.meta.url));
const withRole = { taskRoleArn: 'arn:aws:iam::123456789012:role/build-agent' };

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function uriOf(task: string): Promise<string> {
  return /at (\S+)/.exec(await cluster.untilWritten(task, 'worker', 'ready'))?.[1] ?? '';
}

/** Runs the program that hooks of an image call, as they do. */
async function protectTask(uri: string, ...words: string[]): Promise<{ code: number; said: string }> {
  const env = { PATH: process.env['PATH'], ...(uri !== '' && { ECS_AGENT_URI: uri }) };
  const child = spawn(PROGRAM, words, {
    env,
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

/** Asks what the container of a task asks: GET without a body, else PUT. */
async function ask(task: string, body?: string): Promise<Answer> {
  return askAt(await uriOf(task), body);
}

async function askAt(uri: string, body?: string): Promise<Answer> {
  const init = body === undefined ? {} : { method: 'PUT', body };
  const response = await fetch(`${uri}/task-protection/v1/state`, init);
  return { status: response.status, body: await response.json() };
}

async function fleet(name: string, count: number): Promise<TestService> {
  const document = { ...(worker({ entryPoint: argv }) as object), ...withRole };
  const service = await new TestService(cluster, name).create(count, {}, document);
  await service.settled(count);
  return service;
}

/** Minutes from now to the end of a protection in an answer. */
function minutesOf({ body }: Answer): number {
  const { protection } = body as { protection: { ExpirationDate: string } };
  return (Date.parse(protection.ExpirationDate) - Date.now()) / 60_000;
}

const on = '{"ProtectionEnabled":true,"ExpiresInMinutes":60}';
const off = '{"ProtectionEnabled":false}';

describe('the protection endpoint of a task', () => {
  it('ECS-102: a task reads and sets its own protection, for two hours unless it says how long', async () => {
    const [task = ''] = await (await fleet('own', 1)).tasks();
    const none = { ExpirationDate: null, ProtectionEnabled: false, TaskArn: task };
    expect(await ask(task)).toEqual({ status: 200, body: { protection: none } });
    const set = await ask(task, on);
    expect(set).toMatchObject({
      status: 200,
      body: { protection: { ProtectionEnabled: true, TaskArn: task } },
    });
    expect(minutesOf(set)).toBeGreaterThan(59);
    expect(minutesOf(set)).toBeLessThanOrEqual(60);
    expect(await ask(task)).toEqual(set);
    const longer = await ask(task, '{"ProtectionEnabled":true}');
    expect(minutesOf(longer)).toBeGreaterThan(119);
    expect(minutesOf(longer)).toBeLessThanOrEqual(120);
    const { protectedTasks } = await cluster.ask('GetTaskProtection', { tasks: [task] });
    expect(protectedTasks).toMatchObject([{ taskArn: task, protectionEnabled: true }]);
    expect(await ask(task, off)).toEqual({ status: 200, body: { protection: none } });
  });

  it('ECS-102: what ECS would not do is a failure with HTTP 200', async () => {
    const alone = await cluster.run(definition({ worker: { argv } }, withRole));
    const { status, body } = await ask(alone, on);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { failure: { Arn: alone, Reason: 'TASK_NOT_VALID' } },
    });
    expect(body).not.toHaveProperty('protection');
  });

  it('ECS-102: a request that is none, no task role and an unknown container are errors', async () => {
    const [task = ''] = await (await fleet('errors', 1)).tasks();
    const bodies = ['', '{', '[]', '{}', '{"ProtectionEnabled":"yes"}', '{"ProtectionEnabled":true,"For":1}'];
    const tooLong = [0, 2881].map((each) => `{"ProtectionEnabled":true,"ExpiresInMinutes":${each}}`);
    for (const body of [...bodies, ...tooLong])
      expect(await ask(task, body), body).toMatchObject({
        status: 400,
        body: { error: { Code: 'InvalidParameterException', Message: expect.any(String) as string } },
      });
    expect(await ask(task)).toMatchObject({ body: { protection: { ProtectionEnabled: false } } });
    const roleless = await cluster.run(definition({ worker: { argv } }));
    expect(await ask(roleless, on)).toMatchObject({
      status: 403,
      body: { error: { Arn: roleless, Code: 'AccessDeniedException' } },
    });
    expect(await askAt((await uriOf(task)).replace(/[^/]+$/, 'nobody'))).toMatchObject({
      status: 404,
      body: { error: { Code: 'ResourceNotFoundException' } },
    });
  });

  it('the shipped program turns the protection on and off, and says why it could not', async () => {
    const [task = ''] = await (await fleet('shipped', 1)).tasks();
    const uri = await uriOf(task);
    expect(await protectTask(uri, 'on', '60')).toEqual({ code: 0, said: '' });
    const set = await askAt(uri);
    expect(set).toMatchObject({ body: { protection: { ProtectionEnabled: true } } });
    expect(minutesOf(set)).toBeLessThanOrEqual(60);
    expect(await protectTask(uri, 'off')).toEqual({ code: 0, said: '' });
    expect(await askAt(uri)).toMatchObject({ body: { protection: { ProtectionEnabled: false } } });
    const alone = await cluster.run(definition({ worker: { argv } }, withRole));
    expect(await protectTask(await uriOf(alone), 'on')).toEqual({
      code: 1,
      said: expect.stringMatching(/^protect-task: on was refused: \{"failure":.*TASK_NOT_VALID/) as string,
    });
    expect(await protectTask('', 'on')).toMatchObject({
      code: 1,
      said: expect.stringContaining('no task of ECS') as string,
    });
    expect(await protectTask(uri, 'up')).toMatchObject({ code: 64 });
  });

  it('ECS-33, ECS-102: a scale-in waits while all are protected, and takes the first that is no longer', async () => {
    const service = await fleet('scaled', 2);
    const [first = '', second = ''] = await service.tasks();
    for (const task of [first, second]) await ask(task, on);
    await service.update({ desiredCount: 1 });
    expect(await service.says(/because they are protected/)).toContain('unable to stop 1 tasks');
    expect(await service.tasks()).toEqual([first, second]);
    await ask(second, off);
    expect(await cluster.until(second, 'STOPPED')).toMatchObject({ stopCode: 'ServiceSchedulerInitiated' });
    expect(await service.tasks()).toEqual([first]);
  });

  it('ECS-33, ECS-102: a deployment leaves a protected task until its protection is lifted', async () => {
    const service = await fleet('deployed', 2);
    const [kept = '', other = ''] = await service.tasks();
    await ask(kept, on);
    await service.update({ forceNewDeployment: true });
    await cluster.until(other, 'STOPPED');
    await service.until('the new tasks beside the old one', (now) => now.runningCount === 3);
    expect(await cluster.describe(kept)).toMatchObject({ desiredStatus: 'RUNNING', lastStatus: 'RUNNING' });
    expect((await service.now()).deployments[0]).toMatchObject({ rolloutState: 'IN_PROGRESS' });
    await ask(kept, off);
    expect(await cluster.until(kept, 'STOPPED')).toMatchObject({ stopCode: 'ServiceSchedulerInitiated' });
    await service.settled(2);
  });
});
