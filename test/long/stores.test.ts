import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createSdk } from '../../src/ecs/sdk.ts';
import { systemClock } from '../../src/http/clock.ts';
import { createDirectoryStore } from '../../src/store/directory.ts';
import type { Store } from '../../src/store/port.ts';
import { createS3Store } from '../../src/store/s3.ts';
import { givenBy, storeContract } from '../contract/store.contract.ts';
import { needsS3Server, startS3Server } from '../support/s3-server.ts';
import type { S3Server } from '../support/s3-server.ts';
import { raceForDocuments } from '../support/store-race.ts';

const never = new AbortController().signal;
const WRITERS = 20;

function storeOn(server: S3Server, bucket: string): Store {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } =
    server.environment;
  const credentials = { accessKeyId, secretAccessKey };
  const rules = { allowInsecure: false, loopbackOnly: true };
  const sdk = createSdk({ region: 'us-east-1', endpoint: server.url, credentials, ...rules }, systemClock);
  return createS3Store(sdk, { bucket, prefix: 'ledger/', hasEndpoint: true }, systemClock);
}

/** Twenty processes write the same documents: each is made once, holds what its maker wrote, and no count is lost. */
async function race(url: string, environment: Readonly<Record<string, string>>, store: Store): Promise<void> {
  givenBy(await store.create('counter.json', '0', never));
  const { makers, counted } = await raceForDocuments(url, environment, {
    writers: WRITERS,
    documents: 30,
    counts: 5,
  });
  expect(makers.map((winners) => winners.length)).toEqual(Array(30).fill(1));
  for (const [n, [winner]] of makers.entries())
    expect(givenBy(await store.read(`raced/${String(n)}.json`, never))?.text).toBe(String(winner));
  expect(counted).toEqual(Array(WRITERS).fill(5));
  expect(Number(givenBy(await store.read('counter.json', never))?.text)).toBe(WRITERS * 5);
}

test('twenty processes race for the documents of a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-store-'));
  try {
    await race(folder, {}, createDirectoryStore(folder, Date.now));
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe.runIf(needsS3Server())('on a real server', () => {
  storeContract('S3', async () => {
    const server = await startS3Server();
    return {
      store: storeOn(server, 'games'),
      absent: storeOn(server, 'no-such-bucket'),
      close: () => server.close(),
    };
  });

  test('twenty processes race for the documents of S3', async () => {
    const server = await startS3Server();
    try {
      await race('s3://games/ledger', server.environment, storeOn(server, 'games'));
    } finally {
      await server.close();
    }
  });

  test('other credentials are denied, and the secret is not told', async () => {
    const server = await startS3Server();
    try {
      const environment = { ...server.environment, AWS_SECRET_ACCESS_KEY: 'another-secret' };
      const made = await storeOn({ ...server, environment }, 'games').create('a.json', '{}', never);
      expect(made).toMatchObject({ ok: false, error: { kind: 'denied' } });
      expect(JSON.stringify(made)).not.toContain('another-secret');
    } finally {
      await server.close();
    }
  });
});
