import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { createBuildkiteClient } from '../../src/buildkite/client.ts';
import type { Buildkite } from '../../src/buildkite/port.ts';
import { deadAddress, json, startServer } from '../support/http-server.ts';
import type { TestServer } from '../support/http-server.ts';

const TOKEN = 'bkua_0123456789abcdef';
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

function client(endpoint: string, timeoutMs = 20_000): Buildkite {
  return createBuildkiteClient({
    endpoint,
    token: TOKEN,
    timeoutMs,
    allowInsecure: false,
    loopbackOnly: true,
  });
}

const CREATE = {
  kind: 'create-build',
  pipeline: 'canary',
  pipelineNodeId: 'UGlwZWxpbmU=',
  branch: 'main',
  commit: 'HEAD',
  message: 'drill',
  env: { A: '1' },
  metaData: { 'gameday-drill': 'd1' },
} as const;

function html(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html' });
  response.end('<html><body>Please log in</body></html>');
}

function errors(message: string, path?: readonly string[]): unknown {
  return { data: null, errors: [{ message, ...(path === undefined ? {} : { path }) }] };
}

const CASES: readonly {
  readonly name: string;
  readonly respond: (response: ServerResponse, nth: number) => void;
  readonly kind: string;
  readonly certainty: 'refused' | 'unknown';
  readonly retryAfter?: number;
  readonly reads?: number;
}[] = [
  {
    name: '401',
    respond: (response) => json(response, 401, errors('Authentication required')),
    kind: 'unauthorized',
    certainty: 'refused',
  },
  { name: '403', respond: (response) => html(response, 403), kind: 'denied', certainty: 'refused' },
  {
    name: '429 with its sentence',
    respond: (response) =>
      json(response, 429, errors('You have exceeded your per-user limit. Please try again in 187 seconds.')),
    kind: 'rate-limited',
    certainty: 'refused',
    retryAfter: 187_000,
  },
  {
    name: '429 with headers, the used-up limit among them',
    respond: (response) =>
      json(response, 429, errors('slow down'), {
        'RateLimit-Remaining': '9000',
        'RateLimit-Reset': '280',
        'RateLimit-User-Remaining': '0',
        'RateLimit-User-Reset': '12',
      }),
    kind: 'rate-limited',
    certainty: 'refused',
    retryAfter: 12_000,
  },
  {
    name: '500',
    respond: (response) => html(response, 500),
    kind: 'server-error',
    certainty: 'unknown',
    reads: 3,
  },
  { name: '404', respond: (response) => html(response, 404), kind: 'refused', certainty: 'refused' },
  {
    name: '200 with HTML',
    respond: (response) => html(response, 200),
    kind: 'garbage',
    certainty: 'unknown',
  },
  {
    name: '200 with errors',
    respond: (response) => json(response, 200, errors('No pipeline found')),
    kind: 'garbage',
    certainty: 'refused',
  },
  {
    name: '200 with an error below the mutation',
    respond: (response) => json(response, 200, errors('boom', ['buildCreate', 'build', 'jobs'])),
    kind: 'garbage',
    certainty: 'unknown',
  },
  {
    name: '200 of another shape',
    respond: (response) =>
      json(response, 200, { data: { build: { uuid: 1 }, buildCreate: { build: null } } }),
    kind: 'garbage',
    certainty: 'unknown',
  },
  {
    name: 'JSON cut short, cleanly',
    respond: (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"data":{"build"');
    },
    kind: 'garbage',
    certainty: 'unknown',
  },
  {
    name: 'a body cut by the network',
    respond: (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"data"');
      setImmediate(() => response.destroy());
    },
    kind: 'unreachable',
    certainty: 'unknown',
    reads: 3,
  },
  {
    name: 'the connection cut before an answer',
    respond: (response) => response.destroy(),
    kind: 'unreachable',
    certainty: 'unknown',
    reads: 3,
  },
];

for (const one of CASES) {
  test(`${one.name}: a read and a mutation know what it means`, async () => {
    const server = await serve(one.respond);
    const buildkite = client(server.url);
    const read = await buildkite.build('acme/canary/1', 'all', never);
    expect(read).toMatchObject({
      ok: false,
      trouble: { kind: one.kind, retryAfter: one.retryAfter ?? null },
    });
    expect(server.requests).toHaveLength(one.reads ?? 1);
    const before = server.requests.length;
    const sent = await buildkite.createBuild(CREATE, never);
    expect(sent).toMatchObject({ ok: false, certainty: one.certainty, trouble: { kind: one.kind } });
    expect(server.requests).toHaveLength(before + 1);
    expect(JSON.stringify([read, sent])).not.toContain(TOKEN);
  });
}

test('silence ends at the time-out and leaves a mutation unknown', async () => {
  const server = await serve(() => undefined);
  const buildkite = client(server.url, 150);
  expect(await buildkite.job('x', never)).toMatchObject({ ok: false, trouble: { kind: 'timeout' } });
  const sent = await buildkite.createBuild(CREATE, never);
  expect(sent).toMatchObject({ ok: false, certainty: 'unknown', trouble: { kind: 'timeout' } });
});

test('a body that stops half way ends at the time-out as well', async () => {
  const server = await serve((response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"data"');
  });
  const read = await client(server.url, 150).job('x', never);
  expect(read).toMatchObject({ ok: false, trouble: { kind: 'timeout' } });
});

test('a refused connection proves that a mutation did not happen', async () => {
  const buildkite = client(await deadAddress());
  const read = await buildkite.build('acme/canary/1', 'all', never);
  expect(read).toMatchObject({ ok: false, trouble: { kind: 'unreachable' } });
  const sent = await buildkite.createBuild(CREATE, never);
  expect(sent).toMatchObject({ ok: false, certainty: 'refused', trouble: { kind: 'unreachable' } });
});

test('a redirect is not followed, so the token goes nowhere else', async () => {
  const other = await serve((response) => json(response, 200, { data: {} }));
  const server = await serve((response) => {
    response.writeHead(307, { location: `${other.url}/login` });
    response.end();
  });
  const read = await client(server.url).build('acme/canary/1', 'all', never);
  expect(read).toMatchObject({ ok: false, trouble: { kind: 'garbage' } });
  expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  expect(other.requests).toHaveLength(0);
});

test('a server error that passes is not the end of a read', async () => {
  const server = await serve((response, nth) => {
    if (nth < 3) html(response, 503);
    else json(response, 200, { data: { build: null } });
  });
  const read = await client(server.url).build('acme/canary/1', 'all', never);
  expect(read).toMatchObject({ ok: false, trouble: { kind: 'not-found' } });
  expect(server.requests).toHaveLength(3);
});

test('an abort ends a call under way; a call after it is not sent', async () => {
  const controller = new AbortController();
  const server = await serve(() => controller.abort());
  const buildkite = client(server.url);
  const sent = await buildkite.createBuild(CREATE, controller.signal);
  expect(sent).toMatchObject({ ok: false, certainty: 'unknown', trouble: { kind: 'aborted' } });
  const late = await buildkite.createBuild(CREATE, controller.signal);
  expect(late).toMatchObject({ ok: false, certainty: 'refused', trouble: { kind: 'aborted' } });
  expect(server.requests).toHaveLength(1);
});

test('what the service says is cut to one line and echoes no token', async () => {
  const server = await serve((response) =>
    json(response, 401, errors(`bad token ${TOKEN}\n\u001b[31mred\u001b[0m ${'x'.repeat(900)}`)),
  );
  const read = await client(server.url).build('acme/canary/1', 'all', never);
  const message = read.ok ? '' : read.trouble.message;
  expect(message).toContain('[redacted]');
  expect(message).not.toContain('\n');
  expect(message).not.toContain('\u001b');
  expect(message.length).toBeLessThan(400);
});

test.each([
  ['http://graphql.example.com/v1', { allowInsecure: false, loopbackOnly: false }],
  ['https://graphql.buildkite.com/v1', { allowInsecure: false, loopbackOnly: true }],
  ['https://user:secret@graphql.buildkite.com/v1', { allowInsecure: true, loopbackOnly: false }],
  ['file:///etc/passwd', { allowInsecure: true, loopbackOnly: false }],
  ['graphql', { allowInsecure: true, loopbackOnly: false }],
])('the endpoint %s is refused before anything is sent', (endpoint, rules) => {
  expect(() => createBuildkiteClient({ endpoint, token: TOKEN, ...rules })).toThrow(
    /BUILDKITE_GRAPHQL_ENDPOINT/,
  );
});

test('plain http goes to another host where that is allowed', () => {
  const rules = { allowInsecure: true, loopbackOnly: false };
  expect(() =>
    createBuildkiteClient({ endpoint: 'http://graphql.example.com/v1', token: TOKEN, ...rules }),
  ).not.toThrow();
});
