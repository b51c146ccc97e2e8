import { randomBytes } from 'node:crypto';
import type { Store, StoreAnswer, StoreError } from './port.ts';

/**
 * Tries what a ledger and a lock need of a store, with a document of its own that it removes: to read, to list and to write, and
 * that a write whose condition does not hold is refused. A server of S3's protocol that ignores conditions would lose documents,
 * and let two drills have one lock.
 */
export async function probeStore(store: Store, signal: AbortSignal): Promise<StoreAnswer<null>> {
  const key = `v1/probes/${randomBytes(8).toString('hex')}.json`;
  const tried = await tryConditions(store, key, signal);
  if (tried.ok) return tried;
  // What is left of it is removed as well as can be; the first error is the one to tell.
  const left = await store.read(key, signal);
  if (left.ok && left.value !== null) await store.remove(key, left.value.tag, signal);
  return tried;
}

async function tryConditions(store: Store, key: string, signal: AbortSignal): Promise<StoreAnswer<null>> {
  const absent = await store.read(key, signal);
  if (!absent.ok) return absent;
  const first = await store.create(key, textOf(1), signal);
  if (!first.ok) return first;
  const listed = await store.list(key, signal);
  if (!listed.ok) return listed;
  const again = await store.create(key, textOf(2), signal);
  if (!again.ok) return again;
  if (again.value.made) return refuse(store, 'If-None-Match', 'a document that existed was written over');
  const replaced = await store.replace(key, textOf(3), first.value.tag, signal);
  if (!replaced.ok) return replaced;
  const { tag } = replaced.value;
  if (!replaced.value.replaced || tag === null)
    return refuse(store, 'If-Match', 'a document was not replaced although it had not changed');
  const stale = await store.replace(key, textOf(4), first.value.tag, signal);
  if (!stale.ok) return stale;
  if (stale.value.replaced)
    return refuse(store, 'If-Match', 'a document that had changed since it was read was written over');
  const removed = await store.remove(key, tag, signal);
  if (!removed.ok) return removed;
  return removed.value.removed
    ? { ok: true, value: null }
    : refuse(store, 'If-Match', 'a document was not removed although it had not changed');
}

function textOf(nth: number): string {
  return `${JSON.stringify({ v: 1, probe: nth })}\n`;
}

function refuse(store: Store, condition: string, said: string): { ok: false; error: StoreError } {
  return {
    ok: false,
    error: {
      kind: 'broken',
      message: `${store.name} does not honour conditional writes (${condition}): ${said}`,
      next: 'Use Amazon S3, another server that honours If-None-Match and If-Match, or a folder.',
    },
  };
}
