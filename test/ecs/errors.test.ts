import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { createEcsClient } from '../../src/ecs/client.ts';
import { failureOf } from '../../src/ecs/failure.ts';
import type { Ecs } from '../../src/ecs/port.ts';
import { deadAddress, json, startServer } from '../support/http-server.ts';
import type { TestServer } from '../support/http-server.ts';

const SECRET = 'wJalrXUtnFEMIK7MDENGbPxRfiCY';
const never = new AbortController().signal;
const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(respond: (response: ServerResponse, nth: number) => void): Promise<TestServer> {
  const server = await startServer((_seen, response, nth) => respond(response, nth));
  servers.push(server);
  return server;
}

function client(endpoint: string, timeoutMs = 20_000): Ecs {
  return createEcsClient({
    region: 'us-east-1',
    endpoint,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET, sessionToken: 'session-t0ken' },
    timeoutMs,
    allowInsecure: false,
    loopbackOnly: true,
  });
}

const ARN = 'arn:aws:ecs:us-east-1:123456789012:task/build-prod/0123456789abcdef0123456789abcdef';
const STOP = { kind: 'stop-task', cluster: 'build-prod', taskArn: ARN, reason: 'gameday d1' } as const;

function awsError(response: ServerResponse, status: number, type: string, message = 'no'): void {
  const body = { __type: `com.amazonaws.ecs#${type}`, message };
  json(response, status, body, { 'content-type': 'application/x-amz-json-1.1' });
}

function html(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html' });
  response.end('<html>login</html>');
}

const CASES: readonly {
  readonly name: string;
  readonly respond: (response: ServerResponse, nth: number) => void;
  readonly kind: string;
  readonly certainty: 'refused' | 'unknown';
}[] = [
  ...(
    [
      ['AccessDeniedException', 'denied'],
      ['UnrecognizedClientException', 'unauthorized'],
      ['ExpiredTokenException', 'unauthorized'],
      ['InvalidSignatureException', 'unauthorized'],
      ['MissingAuthenticationTokenException', 'unauthorized'],
      ['ThrottlingException', 'rate-limited'],
      ['ClusterNotFoundException', 'not-found'],
      ['InvalidParameterException', 'refused'],
      ['ClientException', 'refused'],
    ] as const
  ).map(([type, kind]) => ({
    name: type,
    respond: (response: ServerResponse) => awsError(response, 400, type),
    kind,
    certainty: 'refused' as const,
  })),
  {
    name: 'ServerException',
    respond: (response) => awsError(response, 500, 'ServerException'),
    kind: 'server-error',
    certainty: 'unknown',
  },
  {
    name: 'an empty 503',
    respond: (response) => {
      response.writeHead(503);
      response.end();
    },
    kind: 'server-error',
    certainty: 'unknown',
  },
  { name: '403 with HTML', respond: (response) => html(response, 403), kind: 'denied', certainty: 'refused' },
  {
    name: '200 with HTML',
    respond: (response) => html(response, 200),
    kind: 'garbage',
    certainty: 'unknown',
  },
  {
    name: '200 with nothing in it',
    respond: (response) => json(response, 200, {}),
    kind: 'garbage',
    certainty: 'unknown',
  },
  {
    name: 'JSON cut short',
    respond: (response) => response.end('{"tasks":[{"taskArn"'),
    kind: 'garbage',
    certainty: 'unknown',
  },
  {
    name: 'a time that is no number',
    respond: (response) => {
      const task = { taskArn: ARN, createdAt: '2026-11-24T12:00:00Z' };
      json(response, 200, { tasks: [task], task }, { 'content-type': 'application/x-amz-json-1.1' });
    },
    kind: 'garbage',
    certainty: 'unknown',
  },
  {
    name: 'a redirect',
    respond: (response) => {
      response.writeHead(307, { location: 'http://127.0.0.1:9/' });
      response.end();
    },
    kind: 'garbage',
    certainty: 'unknown',
  },
  {
    name: 'the connection cut before an answer',
    respond: (response) => response.destroy(),
    kind: 'unreachable',
    certainty: 'unknown',
  },
];

for (const one of CASES) {
  test(`${one.name}: a read and StopTask know what it means, and StopTask was sent once`, async () => {
    const server = await serve(one.respond);
    const ecs = client(server.url);
    expect(await ecs.tasks('build-prod', [ARN], never)).toMatchObject({
      ok: false,
      trouble: { kind: one.kind },
    });
    const before = server.requests.length;
    const sent = await ecs.send(STOP, never);
    expect(sent).toMatchObject({ ok: false, certainty: one.certainty, trouble: { kind: one.kind } });
    expect(server.requests).toHaveLength(before + 1);
    expect(server.requests.at(-1)?.headers['x-amz-target']).toBe(
      'AmazonEC2ContainerServiceV20141113.StopTask',
    );
  });
}

test('silence ends at the time-out and leaves a stop unknown', async () => {
  const server = await serve(() => undefined);
  const ecs = client(server.url, 200);
  expect(await ecs.tasks('build-prod', [ARN], never)).toMatchObject({ trouble: { kind: 'timeout' } });
  const before = server.requests.length;
  const sent = await ecs.send(STOP, never);
  expect(sent).toMatchObject({ ok: false, certainty: 'unknown', trouble: { kind: 'timeout' } });
  expect(server.requests).toHaveLength(before + 1);
});

test('a body that stops half way ends at the time-out as well', async () => {
  const server = await serve((response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
    response.write('{"task"');
  });
  const sent = await client(server.url, 200).send(STOP, never);
  expect(sent).toMatchObject({ ok: false, certainty: 'unknown', trouble: { kind: 'timeout' } });
});

test('a refused connection proves that nothing was stopped', async () => {
  const sent = await client(await deadAddress()).send(STOP, never);
  expect(sent).toMatchObject({ ok: false, certainty: 'refused', trouble: { kind: 'unreachable' } });
});

test('an abort leaves a stop under way unknown; one after it is not sent', async () => {
  const controller = new AbortController();
  const server = await serve(() => controller.abort());
  const ecs = client(server.url);
  const sent = await ecs.send(STOP, controller.signal);
  expect(sent).toMatchObject({ ok: false, certainty: 'unknown', trouble: { kind: 'aborted' } });
  const late = await ecs.send(STOP, controller.signal);
  expect(late).toMatchObject({ ok: false, certainty: 'refused', trouble: { kind: 'aborted' } });
  expect(server.requests).toHaveLength(1);
});

test('a signature error does not repeat the request with its session token', async () => {
  const server = await serve((response) =>
    awsError(response, 400, 'InvalidSignatureException', 'it differs\nx-amz-security-token:session-t0ken'),
  );
  const read = await client(server.url).cluster('build-prod', never);
  expect(JSON.stringify(read)).toContain('it differs');
  expect(JSON.stringify(read)).not.toContain('session-t0ken');
});

test.each([
  'taskId length should be one of [32,36]',
  'Invalid identifier: Identifier is for cluster tools. Your cluster is build-prod',
])('reads "%s" as something that is not there, and says what ECS said', async (message) => {
  const server = await serve((response) => awsError(response, 400, 'InvalidParameterException', message));
  const read = await client(server.url).tasks('build-prod', [ARN], never);
  expect(read).toMatchObject({
    ok: false,
    trouble: { kind: 'not-found', message: expect.stringContaining(message) },
  });
  const sent = await client(server.url).send(STOP, never);
  expect(sent).toMatchObject({ ok: false, certainty: 'refused', trouble: { kind: 'not-found' } });
});

test('the command that a profile names for its credentials is not repeated: it may hold a secret', () => {
  const error = new Error(
    'Command failed: /opt/helper --token s3cret-of-the-profile\n/opt/helper: not found',
  );
  for (const name of ['CredentialsProviderError', 'Error']) {
    const { message } = failureOf(Object.assign(error, { name }), 'DescribeTasks', {
      sent: false,
      host: null,
    }).trouble;
    expect(message).toContain('the command that a profile names for its credentials failed');
    expect(message).not.toContain('s3cret');
  }
});
