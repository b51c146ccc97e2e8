import { makeTrouble } from '../http/trouble.ts';
import type { Answer, Trouble } from '../model/answer.ts';
import type { Clock } from '../model/clock.ts';
import type { Lock, PastInjections } from '../model/entities/surroundings.ts';
import { mayBeSame } from '../model/lock-key.ts';
import type { Store, StoreError } from '../store/port.ts';
import { createHeldLease, type HeldLease } from './held-lease.ts';
import { nameHolder, sayHolder } from './lock-holder.ts';
import { RENEW_EVERY, type Lease } from './lease.ts';

/** One drill's part in the lock of its service that several machines share, and in what is remembered of injections there. */
export interface SharedLock {
  /** Takes the lock, or renews it; names who else has it. A lock that was lost is not taken again. */
  take(signal: AbortSignal): Promise<Answer<Lock>>;
  pastInjections(signal: AbortSignal): Promise<Answer<PastInjections>>;
  /** Written at once, or with the next renewal; at the end at the latest. */
  recordInjection(injection: { drill: string; taskArn: string; at: number }): void;
  /** `isOpen`: the drill can be gone on with, so the lock is kept for it. */
  release(isOpen: boolean): Promise<void>;
}

/** How long the end of a drill waits for the store, and an interrupted one; milliseconds. */
const LAST_WORDS = 5_000;
const SHORT_LAST_WORDS = 1_000;
/** A renewal that failed is tried again after so long, milliseconds. */
const AGAIN_AFTER = 10_000;

/** `tell` hears what happened to the lock when no guard asks for it any more. */
export function createSharedLock(
  store: Store,
  { key, drill }: { readonly key: string; readonly drill: string },
  clock: Clock,
  tell: (line: string) => void,
): SharedLock {
  const lease = createHeldLease(store, { key, drill }, () => clock.now());
  const ended = new AbortController();
  const what = `the lock in ${store.name}`;
  let lost: string | null = null;

  /** Takes the lease or renews it; one that was held before and is not any more is lost for good. */
  async function hold(signal: AbortSignal): ReturnType<HeldLease['takeOrRenew']> {
    const before = lease.until();
    const held = await lease.takeOrRenew(signal);
    if (held.ok && held.value !== 'held' && before !== null) lost = describeLoss(what, before, held.value);
    return held;
  }

  /** Renews the lock while the drill lives. */
  async function renew(): Promise<void> {
    let [pause, isToldAway] = [RENEW_EVERY, false];
    for (;;) {
      await clock.sleep(pause, ended.signal);
      if (ended.signal.aborted) return;
      const renewed = await hold(ended.signal);
      if (ended.signal.aborted) return;
      if (lost !== null) return tell(`${lost}; it may have run at the same service at the same time`);
      pause = renewed.ok ? RENEW_EVERY : AGAIN_AFTER;
      const until = lease.until() ?? 0;
      if (!renewed.ok && lease.time().late > until && !isToldAway) {
        tell(`${what} ran out at ${clockTime(until)}, as it could not be renewed: ${renewed.error.message}`);
        isToldAway = true;
      }
    }
  }

  return {
    async take(signal) {
      const base = { key, since: null, where: store.name };
      const isFirst = lease.until() === null;
      const taken = lost === null ? await hold(signal) : null;
      if (taken?.ok === false) return { ok: false, trouble: troubleOf(what, taken.error) };
      if (taken?.value === 'held') {
        if (isFirst) void renew();
        return { ok: true, value: { ...base, ours: true, heldBy: null } };
      }
      const heldBy =
        lost === null && taken !== null && taken.value !== 'lost'
          ? sayHolder(taken.value, store, lease.time().early)
          : `nobody for sure: ${lost ?? ''}`;
      return { ok: true, value: { ...base, ours: false, heldBy } };
    },
    async pastInjections(signal) {
      const found = await lease.readInjections(signal);
      if (!found.ok)
        return { ok: false, trouble: troubleOf(`past injections in ${store.name}`, found.error) };
      const ahead = store.clock()?.offset ?? 0;
      const injections = found.value
        .filter((injection) => mayBeSame(injection.key, key))
        .map(({ drill: by, taskArn, at }) => ({ drill: by, taskArn, at: Math.round(at - ahead) }));
      return { ok: true, value: { injections } };
    },
    recordInjection({ at, ...injection }) {
      lease.remember({ ...injection, key, at: Math.round(at + (store.clock()?.offset ?? 0)) });
      // Without a lock of its own (another drill of this process has it) nothing renews it later.
      if (lease.until() !== null) void hold(ended.signal);
      else void lease.writeInjections(ended.signal);
    },
    async release(isOpen) {
      ended.abort();
      const until = lease.until();
      if (until === null && isOpen) return;
      const released = await lease.end(isOpen, AbortSignal.timeout(isOpen ? SHORT_LAST_WORDS : LAST_WORDS));
      if (released.ok || until === null) return;
      const injected = lease.hasUnwritten() ? '; its injection is not remembered there' : '';
      tell(
        `${what} could not be given back and ends at ${clockTime(until)}${injected}: ${released.error.message}`,
      );
    },
  };
}

function describeLoss(what: string, until: number, by: Lease | 'lost'): string {
  const now = by === 'lost' ? 'another drill had it since' : `${nameHolder(by)} has it`;
  return `${what} was lost: it ran out at ${clockTime(until)} without having been renewed, and ${now}`;
}

/** A time of the store's clock. */
function clockTime(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`;
}

const KINDS: Readonly<Record<StoreError['kind'], Trouble['kind']>> = {
  away: 'unreachable',
  denied: 'denied',
  missing: 'not-found',
  broken: 'garbage',
};

function troubleOf(what: string, { kind, message, next }: StoreError): Trouble {
  return makeTrouble(KINDS[kind], `${what}: ${message}. ${next}`);
}
