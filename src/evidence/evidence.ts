import type { DrillEvent, EventCode, EventOf, Target } from '../journal/events.ts';
import { isHeldBack } from '../model/answer.ts';
import type { Task } from '../model/entities/task.ts';
import type { Instant } from '../model/instants.ts';
import type { Plan } from '../scenario/plan.ts';
import type { FactKind, FactOf } from '../model/world.ts';
import {
  listEvents,
  indexJournal,
  lastEventIn,
  latestOf,
  findSubjectLog,
  type JournalIndex,
} from './journal-index.ts';
import {
  findFirstShowing,
  lastOf,
  findLastShowing,
  readsIn,
  listValuesShown,
  type Looks,
  type Reads,
  type Sighting,
} from './looks.ts';

export type { Sighting } from './looks.ts';

/** The injection that counts: the one that landed, else the last one sent. */
export interface Injection {
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

/** What a journal shows, for those who decide and judge. */
export interface Evidence {
  /** The journal that it was drawn from. */
  readonly index: JournalIndex;
  readonly plan: Plan;
  readonly drill: string;
  readonly lastEvent: DrillEvent;
  readonly target: Target | null;
  readonly injection: Injection | null;
  /** The drill's builds, in the order in which they were created. */
  readonly buildIds: readonly string[];
  /** The one among them whose job is the target; else the first. */
  readonly buildId: string | null;
  /** Why the watch ended; null while it goes on. */
  readonly watchEnded: { readonly why: 'settled' | 'deadline' | 'gap'; readonly seq: number } | null;
  /** The events of one code. */
  events<C extends EventCode>(code: C): readonly EventOf<C>[];
  /** The latest look at a subject. */
  last<K extends FactKind>(kind: K, id: string): Sighting<FactOf<K>> | null;
  /** The first look later than event `after` that shows such a value; `also` asks more of the look itself. */
  firstLook<K extends FactKind>(
    kind: K,
    id: string,
    shows: (value: FactOf<K>) => boolean,
    after?: number,
    also?: (look: Sighting<FactOf<K>>) => boolean,
  ): Sighting<FactOf<K>> | undefined;
  /** The last look earlier than event `before` that shows such a value. */
  lastLook<K extends FactKind>(
    kind: K,
    id: string,
    shows: (value: FactOf<K>) => boolean,
    before?: number,
  ): Sighting<FactOf<K>> | undefined;
  /** What was shown by looks between two events, each value once for as long as it stood. */
  values<K extends FactKind>(kind: K, id: string, after?: number, before?: number): readonly FactOf<K>[];
  /** The latest look at every subject of a kind. */
  every<K extends FactKind>(kind: K): readonly Sighting<FactOf<K>>[];
  /** All reads of a subject, failed ones too. */
  reads(kind: FactKind, id: string): Reads;
}

/** An index is a value: what it shows is drawn from it once. */
const drawn = new WeakMap<JournalIndex, Evidence>();

/** What a journal shows; its events are indexed first where they are not yet. */
export function evidenceOf(journal: JournalIndex | readonly DrillEvent[]): Evidence {
  const index = 'held' in journal ? journal : indexJournal(journal);
  const known = drawn.get(index);
  if (known !== undefined) return known;
  const evidence = drawEvidence(index);
  drawn.set(index, evidence);
  return evidence;
}

const isAnyLook = (): boolean => true;

function drawEvidence(index: JournalIndex): Evidence {
  const events = <C extends EventCode>(code: C) => listEvents(index, code);
  const [planned] = events('GD_DRILL_PLANNED');
  const lastEvent = lastEventIn(index);
  if (planned === undefined || lastEvent === undefined)
    throw new Error('a journal without GD_DRILL_PLANNED cannot be judged');
  const looks = <K extends FactKind>(kind: K, id: string) =>
    findSubjectLog(index, kind, id).looks as unknown as Looks<FactOf<K>>;
  const last = <K extends FactKind>(kind: K, id: string) => lastOf(looks(kind, id));
  const all = new Map<FactKind, readonly unknown[]>();
  const every = <K extends FactKind>(kind: K) => {
    const seen = all.get(kind) ?? latestOf(index, kind);
    all.set(kind, seen);
    return seen as readonly Sighting<FactOf<K>>[];
  };
  const ended = events('GD_WATCH_ENDED').at(-1);
  const buildIds = events('GD_BUILD_KNOWN').map(({ payload }) => payload.buildId);
  const target = targetOf(events);
  const own = target?.jobId == null ? undefined : last('job', target.jobId)?.value.buildId;
  return {
    ...{ index, plan: planned.payload.plan, drill: planned.drill, lastEvent, target, buildIds },
    injection: readInjection(events),
    buildId: (own !== undefined && buildIds.includes(own) ? own : buildIds[0]) ?? null,
    watchEnded: ended === undefined ? null : { why: ended.payload.why, seq: ended.seq },
    ...{ events, last, every },
    firstLook: (kind, id, shows, after = -1, also = isAnyLook) =>
      findFirstShowing(looks(kind, id), shows, after, also),
    lastLook: (kind, id, shows, before = Infinity) => findLastShowing(looks(kind, id), shows, before),
    values: (kind, id, after = -1, before = Infinity) => listValuesShown(looks(kind, id), after, before),
    reads: (kind, id) => readsIn(findSubjectLog(index, kind, id).reads),
  };
}

type Events = Evidence['events'];

const AIMING = [
  'GD_TARGET_CHOSEN',
  'GD_TARGET_REVERIFIED',
  'GD_TARGET_DROPPED',
  'GD_INJECTION_HELD',
  'GD_WATCH_BEGUN',
] as const;

function targetOf(events: Events): Target | null {
  const latest = AIMING.map((code) => events(code).at(-1))
    .filter((event) => event !== undefined)
    .toSorted((a, b) => b.seq - a.seq)[0];
  return latest !== undefined && 'target' in latest.payload ? latest.payload.target : null;
}

function readInjection(events: Events): Injection | null {
  const answers = events('GD_FAULT_SENT');
  const held = answers.filter(({ payload }) => isHeldBack(payload)).map(({ payload }) => payload.attempt);
  const sents = answers.filter(({ payload }) => !isHeldBack(payload));
  const intents = events('GD_FAULT_INTENDED').filter(({ payload }) => !held.includes(payload.attempt));
  const [landed] = events('GD_FAULT_LANDED');
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
