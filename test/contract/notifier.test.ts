import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/http/clock.ts';
import { makeHook } from '../../src/scenario/notify.ts';
import { NoticeBody } from '../../src/notify/body.ts';
import { createNotifier } from '../../src/notify/client.ts';
import { fakeNotifier } from '../support/fake-notifier.ts';
import { deadAddress, startServer } from '../support/http-server.ts';
import type { TestServer } from '../support/http-server.ts';
import { NOTICE, notifierContract } from './notifier.contract.ts';

const FROM = { gameday: '0.1.0', user: 'ada', host: 'runner-1', job: null };
const SECRET = 'a-key-of-the-signatures';
const never = new AbortController().signal;

const servers: TestServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** A server that answers these statuses in turn, the last one for ever; null: it stays silent. */
async function answering(...statuses: readonly (number | null)[]): Promise<TestServer> {
  const server = await startServer((_seen, response, nth) => {
    const status = statuses[Math.min(nth, statuses.length) - 1];
    if (status == null) return;
    response.writeHead(status, { location: 'http://127.0.0.1:9/elsewhere' });
    response.end('not for us');
  });
  servers.push(server);
  return server;
}

const STATUSES = { taken: 200, refused: 400, broken: 503 } as const;

notifierContract('the client', async () => {
  let status: number = STATUSES.taken;
  const server = await startServer((_seen, response) => {
    response.writeHead(status);
    response.end();
  });
  servers.push(server);
  const hook = makeHook('webhook', server.url, SECRET);
  return {
    port: createNotifier({
      hooks: [hook],
      from: FROM,
      clock: { ...systemClock, sleep: async () => undefined },
    }),
    host: hook.host,
    answers: (how) => (status = STATUSES[how]),
    notices: async () => server.requests.map(({ headers }) => String(headers['x-gameday-id'])),
  };
});

notifierContract('the fake', async () => {
  const port = fakeNotifier([{ kind: 'webhook', host: 'hooks.example' }]);
  return {
    port,
    host: 'hooks.example',
    answers: (how) => (port.answer = how),
    notices: async () => port.notices.map(({ id }) => id),
  };
});

describe('the client', () => {
  const tell = async (
    url: string,
    kind: 'webhook' | 'slack' = 'webhook',
    tryMs = 5_000,
    patience = 30_000,
  ) => {
    const clock = { ...systemClock, sleep: async () => undefined };
    return createNotifier({ hooks: [makeHook(kind, url, SECRET)], from: FROM, clock, tryMs }).tell(
      NOTICE,
      patience,
      never,
    );
  };

  test('signs time and body, and sends the body that the schema describes', async () => {
    const server = await answering(204);
    await tell(`${server.url}/hooks/web?key=1`);
    const [seen] = server.requests;
    if (seen === undefined) throw new Error('no request came');
    expect([seen.method, seen.path, seen.headers['content-type']]).toEqual([
      'POST',
      '/hooks/web?key=1',
      'application/json',
    ]);
    const timestamp = String(seen.headers['x-gameday-timestamp']);
    expect(Math.abs(Number(timestamp) * 1000 - Date.now())).toBeLessThan(60_000);
    // As docs/how-to/notify-people.md says that a receiver verifies it.
    const expected = createHmac('sha256', SECRET).update(`${timestamp}.${seen.body}`).digest('hex');
    expect(seen.headers['x-gameday-signature']).toBe(`sha256=${expected}`);
    expect(NoticeBody.parse(JSON.parse(seen.body))).toMatchObject({ ...NOTICE, version: 1, from: FROM });
  });

  test('sends the same id with each of three tries', async () => {
    const server = await answering(500, 429, 200);
    expect(await tell(server.url)).toMatchObject([{ result: 'told', tries: 3 }]);
    expect(server.requests.map(({ headers }) => headers['x-gameday-id'])).toEqual(Array(3).fill(NOTICE.id));
  });

  test('follows no redirect, which could lead anywhere', async () => {
    const server = await answering(302);
    expect(await tell(server.url)).toMatchObject([
      { result: 'not-told', tries: 1, said: 'it answers HTTP 302' },
    ]);
  });

  test('gives Slack a text and a block, in which no text of others is a link or a mention', async () => {
    const server = await answering(200);
    await tell(server.url, 'slack');
    const [seen] = server.requests;
    expect(seen?.headers['x-gameday-signature']).toBeUndefined();
    const body = JSON.parse(seen?.body ?? '') as { text: string; blocks: { text: { text: string } }[] };
    expect(body.text).toBe('Game day: failed (lost): A &lt;step&gt; survives');
    expect(body.blocks[0]?.text.text).toContain('SIGTERM was eaten');
  });

  test('a hook that stays silent takes no more than the patience, and nothing of its address but the host is said', async () => {
    const server = await answering(null);
    const [told] = await tell(`${server.url}/T000/B000/secret-path`, 'slack', 100, 150);
    expect(told).toMatchObject({ result: 'not-told' });
    expect(JSON.stringify(told)).not.toContain('secret-path');
    expect(told?.tries).toBeLessThan(3);
  });

  test('nobody listens', async () => {
    const [told] = await tell(`${await deadAddress()}/secret-path`);
    expect(told).toMatchObject({ result: 'not-told', tries: 3 });
    expect(JSON.stringify(told)).not.toContain('secret-path');
  });
});
