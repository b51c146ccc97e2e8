import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createSdk } from '../../src/ecs/sdk.ts';
import { systemClock } from '../../src/http/clock.ts';
import { createS3Store } from '../../src/store/s3.ts';
import type { Store, StoreError } from '../../src/store/port.ts';
import { givenBy } from '../contract/store.contract.ts';
import { deadAddress, startServer } from '../support/http-server.ts';
import type { Seen, TestServer } from '../support/http-server.ts';

const never = new AbortController().signal;
let server: TestServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

function storeAt(url: string, timeoutMs = 4_000): Store {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'the-secret-key' };
  const rules = { allowInsecure: false, loopbackOnly: true, timeoutMs };
  const sdk = createSdk({ region: 'eu-west-1', endpoint: url, credentials, ...rules }, systemClock);
  return createS3Store(sdk, { bucket: 'games', prefix: 'ledger/', hasEndpoint: true }, systemClock);
}

/** A server that answers as it is told, request by request. */
type Respond = (seen: Seen, response: ServerResponse, nth: number) => void;

async function startHearing(respond: Respond): Promise<TestServer> {
  server = await startServer(respond);
  return server;
}

async function storeThatHears(respond: Respond) {
  const server = await startHearing(respond);
  return { store: storeAt(server.url), requests: server.requests };
}

function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  headers: Record<string, string> = {},
) {
  response.writeHead(status, { 'content-type': 'application/xml', ...headers });
  response.end(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>said by the server</Message></Error>`,
  );
}

async function errorOf(asked: ReturnType<Store['create']>): Promise<StoreError> {
  const answer = await asked;
  if (answer.ok) throw new Error(`it was done: ${JSON.stringify(answer.value)}`);
  return answer.error;
}

describe('what S3 answers on a bad day', () => {
  test('every write carries its condition', async () => {
    const { store, requests } = await storeThatHears((_seen, response) => {
      response.writeHead(200, { etag: '"new"' });
      response.end();
    });
    givenBy(await store.create('a.json', '{}', never));
    givenBy(await store.replace('a.json', '{}', '"old"', never));
    expect(
      requests.map(({ method, path, headers }) => [
        method,
        path.split('?')[0],
        headers['if-none-match'],
        headers['if-match'],
      ]),
    ).toEqual([
      ['PUT', '/games/ledger/a.json', '*', undefined],
      ['PUT', '/games/ledger/a.json', undefined, '"old"'],
    ]);
  });

  test('412: it exists, and is read back', async () => {
    const { store } = await storeThatHears((seen, response) => {
      if (seen.method === 'PUT') return refuse(response, 412, 'PreconditionFailed');
      response.writeHead(200, { etag: '"first"' });
      response.end('what stands there');
    });
    expect(givenBy(await store.create('a.json', '{}', never))).toEqual({
      made: false,
      tag: '"first"',
      text: 'what stands there',
    });
    expect(givenBy(await store.replace('a.json', '{}', '"old"', never))).toEqual({
      replaced: false,
      tag: '"first"',
    });
  });

  test('what does not exist may be denied: the listing tells', async () => {
    let listed = '';
    const { store, requests } = await storeThatHears((seen, response) => {
      if (!seen.path.includes('list-type=2')) return refuse(response, 403, 'AccessDenied');
      if (listed === 'denied') return refuse(response, 403, 'AccessDenied');
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(
        `<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>${listed}</Key></Contents></ListBucketResult>`,
      );
    });
    listed = 'ledger/a.json.old';
    expect(givenBy(await store.read('a.json', never))).toBeNull();
    expect(requests.at(-1)?.path).toContain('prefix=ledger%2Fa.json');
    for (listed of ['ledger/a.json', 'denied']) {
      const error = await errorOf(store.read('a.json', never) as never);
      expect(error.message).toContain('could not read a.json from s3://games/ledger');
      expect(error.next).toContain('Grant s3:GetObject on games');
    }
  });

  test('409 ConditionalRequestConflict: another write was in flight, so it is tried again', async () => {
    const { store, requests } = await storeThatHears((_seen, response, nth) => {
      if (nth < 3) return refuse(response, 409, 'ConditionalRequestConflict');
      response.writeHead(200, { etag: '"mine"' });
      response.end();
    });
    expect(givenBy(await store.create('a.json', '{}', never))).toEqual({ made: true, tag: '"mine"' });
    expect(requests).toHaveLength(3);
  });

  test('409 for ever: others wrote each time, and it is said', async () => {
    const { store } = await storeThatHears((_seen, response) =>
      refuse(response, 409, 'ConditionalRequestConflict'),
    );
    const error = await errorOf(store.create('a.json', '{}', never));
    expect(error).toMatchObject({ kind: 'away', next: 'Do it again in a minute.' });
    expect(error.message).toContain('write a.json to s3://games/ledger: others wrote there');
  });

  test('a connection that broke after the write was done: it met its own document', async () => {
    let stored = '';
    const { store } = await storeThatHears((seen, response, nth) => {
      if (nth === 1) {
        stored = seen.body;
        return response.destroy();
      }
      if (seen.method === 'PUT') return refuse(response, 412, 'PreconditionFailed');
      response.writeHead(200, { etag: '"new"' });
      response.end(stored);
    });
    expect(givenBy(await store.replace('a.json', 'mine', '"old"', never))).toEqual({
      replaced: true,
      tag: '"new"',
    });
  });

  test('a listing that is behind: what exists and cannot be read yet is waited for', async () => {
    const { store } = await storeThatHears((seen, response, nth) => {
      if (seen.method === 'PUT') return refuse(response, 412, 'PreconditionFailed');
      if (nth < 4) return refuse(response, 404, 'NoSuchKey');
      response.writeHead(200, { etag: '"first"' });
      response.end('text');
    });
    expect(givenBy(await store.create('a.json', '{}', never))).toMatchObject({ made: false, text: 'text' });
  });

  test('a listing goes on to its end, and shows no key that is none of ours', async () => {
    const page = (keys: readonly string[], next: string | null): string =>
      `<?xml version="1.0"?><ListBucketResult><IsTruncated>${String(next !== null)}</IsTruncated>${
        next === null ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`
      }${keys.map((key) => `<Contents><Key>${key}</Key><ETag>"${key}"</ETag></Contents>`).join('')}</ListBucketResult>`;
    const { store, requests } = await storeThatHears((seen, response) => {
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(
        seen.path.includes('continuation-token=more')
          ? page(['ledger/a.json'], null)
          : page(['ledger/b.json', 'ledger/folder/', 'ledger/.hidden'], 'more'),
      );
    });
    expect(givenBy(await store.list('', never))).toEqual([
      { key: 'a.json', tag: '"ledger/a.json"' },
      { key: 'b.json', tag: '"ledger/b.json"' },
    ]);
    expect(requests).toHaveLength(2);
  });

  test.each([
    [
      403,
      'AccessDenied',
      {},
      'denied',
      /AWS denies s3:PutObject.*said by the server/,
      /^Grant s3:PutObject on games/,
    ],
    [403, 'InvalidAccessKeyId', {}, 'denied', /s3:PutObject/, /credentials|Grant/],
    [404, 'NoSuchBucket', {}, 'missing', /there is no bucket games/, /^Create the bucket/],
    [501, 'NotImplemented', {}, 'broken', /does not know conditional writes/, /If-None-Match/],
    [500, 'InternalError', {}, 'away', /S3 failed at s3:PutObject/, /^Do it again/],
  ] as const)('%i %s', async (status, code, headers, kind, message, next) => {
    const { store } = await storeThatHears((_seen, response) => refuse(response, status, code, headers));
    const error = await errorOf(store.create('a.json', '{}', never));
    expect(error.kind).toBe(kind);
    expect(error.message).toMatch(message);
    expect(error.message).toContain('s3://games/ledger');
    expect(error.message).not.toContain('the-secret-key');
    expect(error.next).toMatch(next);
  });

  test('503 SlowDown is waited for, then told', async () => {
    let slow = true;
    const { url } = await startHearing((_seen, response) => {
      if (slow) return refuse(response, 503, 'SlowDown');
      response.writeHead(200, { etag: '"x"' });
      response.end();
    });
    const store = storeAt(url, 10_000);
    const error = await errorOf(store.create('a.json', '{}', never));
    expect(error).toMatchObject({ kind: 'away' });
    expect(error.message).toMatch(/S3 limits the rate of s3:PutObject/);
    slow = false;
    expect(givenBy(await store.create('a.json', '{}', never))).toMatchObject({ made: true });
  });

  test('another region: it is asked there, and told where that does not help', async () => {
    const { store } = await storeThatHears((_seen, response) =>
      refuse(response, 301, 'PermanentRedirect', { 'x-amz-bucket-region': 'ap-south-1' }),
    );
    const error = await errorOf(store.create('a.json', '{}', never));
    expect(error.kind).toBe('broken');
    expect(error.message).toMatch(/the bucket games is in region ap-south-1/);
    expect(error.next).toContain('ap-south-1');
  });

  test('a 200 without sense is no success', async () => {
    const { store } = await storeThatHears((_seen, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<html>a portal wants your login</html>');
    });
    expect(await store.create('a.json', '{}', never)).toMatchObject({ ok: false, error: { kind: 'broken' } });
    expect(await store.list('', never)).toMatchObject({ ok: false, error: { kind: 'broken' } });
    expect(await store.read('a.json', never)).toMatchObject({ ok: false, error: { kind: 'broken' } });
  });

  test('nobody is there: what was tried, where, and whose move it is', async () => {
    const url = await deadAddress();
    const error = await errorOf(storeAt(url).create('a.json', '{}', never));
    expect(error.kind).toBe('away');
    expect(error.message).toContain(
      `write a.json to s3://games/ledger: S3: no connection to ${new URL(url).host}`,
    );
    expect(error.next).toMatch(/AWS_ENDPOINT_URL_S3/);
  });

  test('silence ends in time', async () => {
    const { store } = await storeThatHears(() => undefined);
    expect(await errorOf(store.create('a.json', '{}', never))).toMatchObject({ kind: 'away' });
  });

  test('an interruption ends it', async () => {
    const { store } = await storeThatHears(() => undefined);
    const controller = new AbortController();
    const asked = errorOf(store.create('a.json', '{}', controller.signal));
    controller.abort();
    expect((await asked).message).toContain('interrupted');
  });
});
