import type { Plan } from '../scenario/plan.ts';
import { neverLeft } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import type { Job } from '../model/entities/job.ts';
import { isOlder } from '../model/entities/older.ts';
import type { Task } from '../model/entities/task.ts';
import type { Fact, FactKind, FactOf } from '../model/world.ts';
import { keyOf } from '../model/world.ts';
import { eventsOf, type DrillEvent, type Read, type Target } from '../journal/events.ts';

/** One good look at a subject: what it showed, in which event, and when the read was sent and answered by the runner's clock. */
export interface Sighting<T> {
  readonly seq: number;
  readonly sentAt: Instant;
  readonly answeredAt: Instant;
  readonly value: T;
}

/** The strike that counts: the one that landed, else the last one sent. */
export interface Strike {
  readonly taskArn: string;
  readonly reason: string;
  /** By our clock; null where the call was none of ours, or another one: then ECS's times tell. */
  readonly sentAt: Instant | null;
  readonly answeredAt: Instant | null;
  readonly result: 'ok' | 'refused' | 'unknown' | 'unsent';
  /** The task as StopTask's own answer showed it. */
  readonly answer: Task | null;
  readonly intendedSeq: number;
  readonly sentSeq: number | null;
  readonly landedSeq: number | null;
  /** How many StopTask calls were sent in all. */
  readonly sent: number;
  /**
   * Our own StopTask; or the scheduler's stop, by a fault of ours; or one that ECS shows (`gameday assert`). Of the
   * latter two, times tell what ran at the stop, for the task was not aimed at in the same breath.
   */
  readonly by: 'stop-task' | 'scheduler' | 'found';
}

/** The journal, indexed for those who judge it. */
export interface Evidence {
  readonly journal: readonly DrillEvent[];
  readonly plan: Plan;
  readonly drill: string;
  readonly target: Target | null;
  readonly strike: Strike | null;
  /** The drill's builds, in the order in which they were created. */
  readonly buildIds: readonly string[];
  /** The one among them whose job is the target; else the first. */
  readonly buildId: string | null;
  /** Why the watch ended; null while it goes on. */
  readonly watchEnded: { readonly why: 'settled' | 'deadline' | 'gap'; readonly seq: number } | null;
  sightings<K extends FactKind>(kind: K, id: string): readonly Sighting<FactOf<K>>[];
  last<K extends FactKind>(kind: K, id: string): Sighting<FactOf<K>> | null;
  /** The latest sighting of every subject of a kind. */
  every<K extends FactKind>(kind: K): readonly (Sighting<FactOf<K>> & { readonly id: string })[];
  /** All reads of a subject, failed ones too, with their event's number. */
  reads(kind: FactKind, id: string): readonly (Read & { readonly seq: number })[];
}

type AnySighting = Sighting<Fact['value']>;

const indexed = new WeakMap<
  readonly DrillEvent[],
  { readonly length: number; readonly evidence: Evidence }
>();

/** Indexes a journal, once for as long as it does not grow: one decision asks many times. */
export function evidenceOf(journal: readonly DrillEvent[]): Evidence {
  const known = indexed.get(journal);
  if (known?.length === journal.length) return known.evidence;
  const evidence = indexing(journal);
  indexed.set(journal, { length: journal.length, evidence });
  return evidence;
}

/** Reads that changed nothing count as looks at what was last known. */
function indexing(journal: readonly DrillEvent[]): Evidence {
  const planned = eventsOf(journal, 'GD_DRILL_PLANNED')[0];
  if (planned === undefined) throw new Error('a journal without GD_DRILL_PLANNED cannot be judged');
  const { sightings, reads } = index(journal);
  const ended = eventsOf(journal, 'GD_WATCH_ENDED').at(-1);
  const buildIds = eventsOf(journal, 'GD_BUILD_KNOWN').map(({ payload }) => payload.buildId);
  const target = targetOf(journal);
  const of = (kind: FactKind, id: string): readonly AnySighting[] => sightings.get(keyOf({ kind, id })) ?? [];
  const own =
    target?.jobId == null ? undefined : (of('job', target.jobId).at(-1)?.value as Job | undefined)?.buildId;
  return {
    journal,
    plan: planned.payload.plan,
    drill: planned.drill,
    target,
    strike: strikeOf(journal),
    buildIds,
    buildId: (own !== undefined && buildIds.includes(own) ? own : buildIds[0]) ?? null,
    watchEnded: ended === undefined ? null : { why: ended.payload.why, seq: ended.seq },
    sightings: <K extends FactKind>(kind: K, id: string) => of(kind, id) as readonly Sighting<FactOf<K>>[],
    last: <K extends FactKind>(kind: K, id: string) =>
      (of(kind, id).at(-1) ?? null) as Sighting<FactOf<K>> | null,
    every: <K extends FactKind>(kind: K) =>
      [...sightings.entries()]
        .filter(([key]) => key.startsWith(`${kind}:`))
        .map(([key, seen]) => ({
          ...seen.at(-1),
          id: key.slice(kind.length + 1),
        })) as unknown as readonly (Sighting<FactOf<K>> & { readonly id: string })[],
    reads: (kind, id) => reads.get(keyOf({ kind, id })) ?? [],
  };
}

interface Index {
  readonly sightings: Map<string, AnySighting[]>;
  readonly reads: Map<string, (Read & { seq: number })[]>;
}

function index(journal: readonly DrillEvent[]): Index {
  const sightings = new Map<string, AnySighting[]>();
  const reads = new Map<string, (Read & { seq: number })[]>();
  for (const event of eventsOf(journal, 'GD_OBSERVED')) {
    const direct = new Map(event.payload.reads.map((read) => [keyOf(read.subject), read]));
    for (const fact of event.payload.facts) {
      if (isStale(sightings.get(keyOf(fact))?.at(-1)?.value, fact)) continue;
      const span = direct.get(keyOf(fact)) ?? hull(event.payload.reads, event.at);
      push(sightings, keyOf(fact), {
        seq: event.seq,
        sentAt: span.sentAt,
        answeredAt: span.answeredAt,
        value: fact.value,
      });
    }
    const changed = new Set(event.payload.facts.map(keyOf));
    for (const read of event.payload.reads) {
      const key = keyOf(read.subject);
      push(reads, key, { ...read, seq: event.seq });
      const known = sightings.get(key)?.at(-1);
      if (!read.ok || changed.has(key) || known === undefined) continue;
      push(sightings, key, {
        seq: event.seq,
        sentAt: read.sentAt,
        answeredAt: read.answeredAt,
        value: known.value,
      });
    }
  }
  return { sightings, reads };
}

/** An older copy of a task is no look at it. */
function isStale(before: Fact['value'] | undefined, fact: Fact): boolean {
  return fact.kind === 'task' && isOlder(before as Task | undefined, fact.value);
}

/** A fact that came along with other reads was true somewhere between the first one's sending and the last one's answer. */
function hull(reads: readonly Read[], at: Instant): { sentAt: Instant; answeredAt: Instant } {
  return {
    sentAt: Math.min(at, ...reads.map((read) => read.sentAt)),
    answeredAt: Math.max(...reads.map((read) => read.answeredAt), 0) || at,
  };
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function targetOf(journal: readonly DrillEvent[]): Target | null {
  for (const event of [...journal].reverse()) {
    if (event.code === 'GD_TARGET_REVERIFIED' || event.code === 'GD_TARGET_CHOSEN')
      return event.payload.target;
    if (event.code === 'GD_WATCH_BEGUN') return event.payload.target;
    if (event.code === 'GD_TARGET_DROPPED') return null;
  }
  return null;
}

function strikeOf(journal: readonly DrillEvent[]): Strike | null {
  const answers = eventsOf(journal, 'GD_FAULT_SENT');
  const held = answers.filter(({ payload }) => neverLeft(payload)).map(({ payload }) => payload.attempt);
  const sents = answers.filter(({ payload }) => !neverLeft(payload));
  const intents = eventsOf(journal, 'GD_FAULT_INTENDED').filter(
    ({ payload }) => !held.includes(payload.attempt),
  );
  const landed = eventsOf(journal, 'GD_FAULT_LANDED')[0];
  // Of a call that only its intent is known of, nobody can say that it was not sent.
  const pending = intents.find(
    ({ payload }) => !sents.some((sent) => sent.payload.attempt === payload.attempt),
  );
  const counting =
    sents.find((sent) => sent.payload.result === 'ok') ??
    sents.find((sent) => sent.payload.result === 'unknown') ??
    (pending === undefined ? sents.at(-1) : undefined);
  const intent =
    counting === undefined
      ? pending
      : intents.find(({ payload }) => payload.attempt === counting.payload.attempt);
  if (intent === undefined || intent.payload.call.kind !== 'stop-task') return null;
  return {
    taskArn: intent.payload.call.taskArn,
    reason: intent.payload.call.reason,
    sentAt: counting?.payload.sentAt ?? intent.at,
    answeredAt: counting?.payload.answeredAt ?? intent.at,
    result: counting?.payload.result ?? 'unsent',
    answer: counting?.payload.task ?? null,
    intendedSeq: intent.seq,
    sentSeq: counting?.seq ?? null,
    landedSeq: landed?.seq ?? null,
    sent: intents.length,
    by: 'stop-task',
  };
}
