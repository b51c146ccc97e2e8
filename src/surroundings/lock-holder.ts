import { formatSpan } from '../model/instants.ts';
import type { Store, StoreAnswer } from '../store/port.ts';
import { makeStrange, timeOf } from './change-leases.ts';
import { findRival, leasesKeyOf, parseLeases, type Lease } from './lease.ts';

/** Who has the lock of a service now, in words; null: nobody. It only reads. */
export async function readLockHolder(
  store: Store,
  lockKey: string,
  now: () => number,
  signal: AbortSignal,
): Promise<StoreAnswer<string | null>> {
  const key = leasesKeyOf(lockKey);
  const read = await store.read(key, signal);
  if (!read.ok) return read;
  if (read.value === null) return { ok: true, value: null };
  const document = parseLeases(read.value.text);
  if (document === null) return { ok: false, error: makeStrange(store, key) };
  const time = timeOf(store, now);
  const lease = findRival(document, { key: lockKey, drill: '', hold: '' }, time);
  return { ok: true, value: lease === null ? null : sayHolder(lease, store, time?.early ?? now()) };
}

/** Who has the lock, where, and for how long: as in `held by ...`. */
export function sayHolder(lease: Lease, store: Store, now: number): string {
  const left = lease.until - now;
  const end = left > 0 ? `it ends in ${formatSpan(left)} unless it is renewed` : 'it is about to end';
  return `${nameHolder(lease)}, in ${store.name}; ${end}`;
}

/** The drill and the process that have the lock. */
export function nameHolder({ drill, key, holder }: Lease): string {
  return `drill ${drill} at ${key} (process ${String(holder.pid)} on ${holder.host})`;
}
