import type { Read } from '../journal/events.ts';
import type { Instant } from '../model/instants.ts';
import { shareParts } from '../model/share.ts';

/** One good look at a subject: what it showed, in which event, and when the read was sent and answered by the runner's clock. */
export interface Sighting<T> {
  readonly seq: number;
  readonly id: string;
  readonly sentAt: Instant;
  readonly answeredAt: Instant;
  readonly value: T;
}

/** A read, failed ones too, with its event's number. */
export type SeenRead = Read & { readonly seq: number };

/** Looks in a row that showed the same. Questions are asked of runs: an answer costs as much as a subject changed, however often it was looked at. */
interface Run<T> {
  readonly value: T;
  readonly looks: Sighting<T>[];
}

/** All looks at one subject, in the order of their events. */
export type Looks<T> = Run<T>[];

/** Adds a look; a value that equals the one before it is kept once. */
export function addLook<T>(looks: Looks<T>, look: Sighting<T>): void {
  const run = looks.at(-1);
  const value = run === undefined ? look.value : (shareParts(run.value, look.value) as T);
  const sighting = value === look.value ? look : { ...look, value };
  if (run !== undefined && run.value === value) run.looks.push(sighting);
  else looks.push({ value, looks: [sighting] });
}

export function lastOf<T>(looks: Looks<T>): Sighting<T> | null {
  return looks.at(-1)?.looks.at(-1) ?? null;
}

/** The first look later than event `after` that shows such a value; `also` asks more of the look itself. */
export function findFirstShowing<T>(
  looks: Looks<T>,
  shows: (value: T) => boolean,
  after: number,
  also: (look: Sighting<T>) => boolean,
): Sighting<T> | undefined {
  for (let at = findRunAfter(looks, after); at < looks.length; at += 1) {
    const run = looks[at];
    if (run === undefined || !shows(run.value)) continue;
    for (let nth = findIndexAfter(run.looks, after); nth < run.looks.length; nth += 1) {
      const look = run.looks[nth];
      if (look !== undefined && also(look)) return look;
    }
  }
  return undefined;
}

/** The last look earlier than event `before` that shows such a value. */
export function findLastShowing<T>(
  looks: Looks<T>,
  shows: (value: T) => boolean,
  before: number,
): Sighting<T> | undefined {
  for (let at = looks.length - 1; at >= 0; at -= 1) {
    const run = looks[at];
    const first = run?.looks[0];
    if (run === undefined || first === undefined || first.seq >= before || !shows(run.value)) continue;
    return run.looks[findIndexAfter(run.looks, before - 1) - 1];
  }
  return undefined;
}

/** What was shown by looks between two events, each value once for as long as it stood. */
export function listValuesShown<T>(looks: Looks<T>, after: number, before: number): readonly T[] {
  const values: T[] = [];
  for (let at = findRunAfter(looks, after); at < looks.length; at += 1) {
    const run = looks[at];
    const first = run?.looks[findIndexAfter(run.looks, after)];
    if (run === undefined || first === undefined || first.seq >= before) break;
    values.push(run.value);
  }
  return values;
}

/** The reads of one subject. */
export interface Reads {
  readonly last: SeenRead | null;
  readonly lastFailed: SeenRead | null;
  /** The first one later than an event. */
  firstAfter(seq: number): SeenRead | undefined;
  firstFailedAfter(seq: number): SeenRead | undefined;
  /** Whether one later than event `after` is such a read. The newest are looked at first. */
  some(is: (read: SeenRead) => boolean, after?: number): boolean;
}

/** Reads as they are indexed; those that failed stand in a list of their own too. */
export interface ReadLists {
  readonly all: SeenRead[];
  readonly failed: SeenRead[];
}

export function readsIn({ all, failed }: ReadLists): Reads {
  return {
    last: all.at(-1) ?? null,
    lastFailed: failed.at(-1) ?? null,
    firstAfter: (seq) => all[findIndexAfter(all, seq)],
    firstFailedAfter: (seq) => failed[findIndexAfter(failed, seq)],
    some(is, after = -1) {
      for (let at = all.length - 1; at >= 0; at -= 1) {
        const read = all[at];
        if (read === undefined || read.seq <= after) return false;
        if (is(read)) return true;
      }
      return false;
    },
  };
}

function findRunAfter<T>(looks: Looks<T>, seq: number): number {
  return findFirstIndex(looks.length, (at) => (looks[at]?.looks.at(-1)?.seq ?? 0) > seq);
}

function findIndexAfter(list: readonly { readonly seq: number }[], seq: number): number {
  return findFirstIndex(list.length, (at) => (list[at]?.seq ?? 0) > seq);
}

/** The first index for which it is so, where it is so for all that follow; the length where it is so for none. */
function findFirstIndex(length: number, isSo: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
