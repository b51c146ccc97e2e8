import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSurroundings } from '../../src/surroundings/client.ts';
import type { Surroundings } from '../../src/surroundings/port.ts';
import { deadAddress, json, startServer } from '../support/http-server.ts';
import type { TestServer } from '../support/http-server.ts';

const never = new AbortController().signal;
const servers: TestServer[] = [];
let root = '';
let stateDir = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gameday-surroundings-'));
  stateDir = join(root, 'state');
});
afterEach(async () => {
  rmSync(root, { recursive: true, force: true });
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

function around(environment: Record<string, string> = {}, timeoutMs = 20_000): Surroundings {
  return createSurroundings({ environment, stateDir, timeoutMs });
}

function lockFile(): string {
  const [folder = ''] = readdirSync(join(stateDir, 'locks'));
  const [name = ''] = readdirSync(join(stateDir, 'locks', folder));
  return join(stateDir, 'locks', folder, name);
}

/** Rewrites the lock's holder. */
function heldBy(over: Record<string, unknown>): void {
  const content = JSON.parse(readFileSync(lockFile(), 'utf8')) as { holder: object };
  writeFileSync(lockFile(), JSON.stringify({ ...content, holder: { ...content.holder, ...over } }));
}

test('the lock is taken, kept by its drill, refused to another, and given back', async () => {
  const surroundings = around();
  expect(await surroundings.lock('k', 'd1', never)).toMatchObject({ value: { ours: true, heldBy: null } });
  expect(await surroundings.lock('k', 'd1', never)).toMatchObject({ value: { ours: true } });
  expect(await surroundings.lock('k', 'd2', never)).toMatchObject({
    value: { ours: false, heldBy: expect.stringContaining('drill d1') as string },
  });
  expect(await surroundings.lock('other', 'd2', never)).toMatchObject({ value: { ours: true } });
  await surroundings.unlock('k', 'd2', false);
  expect(await surroundings.lock('k', 'd2', never)).toMatchObject({ value: { ours: false } });
  await surroundings.unlock('k', 'd1', false);
  expect(await surroundings.lock('k', 'd2', never)).toMatchObject({ value: { ours: true } });
});

test('files are for their owner alone', async () => {
  const surroundings = around();
  await surroundings.lock('k', 'd1', never);
  await surroundings.recordInjection('k', { drill: 'd1', taskArn: 'arn', at: 1 });
  expect(statSync(join(stateDir, 'locks')).mode & 0o777).toBe(0o700);
  expect(statSync(lockFile()).mode & 0o777).toBe(0o600);
  expect(statSync(join(stateDir, 'ledger.jsonl')).mode & 0o777).toBe(0o600);
});

test('a holder that is dead on this machine does not count', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.once('exit', resolve));
  const surroundings = around();
  await surroundings.lock('k', 'd1', never);
  heldBy({ pid: child.pid });
  expect(await surroundings.lock('k', 'd2', never)).toMatchObject({ value: { ours: true } });
});

test.each([
  ['a pid that is used again', { started: '1' }, true],
  ['a holder before the last boot', { boot: 'another' }, true],
  ['a holder on another machine', { host: 'elsewhere', pid: 999_999_999 }, false],
  ['a holder in another PID namespace', { namespace: 'pid:[1]', pid: 999_999_999 }, false],
  ['one there whose pid is used again', { namespace: 'pid:[1]', started: '1' }, false],
  ['one there with another boot id', { namespace: 'pid:[1]', boot: 'another' }, false],
])('%s', async (_name, over, free) => {
  const surroundings = around();
  await surroundings.lock('k', 'd1', never);
  heldBy(over);
  expect(await surroundings.lock('k', 'd2', never)).toMatchObject({ value: { ours: free } });
});

test('a drill that another living process goes on with is not ours', async () => {
  const surroundings = around();
  await surroundings.lock('k', 'd1', never);
  heldBy({ host: 'elsewhere' });
  expect(await surroundings.lock('k', 'd1', never)).toMatchObject({ value: { ours: false } });
  await surroundings.unlock('k', 'd1', false);
  expect(existsSync(lockFile())).toBe(true);
});

test.each(['{', ''])('a lock file that holds %j is held: it may be fresh', async (text) => {
  const surroundings = around();
  await surroundings.lock('k', 'd1', never);
  writeFileSync(lockFile(), text);
  expect(await surroundings.lock('k', 'd2', never)).toMatchObject({
    value: { ours: false, heldBy: expect.stringContaining('unreadable') as string },
  });
});

test('of many who find a dead lock exactly one gets it', async () => {
  for (let round = 0; round < 20; round += 1) {
    const key = `k${String(round)}`;
    await around().lock(key, 'd0', never);
    heldBy({ started: '1' });
    const drills = Array.from({ length: 20 }, (_, n) => `d${String(n + 1)}`);
    const answers = await Promise.all(drills.map((drill) => around().lock(key, drill, never)));
    expect(answers.filter((answer) => answer.ok && answer.value.ours)).toHaveLength(1);
    expect(readdirSync(join(lockFile(), '..'))).toHaveLength(1);
    rmSync(lockFile());
  }
});

test('a service and a family of one cluster may be the same tasks: one drill at a time', async () => {
  const at = 'ecs.us-east-1.amazonaws.com|us-east-1|build-prod';
  const surroundings = around();
  expect(await surroundings.lock(`${at}|agents`, 'd1', never)).toMatchObject({ value: { ours: true } });
  for (const other of [`${at}|agents`, `${at}|family:agents`, `${at}|tag:team=ci`])
    expect(await surroundings.lock(other, 'd2', never)).toMatchObject({ value: { ours: false } });
  for (const other of [`${at}|other-service`, `${at}-2|family:agents`])
    expect(await surroundings.lock(other, 'd2', never)).toMatchObject({ value: { ours: true } });
  await surroundings.recordInjection(`${at}|agents`, { drill: 'd1', taskArn: 'arn', at: 1 });
  expect(await surroundings.pastInjections(`${at}|family:agents`, 'd', never)).toMatchObject({
    value: { injections: [{ drill: 'd1' }] },
  });
  expect(await surroundings.pastInjections(`${at}|other-service`, 'd', never)).toMatchObject({
    value: { injections: [] },
  });
});

test('a state directory that cannot be one is said, and nothing crashes', async () => {
  writeFileSync(join(root, 'file'), '');
  const surroundings = createSurroundings({ environment: {}, stateDir: join(root, 'file', 'state') });
  expect(await surroundings.lock('k', 'd1', never)).toMatchObject({
    ok: false,
    trouble: { kind: 'unwritable', message: expect.stringContaining('state directory') as string },
  });
  expect(await surroundings.pastInjections('k', 'd', never)).toMatchObject({
    trouble: { kind: 'unwritable' },
  });
  expect(await surroundings.killSwitch(null, never)).toMatchObject({ trouble: { kind: 'unwritable' } });
  await surroundings.recordInjection('k', { drill: 'd1', taskArn: 'arn', at: 1 });
  await surroundings.unlock('k', 'd1', false);
});

test('injections are kept by key; a torn line takes no other along', async () => {
  const surroundings = around();
  expect(await surroundings.pastInjections('k', 'd', never)).toEqual({ ok: true, value: { injections: [] } });
  await surroundings.recordInjection('k', { drill: 'd1', taskArn: 'arn1', at: 1 });
  writeFileSync(join(stateDir, 'ledger.jsonl'), '{"key":"k","dri', { flag: 'a' });
  await surroundings.recordInjection('k', { drill: 'd2', taskArn: 'arn2', at: 2 });
  await surroundings.recordInjection('x', { drill: 'd3', taskArn: 'arn3', at: 3 });
  const injections = [
    { drill: 'd1', taskArn: 'arn1', at: 1 },
    { drill: 'd2', taskArn: 'arn2', at: 2 },
  ];
  expect(await surroundings.pastInjections('k', 'd', never)).toEqual({ ok: true, value: { injections } });
});

test.each([
  ['1', true],
  ['on', true],
  ['0', false],
  ['False', false],
  ['', false],
])('GAMEDAY_KILL_SWITCH=%j', async (value, thrown) => {
  const answer = await around({ GAMEDAY_KILL_SWITCH: value }).killSwitch(null, never);
  expect(answer.ok && answer.value.thrown !== null).toBe(thrown);
});

test("the kill switch is thrown by the state directory's file and by the scenario's", async () => {
  const own = join(root, 'stop');
  expect(await around().killSwitch(own, never)).toEqual({ ok: true, value: { thrown: null } });
  writeFileSync(own, '');
  expect(await around().killSwitch(own, never)).toMatchObject({
    value: { thrown: expect.stringContaining(own) as string },
  });
  mkdirSync(stateDir);
  writeFileSync(join(stateDir, 'kill-switch'), '');
  expect(await around().killSwitch(null, never)).toMatchObject({
    value: { thrown: expect.stringContaining('kill-switch') as string },
  });
});

test('a kill switch that cannot be looked for is no answer', async () => {
  const loop = join(root, 'loop');
  symlinkSync(loop, loop);
  expect(await around().killSwitch(join(loop, 'stop'), never)).toMatchObject({
    ok: false,
    trouble: { kind: 'unwritable' },
  });
});

test('a halt condition: a file that exists, an address that answers anything but 2xx', async () => {
  const file = join(root, 'freeze');
  expect(await around().halt({ name: 'freeze', file }, never)).toMatchObject({ value: { halted: false } });
  writeFileSync(file, '');
  expect(await around().halt({ name: 'freeze', file }, never)).toMatchObject({ value: { halted: true } });
  for (const [status, halted] of [
    [204, false],
    [302, true],
    [503, true],
  ] as const) {
    const server = await startServer((_seen, response) => {
      response.writeHead(status, { location: 'http://127.0.0.1:9/' });
      response.end();
    });
    servers.push(server);
    expect(await around().halt({ name: 'health', url: server.url }, never)).toMatchObject({
      value: { halted, said: expect.stringContaining(String(status)) as string },
    });
  }
});

test('a halt condition that does not answer is no answer', async () => {
  const url = await deadAddress();
  expect(await around().halt({ name: 'health', url }, never)).toMatchObject({
    ok: false,
    trouble: { kind: 'unreachable' },
  });
  const silent = await startServer(() => undefined);
  servers.push(silent);
  expect(await around({}, 150).halt({ name: 'health', url: silent.url }, never)).toMatchObject({
    trouble: { kind: 'timeout' },
  });
});

test('we know the task and the job that we run on', async () => {
  const server = await startServer((seen, response) =>
    json(response, seen.path === '/v4/x/task' ? 200 : 404, { TaskARN: 'arn:task', Family: 'f' }),
  );
  servers.push(server);
  const answer = await around({
    ECS_CONTAINER_METADATA_URI_V4: `${server.url}/v4/x`,
    BUILDKITE: 'true',
    BUILDKITE_AGENT_ID: 'agent',
    BUILDKITE_JOB_ID: 'job',
    BUILDKITE_BUILD_ID: 'build',
    BUILDKITE_TRIGGERED_FROM_BUILD_ID: 'trigger',
  }).self(never);
  expect(answer).toEqual({
    ok: true,
    value: {
      taskArn: 'arn:task',
      agentId: 'agent',
      jobId: 'job',
      buildId: 'build',
      triggeringBuildId: 'trigger',
      unresolved: null,
    },
  });
});

test('signs of a task or a job without an answer are unresolved, never nothing', async () => {
  const dead = await deadAddress();
  expect(await around({ ECS_CONTAINER_METADATA_URI_V4: dead }).self(never)).toMatchObject({
    value: { taskArn: null, unresolved: expect.stringContaining('metadata') as string },
  });
  const wrong = await startServer((_seen, response) => json(response, 200, { nothing: true }));
  servers.push(wrong);
  expect(await around({ ECS_CONTAINER_METADATA_URI_V4: wrong.url }).self(never)).toMatchObject({
    value: { unresolved: expect.stringContaining('names no task') as string },
  });
  expect(await around({ BUILDKITE: 'true' }).self(never)).toMatchObject({
    value: { unresolved: expect.stringContaining('BUILDKITE_AGENT_ID') as string },
  });
  expect(await around().self(never)).toMatchObject({ value: { unresolved: null, taskArn: null } });
});
