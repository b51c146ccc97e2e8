import { expect, test } from 'vitest';
import { createSharedLock } from '../../src/surroundings/shared-lock.ts';
import { LEASE, leasesKeyOf, MARGIN } from '../../src/surroundings/lease.ts';
import { readLockHolder } from '../../src/surroundings/lock-holder.ts';
import { NOON } from '../support/builders.ts';
import { fakeStore } from '../support/fake-store.ts';

const never = new AbortController().signal;
const PLACE = 'ecs.eu-west-1.amazonaws.com|eu-west-1|build-prod';
const AGENTS = `${PLACE}|build-agents`;

test('who has the lock of a service is read and not changed: another service, and a lease that is over, hold nothing', async () => {
  const store = fakeStore({ name: 's3://games/ledger', ahead: 3_600_000 });
  const holderAt = (now: number, key = AGENTS) => readLockHolder(store, key, () => now, never);
  expect(await holderAt(NOON)).toEqual({ ok: true, value: null });
  const asleep = { now: () => NOON, sleep: () => new Promise<void>(() => undefined) };
  await createSharedLock(store, { key: AGENTS, drill: 'd1' }, asleep, () => undefined).take(never);
  const before = [...store.documents];
  expect(await holderAt(NOON)).toMatchObject({
    value: expect.stringMatching(
      /^drill d1 at \S+build-agents \(process \d+ on .+\), in s3:\/\/games\/ledger; it ends in 5 min 0 s unless it is renewed$/,
    ) as string,
  });
  expect(await holderAt(NOON, `${PLACE}|deploy-agents`)).toEqual({ ok: true, value: null });
  expect(await holderAt(NOON + LEASE + MARGIN)).toMatchObject({
    value: expect.stringContaining('d1') as string,
  });
  expect(await holderAt(NOON + LEASE + MARGIN + 1)).toEqual({ ok: true, value: null });
  expect([...store.documents]).toEqual(before);
});

test('a document that this version does not know is an error, and so is a store that is away', async () => {
  const store = fakeStore();
  await store.create(leasesKeyOf(AGENTS), '{"v":2}', never);
  const read = () => readLockHolder(store, AGENTS, () => NOON, never);
  expect(await read()).toMatchObject({ ok: false, error: { kind: 'broken' } });
  const error = { kind: 'away', message: 'S3: no connection', next: 'Look at the network.' } as const;
  store.fail(error);
  expect(await read()).toEqual({ ok: false, error });
});
