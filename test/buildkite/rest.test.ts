import { afterEach, describe, expect, test } from 'vitest';
import type { ServerResponse } from 'node:http';
import type { PastBuildsWanted } from '../../src/buildkite/port.ts';
import { createBuildkiteRestClient } from '../../src/buildkite/rest-client.ts';
import { NOON } from '../support/builders.ts';
import { json, startServer } from '../support/http-server.ts';
import type { Seen, TestServer } from '../support/http-server.ts';

const TOKEN = 'bkua_0123456789abcdef';
const never = new AbortController().signal;
const WANTED: PastBuildsWanted = {
  ...{ organization: 'acme', pipeline: 'main', createdFrom: NOON - 86_400_000, createdTo: NOON, skip: 0 },
};

let server: TestServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function clientOf(respond: (seen: Seen, response: ServerResponse, nth: number) => void) {
  server = await startServer(respond);
  const rest = createBuildkiteRestClient({
    ...{ endpoint: server.url, token: TOKEN, allowInsecure: false, loopbackOnly: true },
  });
  return { rest, requests: server.requests };
}

/** A build as Buildkite's documentation shows it, with one job that was lost. */
function build(number: number, over: Record<string, unknown> = {}): Record<string, unknown> {
  const at = new Date(NOON - number * 1000).toISOString();
  return {
    ...{
      id: `b-${String(number)}`,
      number,
      branch: 'main',
      state: 'failed',
      created_at: at,
      finished_at: at,
    },
    web_url: `https://buildkite.com/acme/main/builds/${String(number)}`,
    jobs: [
      { type: 'waiter', id: 'w' },
      {
        ...{ type: 'script', id: 'j', name: 'Test', step_key: null, state: 'failed', soft_failed: false },
        ...{ exit_status: -1, signal: null, signal_reason: null, started_at: at, finished_at: at },
        agent: { id: 'a', version: '3.78.0', meta_data: ['os=linux', 'queue=big'], lost_at: at },
      },
    ],
    ...over,
  };
}

test('the newest builds of a period are asked for, with retried jobs and without what is not needed', async () => {
  const { rest, requests } = await clientOf((_, response) => json(response, 200, [build(1)]));
  const answer = await rest.pastBuilds(WANTED, never);
  expect(answer).toMatchObject({ ok: true, value: { more: false } });
  const [{ path, headers } = { path: '', headers: {} }] = requests;
  expect(headers).toMatchObject({ authorization: `Bearer ${TOKEN}` });
  const url = new URL(path, 'http://x');
  expect(url.pathname).toBe('/v2/organizations/acme/pipelines/main/builds');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    ...{ created_from: '2026-11-23T12:00:00.000Z', created_to: '2026-11-24T12:00:00.000Z' },
    ...{ include_retried_jobs: 'true', exclude_pipeline: 'true', per_page: '100', page: '1' },
  });
});

test('a job of the list in our words: label for a step without a key, queue and loss of its agent', async () => {
  const { rest } = await clientOf((_, response) => json(response, 200, [build(1)]));
  const answer = await rest.pastBuilds(WANTED, never);
  const at = NOON - 1000;
  expect(answer.ok && answer.value.builds).toMatchObject([
    {
      ...{ pipeline: 'main', number: 1, createdAt: at },
      attempts: [{ step: 'Test', exitStatus: -1, signal: null, agent: { queue: 'big', lostAt: at } }],
    },
  ]);
});

test('a field that an older answer does not have is not null', async () => {
  const [waiter, job] = build(1)['jobs'] as Record<string, unknown>[];
  const { signal: _signal, signal_reason: _reason, ...older } = job!;
  const { rest } = await clientOf((_, response) =>
    json(response, 200, [build(1, { jobs: [waiter, older] })]),
  );
  const answer = await rest.pastBuilds(WANTED, never);
  const attempt = answer.ok ? answer.value.builds[0]?.attempts[0] : null;
  expect(attempt?.signal).toBeUndefined();
  expect(attempt?.signalReason).toBeUndefined();
});

describe('pages that are too large for one answer become smaller, and none is left out', () => {
  /** All builds of a server that pages them, by their numbers, and how many requests that took. */
  async function readAll(all: readonly unknown[]) {
    const { rest, requests } = await clientOf(({ path }, response) => {
      const { searchParams } = new URL(path, 'http://x');
      const [size, page] = [Number(searchParams.get('per_page')), Number(searchParams.get('page'))];
      const found = all.slice((page - 1) * size, page * size);
      const more = page * size < all.length ? { link: '<http://x>; rel="next"' } : {};
      json(response, 200, found, more);
    });
    const numbers: number[] = [];
    for (let more = true; more;) {
      const answer = await rest.pastBuilds({ ...WANTED, skip: numbers.length }, never);
      if (!answer.ok) throw new Error(answer.trouble.message);
      numbers.push(...answer.value.builds.map(({ number }) => number));
      ({ more } = answer.value);
    }
    return { numbers, requests: requests.length };
  }
  const large = (bytes: number) => ({ message: 'x'.repeat(bytes) });

  test('from the first page on', async () => {
    const all = Array.from({ length: 120 }, (_, nth) => build(nth + 1, large(400_000)));
    // 100 and 50 were too large; 25 fits.
    expect(await readAll(all)).toEqual({
      numbers: Array.from({ length: 120 }, (_, nth) => nth + 1),
      requests: 2 + 5,
    });
  });

  test('where a smaller page begins before what was read', async () => {
    // A hundred fit on one page, then twelve: the ninth page of twelve begins with the 97th.
    const all = Array.from({ length: 130 }, (_, nth) => build(nth + 1, large(nth < 100 ? 0 : 900_000)));
    const { numbers } = await readAll(all);
    expect(numbers).toEqual(Array.from({ length: 130 }, (_, nth) => nth + 1));
  });
});

describe('trouble', () => {
  const answers = (status: number, body: unknown, headers: Record<string, string> = {}) =>
    clientOf((_, response) => json(response, status, body, headers));

  test.each([
    [401, { message: 'Authentication required' }, 'unauthorized'],
    [403, { message: 'Forbidden' }, 'denied'],
    [404, { message: 'No pipeline found' }, 'not-found'],
    [422, { message: 'created_from is invalid' }, 'refused'],
    [503, { message: 'Down' }, 'server-error'],
    [200, { message: 'no list' }, 'garbage'],
    [200, [build(1, { state: 7 })], 'garbage'],
  ])('HTTP %i with %j: %s', async (status, body, kind) => {
    const { rest } = await answers(status, body);
    expect(await rest.pastBuilds(WANTED, never)).toMatchObject({ ok: false, trouble: { kind } });
  });

  test('a login page, and half of an answer, are garbage; the token is in no message', async () => {
    for (const text of [`<html>${TOKEN}</html>`, '[{"id":']) {
      const { rest } = await clientOf((_, response) => response.end(text));
      const answer = await rest.pastBuilds(WANTED, never);
      expect(answer).toMatchObject({ ok: false, trouble: { kind: 'garbage' } });
      expect(JSON.stringify(answer)).not.toContain(TOKEN);
      await server?.close();
    }
  });

  test('a server that fails once is asked again', async () => {
    const { rest } = await clientOf((_, response, nth) =>
      nth === 1 ? json(response, 502, {}) : json(response, 200, [build(1)]),
    );
    expect(await rest.pastBuilds(WANTED, never)).toMatchObject({ ok: true });
    expect(rest.requests()).toBe(2);
  });

  // The texts and headers of https://buildkite.com/docs/apis/rest-api/limits.
  test('the limit of requests names its wait in headers', async () => {
    const { rest } = await answers(
      429,
      {
        message: 'You have exceeded your API rate limit. Please wait 42 seconds before making more requests.',
      },
      { 'RateLimit-User-Remaining': '0', 'RateLimit-User-Limit': '50', 'RateLimit-User-Reset': '42' },
    );
    expect(await rest.pastBuilds(WANTED, never)).toMatchObject({
      trouble: { kind: 'rate-limited', retryAfter: 42_000 },
    });
  });

  const used = (user: number, organization: number) => ({
    ...{
      'RateLimit-User-Limit': '50',
      'RateLimit-User-Remaining': String(user),
      'RateLimit-User-Reset': '30',
    },
    ...{ 'RateLimit-Limit': '200', 'RateLimit-Remaining': String(organization), 'RateLimit-Reset': '55' },
  });
  test.each([
    ['more than half of both is left', used(26, 101), 0, 0],
    ["half of the user's is used", used(25, 150), 20_000, 30_000],
    ["half of the organization's is used, by whomever", used(40, 100), 45_000, 55_000],
    ['no limit is named', {}, 0, 0],
  ])('%s: reads rest so long', async (_, headers, least, most) => {
    const { rest } = await answers(200, [], headers);
    expect(rest.restFor()).toBe(0);
    await rest.pastBuilds(WANTED, never);
    expect(rest.restFor()).toBeGreaterThanOrEqual(least);
    expect(rest.restFor()).toBeLessThanOrEqual(most);
  });
});

test('plain http to another machine is refused before anything is sent', () => {
  const open = () =>
    createBuildkiteRestClient({
      ...{ endpoint: 'http://api.buildkite.com', token: TOKEN, allowInsecure: false, loopbackOnly: false },
    });
  expect(open).toThrow('BUILDKITE_REST_API_ENDPOINT');
});
