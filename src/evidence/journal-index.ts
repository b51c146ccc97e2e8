import type { DrillEvent, EventCode, EventOf, Read } from '../journal/events.ts';
import { isOlder } from '../model/entities/older.ts';
import type { Task } from '../model/entities/task.ts';
import type { Instant } from '../model/instants.ts';
import { keyOf, type Fact, type FactKind, type Subject } from '../model/world.ts';
import { addLook, lastOf, type Looks, type ReadLists, type Sighting } from './looks.ts';

/** All that was seen of one subject. */
export interface SubjectLog {
  readonly looks: Looks<Fact['value']>;
  readonly reads: ReadLists;
}

/** What one pass over the events found. It only ever grows. */
interface Store {
  readonly events: DrillEvent[];
  readonly byCode: Map<EventCode, DrillEvent[]>;
  readonly subjects: Map<FactKind, Map<string, SubjectLog>>;
  /** Those that were seen, in the order in which they first were. */
  readonly seen: Map<FactKind, SubjectLog[]>;
}

/**
 * A journal, indexed as far as its first `length` events. It is a value: the one after it shares its store, so that each event
 * is indexed once; one that is older than its store takes a store of its own when it is asked.
 */
export interface JournalIndex {
  readonly length: number;
  readonly held: { store: Store };
}

const EMPTY: JournalIndex = { length: 0, held: { store: createStore() } };

function createStore(): Store {
  return { events: [], byCode: new Map(), subjects: new Map(), seen: new Map() };
}

/** The index of a journal with one more event. One that another has added already is not indexed again. */
export function addEvent(index: JournalIndex, event: DrillEvent): JournalIndex {
  const { events } = index.held.store;
  if (events[index.length] === event) return { length: index.length + 1, held: { ...index.held } };
  const store = index.length === 0 ? createStore() : storeOf(index);
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
  const store = createStore();
  for (const event of held.store.events.slice(0, length)) indexEvent(store, event);
  held.store = store;
  return store;
}

export function lastEventIn(index: JournalIndex): DrillEvent | undefined {
  return storeOf(index).events.at(-1);
}

export function listEvents<C extends EventCode>(index: JournalIndex, code: C): readonly EventOf<C>[] {
  return (storeOf(index).byCode.get(code) ?? []) as unknown as readonly EventOf<C>[];
}

const UNSEEN: SubjectLog = { looks: [], reads: { all: [], failed: [] } };

export function findSubjectLog(index: JournalIndex, kind: FactKind, id: string): SubjectLog {
  return storeOf(index).subjects.get(kind)?.get(id) ?? UNSEEN;
}

/** The latest look at every subject of a kind, in the order in which they were first seen. */
export function latestOf(index: JournalIndex, kind: FactKind): readonly Sighting<Fact['value']>[] {
  const logs = storeOf(index).seen.get(kind) ?? [];
  return logs.map(({ looks }) => lastOf(looks)).filter((look) => look !== null);
}

function indexEvent(store: Store, event: DrillEvent): void {
  store.events.push(event);
  findOrAddList(store.byCode, event.code).push(event);
  if (event.code === 'GD_OBSERVED') indexObservation(store, event);
}

/** A read that changed nothing counts as a look that shows the last known value. */
function indexObservation(store: Store, { seq, at, payload }: EventOf<'GD_OBSERVED'>): void {
  const { reads, facts } = payload;
  const direct = new Map(reads.map((read) => [keyOf(read.subject), read]));
  const around = spanReads(reads, at);
  for (const fact of facts) {
    const { sentAt, answeredAt } = direct.get(keyOf(fact)) ?? around;
    indexFact(store, fact, { seq, sentAt, answeredAt });
  }
  const changed = new Set(facts.map(keyOf));
  for (const read of reads) {
    const known = logOf(store, read.subject);
    known.reads.all.push({ ...read, seq });
    if (!read.ok) known.reads.failed.push({ ...read, seq });
    const last = lastOf(known.looks);
    if (!read.ok || last === null || changed.has(keyOf(read.subject))) continue;
    addLook(known.looks, { ...last, seq, sentAt: read.sentAt, answeredAt: read.answeredAt });
  }
}

/** A stale read of a task does not count as a look. */
function indexFact(
  store: Store,
  fact: Fact,
  when: { readonly seq: number; readonly sentAt: Instant; readonly answeredAt: Instant },
): void {
  const log = logOf(store, fact);
  const before = lastOf(log.looks)?.value;
  if (fact.kind === 'task' && isOlder(before as Task | undefined, fact.value)) return;
  if (before === undefined) findOrAddList(store.seen, fact.kind).push(log);
  addLook(log.looks, { ...when, id: fact.id, value: fact.value });
}

/** A fact that came along with other reads was true somewhere between the first one's sending and the last one's answer. */
function spanReads(
  reads: readonly Read[],
  at: Instant,
): { readonly sentAt: Instant; readonly answeredAt: Instant } {
  return {
    sentAt: Math.min(at, ...reads.map((read) => read.sentAt)),
    answeredAt: Math.max(...reads.map((read) => read.answeredAt), 0) || at,
  };
}

function findOrAddList<K, T>(map: Map<K, T[]>, key: K): T[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}

function logOf({ subjects }: Store, { kind, id }: Subject): SubjectLog {
  const ofKind = subjects.get(kind) ?? new Map<string, SubjectLog>();
  subjects.set(kind, ofKind);
  const log = ofKind.get(id) ?? { looks: [], reads: { all: [], failed: [] } };
  ofKind.set(id, log);
  return log;
}
