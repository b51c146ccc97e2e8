import { expect, test } from 'vitest';
import type { Store } from '../../src/store/port.ts';
import { probeStore } from '../../src/store/probe.ts';
import { fakeStore } from '../support/fake-store.ts';

const never = new AbortController().signal;

test('a store that honours its conditions passes, and nothing of the probe stays', async () => {
  const store = fakeStore();
  expect(await probeStore(store, never)).toEqual({ ok: true, value: null });
  expect([...store.documents.keys()]).toEqual([]);
});

/** Servers of S3's protocol that write whatever is asked of them. */
const IGNORING: readonly (readonly [
  condition: string,
  said: string,
  over: (store: Store) => Partial<Store>,
])[] = [
  [
    'If-None-Match',
    'a document that existed was written over',
    (store) => ({
      create: async (key, text, signal) => {
        const standing = await store.read(key, signal);
        if (!standing.ok || standing.value === null) return store.create(key, text, signal);
        const written = await store.replace(key, text, standing.value.tag, signal);
        return written.ok ? { ok: true, value: { made: true, tag: written.value.tag ?? '' } } : written;
      },
    }),
  ],
  [
    'If-Match',
    'a document that had changed since it was read was written over',
    (store) => ({
      replace: async (key, text, _tag, signal) => {
        const standing = await store.read(key, signal);
        const tag = standing.ok ? (standing.value?.tag ?? '') : '';
        return store.replace(key, text, tag, signal);
      },
    }),
  ],
];

test.each(IGNORING)('a store that ignores %s is refused: %s', async (condition, said, over) => {
  const honest = fakeStore({ name: 's3://games/ledger' });
  const probed = await probeStore({ ...honest, ...over(honest) }, never);
  expect(probed).toEqual({
    ok: false,
    error: {
      kind: 'broken',
      message: `s3://games/ledger does not honour conditional writes (${condition}): ${said}`,
      next: 'Use Amazon S3, another server that honours If-None-Match and If-Match, or a folder.',
    },
  });
  expect([...honest.documents.keys()]).toEqual([]);
});

test.each(['create', 'list', 'replace', 'remove'])(
  '%s that is denied is told, and the rest removed',
  async (denied) => {
    const store = fakeStore();
    const error = { kind: 'denied', message: `${denied}: AccessDenied`, next: `Grant ${denied}.` } as const;
    const probed = await probeStore({ ...store, [denied]: async () => ({ ok: false, error }) }, never);
    expect(probed).toEqual({ ok: false, error });
    expect([...store.documents.keys()]).toHaveLength(denied === 'remove' ? 1 : 0);
  },
);
