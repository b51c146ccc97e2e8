import type { DrillEvent, EventCode, EventOf, Read } from '../journal/events.ts';
import { isOlder } from '../model/entities/older.ts';
import type { Task } from '../model/entities/task.ts';
import type { Instant } from '../model/instants.ts';
import { keyOf, type Fact, type FactKind } from '../model/world.ts';
import { addLook, lastOf, type Looks, type ReadLists } from './looks.ts';

/** What one pass over the events found. It only ever grows. */
interface Store {
  readonly events: DrillEvent[];
  readonly byCode: Map<EventCode, DrillEvent[]>;
  readonly looks: Map<string, Looks<Fact['value']>>;
  /** Ids of the subjects of each kind, in the order in which they were first seen. */
  readonly ids: Map<FactKind, string[]>;
  readonly reads: Map<string, ReadLists>;
}

/**
 * A journal, indexed as far as its first `length` events. It is a value: the one after it shares its store, so that each event
 * is indexed once; one that is older than its store takes a store of its own when it is asked.
 */
export interface JournalIndex {
  readonly length: number;
  readonly held: { store: Store };
}

const EMPTY: JournalIndex = { length: 0, held: { store: newStore() } };

function newStore(): Store {
  return { events: [], byCode: new Map(), looks: new Map(), ids: new Map(), reads: new Map() };
}

/** The index of a journal with one more event. */
export function addEvent(index: JournalIndex, event: DrillEvent): JournalIndex {
  const store = index.length === 0 ? newStore() : storeOf(index);
  indexEvent(store, event);
  return { length: store.events.length, held: { store } };
}

/** The index of a whole journal. */
export function indexJournal(events: readonly DrillEvent[]): JournalIndex {
  return events.reduce(addEvent, EMPTY);
}

/** The store of an index, which holds nothing that came later. */
function storeOf({ length, held }: JournalIndex): Store {
  if (held.store.events.length === length) return held.store;
  const store = newStore();
  for (const event of held.store.events.slice(0, length)) indexEvent(store, event);
  held.store = store;
  return store;
}

export function lastEventIn(index: JournalIndex): DrillEvent | undefined {
  return storeOf(index).events.at(-1);
}

export function eventsWith<C extends EventCode>(index: JournalIndex, code: C): readonly EventOf<C>[] {
  return (storeOf(index).byCode.get(code) ?? []) as unknown as readonly EventOf<C>[];
}

const NO_LOOKS: Looks<Fact['value']> = [];
const NO_READS: ReadLists = { all: [], failed: [] };

export function looksAt(index: JournalIndex, kind: FactKind, id: string): Looks<Fact['value']> {
  return storeOf(index).looks.get(keyOf({ kind, id })) ?? NO_LOOKS;
}

export function readsOf(index: JournalIndex, kind: FactKind, id: string): ReadLists {
  return storeOf(index).reads.get(keyOf({ kind, id })) ?? NO_READS;
}

/** Ids of the subjects of a kind that were seen, in the order in which they first were. */
export function idsOf(index: JournalIndex, kind: FactKind): readonly string[] {
  return storeOf(index).ids.get(kind) ?? [];
}

function indexEvent(store: Store, event: DrillEvent): void {
  store.events.push(event);
  listAt(store.byCode, event.code).push(event);
  if (event.code === 'GD_OBSERVED') indexObservation(store, event);
}

/** Reads that changed nothing count as looks at what was last known. */
function indexObservation(store: Store, { seq, at, payload }: EventOf<'GD_OBSERVED'>): void {
  const { reads, facts } = payload;
  const direct = new Map(reads.map((read) => [keyOf(read.subject), read]));
  const around = hull(reads, at);
  for (const fact of facts) {
    const { sentAt, answeredAt } = direct.get(keyOf(fact)) ?? around;
    indexFact(store, fact, { seq, sentAt, answeredAt });
  }
  const changed = new Set(facts.map(keyOf));
  for (const read of reads) {
    const key = keyOf(read.subject);
    const known = readsAt(store, key);
    known.all.push({ ...read, seq });
    if (!read.ok) known.failed.push({ ...read, seq });
    const looks = store.looks.get(key);
    const last = looks === undefined ? null : lastOf(looks);
    if (!read.ok || changed.has(key) || looks === undefined || last === null) continue;
    addLook(looks, { seq, sentAt: read.sentAt, answeredAt: read.answeredAt, value: last.value });
  }
}

/** An older copy of a task is no look at it. */
function indexFact(
  store: Store,
  fact: Fact,
  when: { readonly seq: number; readonly sentAt: Instant; readonly answeredAt: Instant },
): void {
  const key = keyOf(fact);
  const looks = listAt(store.looks, key);
  const before = lastOf(looks)?.value;
  if (fact.kind === 'task' && isOlder(before as Task | undefined, fact.value)) return;
  if (before === undefined) listAt(store.ids, fact.kind).push(fact.id);
  addLook(looks, { ...when, value: fact.value });
}

/** A fact that came along with other reads was true somewhere between the first one's sending and the last one's answer. */
function hull(
  reads: readonly Read[],
  at: Instant,
): { readonly sentAt: Instant; readonly answeredAt: Instant } {
  return {
    sentAt: Math.min(at, ...reads.map((read) => read.sentAt)),
    answeredAt: Math.max(...reads.map((read) => read.answeredAt), 0) || at,
  };
}

function listAt<K, T>(map: Map<K, T[]>, key: K): T[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}

function readsAt({ reads }: Store, key: string): ReadLists {
  const lists = reads.get(key) ?? { all: [], failed: [] };
  reads.set(key, lists);
  return lists;
}
