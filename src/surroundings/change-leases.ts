import { setTimeout as sleep } from 'node:timers/promises';
import type { Store, StoreAnswer } from '../store/port.ts';
import { NO_LEASES, parseLeases, type LeaseDocument, type StoreTime } from './lease.ts';

/** What is to become of the document (null: it stays), and what that means for who asks. */
export interface Change<T> {
  readonly document: LeaseDocument | null;
  readonly result: T;
}

/** Others may be quicker so often before that is an error, and the longest pause between two tries, milliseconds. */
const TRIES = 40;
const LONGEST_PAUSE = 150;

/** Drills of one process do not race among themselves. */
const waiting = new WeakMap<Store, Map<string, Promise<unknown>>>();

/**
 * Changes the leases under a key. `change` decides about what stands there, with the store's time; if somebody was quicker, it
 * decides again.
 */
export async function changeLeases<T>(
  store: Store,
  key: string,
  now: () => number,
  signal: AbortSignal,
  change: (document: LeaseDocument, time: StoreTime | null) => Change<T>,
): Promise<StoreAnswer<T>> {
  const line = waiting.get(store) ?? new Map<string, Promise<unknown>>();
  waiting.set(store, line);
  const before = line.get(key) ?? Promise.resolve();
  const own = before.then(() => changeAlone(store, key, now, signal, change));
  line.set(
    key,
    own.catch(() => undefined),
  );
  return own;
}

async function changeAlone<T>(
  store: Store,
  key: string,
  now: () => number,
  signal: AbortSignal,
  change: (document: LeaseDocument, time: StoreTime | null) => Change<T>,
): Promise<StoreAnswer<T>> {
  let hasAskedTime = false;
  for (let tries = 0; tries < TRIES && !signal.aborted; tries += 1) {
    const read = await store.read(key, signal);
    if (!read.ok) return read;
    const standing = read.value === null ? NO_LEASES : parseLeases(read.value.text);
    if (standing === null) return { ok: false, error: makeStrange(store, key) };
    // A folder tells its time only when something is written.
    const isTimeless = store.clock() === null && !hasAskedTime;
    hasAskedTime = true;
    const { document, result } = isTimeless
      ? { document: standing, result: null }
      : change(standing, timeOf(store, now));
    if (document === null) return { ok: true, value: result as T };
    const text = `${JSON.stringify(document)}\n`;
    const written =
      read.value === null
        ? await store.create(key, text, signal)
        : await store.replace(key, text, read.value.tag, signal);
    if (!written.ok) return written;
    const isDone = 'made' in written.value ? written.value.made : written.value.replaced;
    if (isDone && !isTimeless) return { ok: true, value: result as T };
    if (!isDone) await sleep(Math.random() * LONGEST_PAUSE);
  }
  const message = signal.aborted
    ? `the lock in ${store.name}: interrupted`
    : `the lock in ${store.name}: others wrote there each time that it was tried`;
  return { ok: false, error: { kind: 'away', message, next: 'Do it again in a minute.' } };
}

/** The store's time now; null where it tells none. */
export function timeOf(store: Store, now: () => number): StoreTime | null {
  const clock = store.clock();
  if (clock === null) return null;
  const at = now() + clock.offset;
  return { early: at - clock.uncertainty, late: at + clock.uncertainty };
}

/** The error of a document that is none of ours. */
export function makeStrange(store: Store, key: string): Extract<StoreAnswer<never>, { ok: false }>['error'] {
  return {
    kind: 'broken',
    message: `what stands under ${key} in ${store.name} is no document of locks that this version knows`,
    next: 'Use the newest gameday on every machine; if nobody drills there, remove it.',
  };
}
