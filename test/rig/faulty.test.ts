import { createServer, type Server } from 'node:http';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { rigFile, type FaultyRule } from '../../src/rig/file-schema.ts';
import { startProxy } from '../../src/rig/faulty.ts';
import { listenOnLoopback, type Listening } from '../../src/rig/listen.ts';

let target: Listening;
let proxies: Listening[];
let reached: string[];
let stopAccepted: boolean;

beforeEach(async () => {
  reached = [];
  proxies = [];
  stopAccepted = false;
  const server: Server = createServer((request, response) => {
    reached.push(`${request.method ?? ''} ${request.url ?? ''}`);
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json', 'rate-limit': '1' });
    response.end(JSON.stringify({ data: { agent: { connectionState: 'CONNECTED', id: 'x' } } }));
  });
  target = await listenOnLoopback(server);
});
afterEach(async () => {
  await Promise.all([target, ...proxies].map((each) => each.close()));
});

function rulesOf(rules: readonly Record<string, unknown>[]): readonly FaultyRule[] {
  const file = {
    organization: 'o',
    cluster: 'c',
    pipelines: [{ slug: 's', steps: 'f' }],
    faulty: { ecs: rules },
  };
  return rigFile.parse(file).faulty.ecs;
}

async function proxyWith(...rules: readonly Record<string, unknown>[]): Promise<string> {
  const options = { target: target.url, rules: rulesOf(rules), stopAccepted: () => stopAccepted };
  const proxy = await startProxy({ ...options, onHarm: () => undefined });
  proxies.push(proxy);
  return proxy.url;
}

function graphql(url: string, operationName = 'Watch'): Promise<Response> {
  return fetch(`${url}/graphql`, { method: 'POST', body: JSON.stringify({ operationName, query: '{ x }' }) });
}

function ecs(url: string, operation = 'DescribeTasks'): Promise<Response> {
  const headers = { 'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}` };
  return fetch(url, { method: 'POST', headers, body: '{}' });
}

describe('the faulty proxy', () => {
  it('passes everything on without a rule, with headers and body', async () => {
    const response = await graphql(await proxyWith());
    expect([response.status, response.headers.get('rate-limit')]).toEqual([200, '1']);
    expect(await response.json()).toEqual({ data: { agent: { connectionState: 'CONNECTED', id: 'x' } } });
  });

  it('counts from the n-th call of an operation, and only of that operation', async () => {
    const url = await proxyWith({ operation: 'Watch', from: 2, count: 2, do: { answer: 500 } });
    const statuses: number[] = [];
    for (let call = 0; call < 4; call += 1) {
      statuses.push((await graphql(url)).status);
      expect((await graphql(url, 'Other')).status).toBe(200);
    }
    expect(statuses).toEqual([200, 500, 500, 200]);
  });

  it('matches REST by method and path, with a star', async () => {
    const url = await proxyWith({
      operation: 'GET /v2/organizations/*/agents/*',
      count: 'forever',
      do: { answer: 403 },
    });
    expect((await fetch(`${url}/v2/organizations/acme/agents/7?page=1`)).status).toBe(403);
    expect((await fetch(`${url}/v2/organizations/acme/builds`)).status).toBe(200);
  });

  it('knows before and after the stop', async () => {
    const url = await proxyWith(
      { operation: '*', afterStop: true, do: { answer: 401 } },
      { operation: 'Early', beforeStop: true, do: { answer: 403 } },
    );
    expect((await graphql(url)).status).toBe(200);
    expect((await graphql(url, 'Early')).status).toBe(403);
    stopAccepted = true;
    const refused = await graphql(url);
    expect([refused.status, await refused.json()]).toEqual([
      401,
      { errors: [{ message: 'Authentication required. Please supply a valid API Access Token' }] },
    ]);
  });

  it('drops before acting and after acting', async () => {
    const url = await proxyWith({ do: { drop: 'before' } }, { from: 1, do: { drop: 'after' } });
    await expect(graphql(url)).rejects.toThrow();
    expect(reached).toEqual([]);
    await expect(graphql(url)).rejects.toThrow();
    expect(reached).toEqual(['POST /graphql']);
  });

  it("answers a rate limit with each service's own manners", async () => {
    const url = await proxyWith({ count: 'forever', do: { answer: 429 } });
    const limited = await graphql(url);
    expect([limited.status, limited.headers.get('ratelimit-user-reset')]).toEqual([429, '2']);
    expect(await limited.json()).toMatchObject({
      errors: [{ message: expect.stringMatching(/try again in 2 seconds/) }],
    });
    const rest = await fetch(`${url}/v2/organizations/acme`);
    expect([rest.headers.get('ratelimit-user-scope'), await rest.json()]).toMatchObject([
      'rest_user',
      { limit: 50, reset: 2 },
    ]);
    const throttled = await ecs(url);
    expect([throttled.status, await throttled.json()]).toEqual([
      400,
      { __type: 'ThrottlingException', message: 'Rate exceeded' },
    ]);
  });

  it('names any error of ECS, and gives the empty 503 of a load balancer', async () => {
    const url = await proxyWith({ do: { error: 'ExpiredTokenException' } }, { do: { answer: 503 } });
    expect(await (await ecs(url)).json()).toMatchObject({ __type: 'ExpiredTokenException' });
    const empty = await ecs(url);
    expect([empty.status, await empty.text()]).toEqual([503, '']);
  });

  it('fails with HTTP 200: errors, HTML, half a document', async () => {
    const url = await proxyWith({ do: { errors: 'boom' } }, { do: 'html' }, { do: 'truncated' });
    expect(await (await graphql(url)).json()).toEqual({ data: null, errors: [{ message: 'boom' }] });
    const html = await graphql(url);
    expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    await expect((await graphql(url)).json()).rejects.toThrow(SyntaxError);
  });

  it('answers as a newer service could', async () => {
    const url = await proxyWith({ do: 'unknown-values' });
    expect(await (await graphql(url)).json()).toMatchObject({
      data: { agent: { connectionState: 'FUTURE_CONNECTED', futureField: { kind: 'FUTURE' } } },
    });
  });

  it('gives a wrong Date, and stalls until the other side gives up', async () => {
    const url = await proxyWith({ do: { date: '1h' } }, { do: 'stall' });
    const date = Date.parse((await graphql(url)).headers.get('date') ?? '');
    expect(date - Date.now()).toBeGreaterThan(3_000_000);
    const signal = AbortSignal.timeout(300);
    await expect(fetch(`${url}/graphql`, { method: 'POST', body: '{}', signal })).rejects.toThrow(/timeout/);
    expect(reached).toHaveLength(1);
  });

  it('holds for a time', async () => {
    const url = await proxyWith({ for: '400ms', do: { answer: 500 } });
    const begin = Date.now();
    expect((await graphql(url)).status).toBe(500);
    let status = 500;
    while (status === 500 && Date.now() - begin < 30_000) status = (await graphql(url)).status;
    expect(status).toBe(200);
    expect(Date.now() - begin).toBeGreaterThanOrEqual(400);
  });

  it('dates its own answers by the clock of the server behind it', async () => {
    const rules = rulesOf([{ do: { answer: 503 } }]);
    const options = { target: target.url, rules, stopAccepted: () => false, clockOffsetMs: 3_600_000 };
    const proxy = await startProxy({ ...options, onHarm: () => undefined });
    proxies.push(proxy);
    const date = (await graphql(proxy.url)).headers.get('date') ?? '';
    expect(Math.abs(Date.parse(date) - Date.now() - 3_600_000)).toBeLessThan(60_000);
  });

  it('BK-37: acts, and answers null beside an error without a path', async () => {
    const url = await proxyWith({ operation: 'Create', do: { nullBeside: 'Something went wrong' } });
    const response = await graphql(url, 'Create');
    expect(await response.json()).toEqual({
      data: { agent: null },
      errors: [{ message: 'Something went wrong' }],
    });
    expect(reached).toHaveLength(1);
  });

  it('BK-37: answers 503 with headers that inform of a limit', async () => {
    const headers = { 'RateLimit-Remaining': 19_000, 'RateLimit-Reset': 100 };
    const response = await graphql(await proxyWith({ do: { answer: 503, headers } }));
    const told = ['ratelimit-remaining', 'ratelimit-reset', 'retry-after'].map((name) =>
      response.headers.get(name),
    );
    expect([response.status, ...told]).toEqual([503, '19000', '100', null]);
    expect(reached).toEqual([]);
  });
});
