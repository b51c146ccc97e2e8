import { randomBytes } from 'node:crypto';
import { readOwnHolder } from '../lockfile/holder.ts';
import type { Store, StoreAnswer } from '../store/port.ts';
import { changeLeases, timeOf, type Change } from './change-leases.ts';
import {
  addInjections,
  endLease,
  findRival,
  holdLease,
  leasesKeyOf,
  type Injection,
  type Lease,
  type LeaseDocument,
  type StoreTime,
} from './lease.ts';

/** One drill's lease, and the injections that are still to be written down. */
export interface HeldLease {
  /** When it ends, by the store's clock; null: it was never held. */
  until(): number | null;
  /** Takes it or renews it; names who else has it, and says where it was lost. */
  takeOrRenew(signal: AbortSignal): Promise<StoreAnswer<Lease | 'held' | 'lost'>>;
  readInjections(signal: AbortSignal): Promise<StoreAnswer<readonly Injection[]>>;
  remember(injection: Injection): void;
  /** Writes down what is not written yet, without the lease. */
  writeInjections(signal: AbortSignal): Promise<StoreAnswer<null>>;
  hasUnwritten(): boolean;
  /** `isOpen`: it is kept for whoever goes on with the drill. */
  end(isOpen: boolean, signal: AbortSignal): Promise<StoreAnswer<null>>;
  /** The store's time; where it tells none, ours, by which no lease of others ends. */
  time(): StoreTime;
}

export function createHeldLease(
  store: Store,
  of: { key: string; drill: string },
  now: () => number,
): HeldLease {
  const hold = randomBytes(8).toString('hex');
  const wanted = { ...of, hold, holder: readOwnHolder() };
  const place = leasesKeyOf(of.key);
  let until: number | null = null;
  let unwritten: readonly Injection[] = [];

  const orOurs = (time: StoreTime | null): StoreTime => time ?? { early: now(), late: now() };
  const change = <T>(
    signal: AbortSignal,
    decide: (document: LeaseDocument, time: StoreTime | null) => Change<T>,
  ): Promise<StoreAnswer<T>> => changeLeases(store, place, now, signal, decide);

  async function takeOrRenew(signal: AbortSignal): Promise<StoreAnswer<Lease | 'held' | 'lost'>> {
    const added = unwritten;
    let end = 0;
    const held = await change<Lease | 'held' | 'lost'>(signal, (document, time) => {
      const rival = findRival(document, wanted, time);
      const isGone = until !== null && !document.leases.some((lease) => lease.hold === hold);
      if (rival !== null || isGone) return { document: null, result: rival ?? 'lost' };
      const next = holdLease(document, wanted, orOurs(time));
      end = next.leases.find((lease) => lease.hold === hold)?.until ?? 0;
      return { document: addInjections(next, added), result: 'held' };
    });
    if (!held.ok || held.value !== 'held') return held;
    until = end;
    unwritten = unwritten.slice(added.length);
    return held;
  }

  return {
    until: () => until,
    takeOrRenew,
    readInjections: (signal) => change(signal, ({ injections }) => ({ document: null, result: injections })),
    remember: (injection) => void (unwritten = [...unwritten, injection]),
    async writeInjections(signal) {
      const added = unwritten;
      const written = await change(signal, (document) => ({
        document: addInjections(document, added),
        result: null,
      }));
      if (written.ok) unwritten = unwritten.slice(added.length);
      return written;
    },
    hasUnwritten: () => unwritten.length > 0,
    end: (isOpen, signal) =>
      change(signal, (document, time) => {
        const next = endLease(document, wanted, isOpen, orOurs(time));
        const isNothing = next.leases.length === document.leases.length && !isOpen && unwritten.length === 0;
        return { document: isNothing ? null : addInjections(next, unwritten), result: null };
      }),
    time: () => orOurs(timeOf(store, now)),
  };
}
