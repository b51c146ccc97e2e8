import { addEvent, indexJournal, type JournalIndex } from '../evidence/journal-index.ts';
import type { DrillEvent, GuardAnswer, Target, Verdict } from '../journal/events.ts';
import { isOnlySteering } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import { isOlder } from '../model/entities/older.ts';
import { startWithinOf, type Plan, type ScenarioPlan } from '../scenario/plan.ts';
import type { Reason, StopSignal } from '../model/reasons.ts';
import { addAnswer, findFirstSent, makeSending, type Sending } from './sending.ts';
import { updateMark, type ReadMark } from './read-mark.ts';
import { trackIdle, trackRunning } from './since.ts';
import { keyOf, findFact, type FactKind, type World } from '../model/world.ts';

export type { ReadMark } from './read-mark.ts';
export type { Sending } from './sending.ts';

/** Where a drill stands. */
export type Phase =
  'planned' | 'gated' | 'building' | 'armed' | 'aiming' | 'injecting' | 'observing' | 'settling' | 'judged';

/** The whole state of one drill: a fold over its journal and nothing else. */
export interface DrillState {
  readonly drill: string;
  readonly phase: Phase;
  readonly phaseSince: Instant;
  /** When this process took the drill up: what was read before must be read again before an injection. */
  readonly takenUpAt: Instant;
  readonly plan: Plan;
  readonly world: World;
  readonly marks: Readonly<Record<string, ReadMark>>;
  /** Since when each job has been seen RUNNING without a break, by the runner's clock. */
  readonly inFlightSince: Readonly<Record<string, Instant>>;
  /** Since when each agent has been seen connected and without a job, by the runner's clock. */
  readonly idleSince: Readonly<Record<string, Instant>>;
  readonly gate: readonly GuardAnswer[] | null;
  readonly lastInstant: readonly GuardAnswer[] | null;
  readonly lastInstantAt: Instant | null;
  readonly creating: readonly Sending[];
  /** The drill's builds that are known, in the order in which they were created. */
  readonly buildIds: readonly string[];
  /** The one among them whose job is the target; before there is one, the first. */
  readonly buildId: string | null;
  readonly buildBy: 'created' | 'meta-data' | 'named' | null;
  /** When the drill began to wait for its trigger. */
  readonly armedAt: Instant | null;
  /** How many targets were chosen so far. */
  readonly aims: number;
  /** How many of them were let go because a guard waited: those were not gone. */
  readonly heldAims: number;
  /** What is waited for since the trigger fired; null where nothing is. */
  readonly held: { readonly reason: Reason; readonly said: string } | null;
  readonly target: Target | null;
  readonly targetChosenAt: Instant | null;
  readonly confirmedAt: Instant | null;
  readonly reverifiedAt: Instant | null;
  readonly injections: readonly Sending[];
  readonly landed: boolean;
  readonly watchEnded: 'settled' | 'deadline' | 'gap' | null;
  readonly halted: { readonly reason: Reason; readonly said: string } | null;
  /** Whether the drill is to be settled instead of going on. */
  readonly aborted: boolean;
  readonly undos: readonly Sending[];
  /** When a signal came and the marked change began to be put back. */
  readonly undoingSince: Instant | null;
  readonly settled: boolean;
  readonly verdict: Verdict | null;
  readonly interrupted: StopSignal | null;
  /** When the current phase ends at the latest; null where it has no end. */
  readonly deadline: Instant | null;
  /** The events so far, indexed: checks are asked of them also while the drill watches. */
  readonly index: JournalIndex;
}

/** The state of a drill that follows a scenario. */
export type ScenarioState = DrillState & { readonly plan: ScenarioPlan };

/** Whether the drill injects something; a baseline and an assertion only watch. */
export function isInjecting(state: DrillState): state is ScenarioState {
  return state.plan.mode === 'inject';
}

function beginState(event: DrillEvent & { code: 'GD_DRILL_PLANNED' }): DrillState {
  return {
    drill: event.drill,
    phase: 'planned',
    phaseSince: event.at,
    takenUpAt: event.at,
    plan: event.payload.plan,
    ...{ world: {}, marks: {}, inFlightSince: {}, idleSince: {} },
    ...{ gate: null, lastInstant: null, lastInstantAt: null },
    ...{ creating: [], buildIds: [], buildId: null, buildBy: null },
    ...{ armedAt: null, aims: 0, heldAims: 0, held: null },
    ...{ target: null, targetChosenAt: null, confirmedAt: null, reverifiedAt: null },
    injections: [],
    landed: false,
    ...{ watchEnded: null, halted: null, aborted: false },
    undos: [],
    ...{ undoingSince: null, settled: false, verdict: null, interrupted: null },
    deadline: null,
    index: indexJournal([event]),
  };
}

/** The state after one more event. The first event of a drill is GD_DRILL_PLANNED. */
export function reduce(state: DrillState | null, event: DrillEvent): DrillState {
  if (state === null) {
    if (event.code !== 'GD_DRILL_PLANNED')
      throw new Error(`a journal begins with GD_DRILL_PLANNED, not ${event.code}`);
    return beginState(event);
  }
  return { ...state, ...applyEvent(state, event), index: addEvent(state.index, event) };
}

/** The state of a whole journal. */
export function fold(events: readonly DrillEvent[]): DrillState {
  const state = events.reduce<DrillState | null>((before, event) => reduce(before, event), null);
  if (state === null) throw new Error('a journal without events has no state');
  return state;
}

function enterPhase(phase: Phase, at: Instant, deadline: Instant | null): Partial<DrillState> {
  return { phase, phaseSince: at, deadline };
}

function applyEvent(state: DrillState, event: DrillEvent): Partial<DrillState> {
  switch (event.code) {
    case 'GD_OBSERVED':
      return applyObservation(state, event);
    case 'GD_GUARDS_ANSWERED':
      return event.payload.at === 'gate'
        ? { gate: event.payload.answers, ...enterPhase('gated', event.at, null) }
        : { lastInstant: event.payload.answers, lastInstantAt: event.at };
    case 'GD_BUILD_INTENDED':
      return {
        creating: [...state.creating, makeSending(event.payload.call, event.at)],
        ...enterPhase('building', event.at, null),
      };
    case 'GD_BUILD_SENT':
      return { creating: addAnswer(state.creating, event.payload, null) };
    case 'GD_UNDO_INTENDED':
      return { undos: [...state.undos, makeSending(event.payload.call, event.at)] };
    case 'GD_UNDO_SENT':
      return { undos: addAnswer(state.undos, event.payload, null) };
    case 'GD_UNDO_BEGUN':
      return { undoingSince: event.at };
    case 'GD_SETTLED':
      return { settled: true };
    case 'GD_JUDGED':
      return { verdict: event.payload.verdict, ...enterPhase('judged', event.at, null) };
    case 'GD_INTERRUPTED':
      return { interrupted: event.payload.signal };
    case 'GD_RESUMED':
      return applyResumption(state, event);
    case 'GD_DRILL_PLANNED':
      throw new Error('a drill is planned once');
    case 'GD_HALTED':
      return { halted: event.payload, ...enterPhase('settling', event.at, null) };
    case 'GD_WATCH_ENDED':
      return { watchEnded: event.payload.why, ...enterPhase('settling', event.at, null) };
    default:
      return applyInjectionEvent(state, event);
  }
}

function applyInjectionEvent(state: DrillState, event: DrillEvent): Partial<DrillState> {
  const { limits, build } = state.plan.scenario;
  const startWithin = startWithinOf(state.plan);
  switch (event.code) {
    case 'GD_BUILD_KNOWN': {
      // One that a trigger step started comes while the step is waited for.
      if (event.payload.by === 'triggered') return { buildIds: [...state.buildIds, event.payload.buildId] };
      const buildIds = [...state.buildIds, event.payload.buildId];
      return {
        buildIds,
        buildId: state.buildId ?? event.payload.buildId,
        buildBy: event.payload.by,
        ...(buildIds.length < build.count ? {} : enterArmed(event.at, startWithin)),
      };
    }
    case 'GD_ARMED':
      return enterArmed(event.at, startWithin);
    case 'GD_TARGET_CHOSEN':
      return {
        target: event.payload.target,
        buildId: buildOf(state, event.payload.target),
        aims: event.payload.attempt,
        held: null,
        targetChosenAt: event.at,
        confirmedAt: null,
        lastInstantAt: null,
        reverifiedAt: null,
        ...enterPhase('aiming', event.at, null),
      };
    case 'GD_TARGET_DROPPED':
      return {
        target: null,
        targetChosenAt: null,
        ...enterPhase('armed', event.at, (state.armedAt ?? event.at) + startWithin),
      };
    case 'GD_INJECTION_HELD':
      return {
        held: event.payload,
        ...(state.phase === 'aiming'
          ? {
              heldAims: state.heldAims + 1,
              target: null,
              targetChosenAt: null,
              ...enterPhase('armed', event.at, (state.armedAt ?? event.at) + startWithin),
            }
          : {}),
      };
    case 'GD_CONFIRMED':
      // After a no the person must be asked again before the drill goes on.
      return { confirmedAt: event.payload.answer === 'no' ? null : event.at };
    case 'GD_TARGET_REVERIFIED':
      return { reverifiedAt: event.at };
    case 'GD_FAULT_INTENDED':
      return {
        injections: [...state.injections, makeSending(event.payload.call, event.at)],
        ...enterPhase('injecting', event.at, event.at + limits.verdictWithin),
      };
    case 'GD_FAULT_SENT':
      return { injections: addAnswer(state.injections, event.payload, event.payload.task) };
    case 'GD_WATCH_BEGUN':
      return {
        target: event.payload.target,
        ...enterPhase('observing', event.at, event.at + limits.verdictWithin),
      };
    case 'GD_FAULT_LANDED':
      return {
        landed: true,
        ...enterPhase(
          'observing',
          event.at,
          (findFirstSent(state.injections)?.intendedAt ?? event.at) + limits.verdictWithin,
        ),
      };
    default:
      return {};
  }
}

function enterArmed(at: Instant, startWithin: number): Partial<DrillState> {
  return { armedAt: at, held: null, ...enterPhase('armed', at, at + startWithin) };
}

/** Whose job is aimed at: one of our own builds, where it is one of theirs. */
function buildOf({ world, buildIds, buildId }: DrillState, { jobId }: Target): string | null {
  const own = jobId === null ? undefined : findFact(world, 'job', jobId)?.buildId;
  return own !== undefined && buildIds.includes(own) ? own : buildId;
}

function applyObservation(
  state: DrillState,
  event: DrillEvent & { code: 'GD_OBSERVED' },
): Partial<DrillState> {
  const world: Record<string, World[string]> = { ...state.world };
  for (const fact of event.payload.facts) {
    const before = world[keyOf(fact)];
    const older = fact.kind === 'task' && before?.kind === 'task' && isOlder(before.value, fact.value);
    if (!older) world[keyOf(fact)] = fact;
  }
  const marks = { ...state.marks };
  for (const read of event.payload.reads)
    marks[keyOf(read.subject)] = updateMark(marks[keyOf(read.subject)], read);
  return {
    world,
    marks,
    inFlightSince: trackRunning(state.inFlightSince, event),
    idleSince: trackIdle(state.idleSince, world, event),
  };
}

/** Troubles that an earlier process had show nothing about the services now, and its clock is not this one's. */
function applyResumption(state: DrillState, { at, payload }: DrillEvent & { code: 'GD_RESUMED' }) {
  const marks = { ...state.marks };
  for (const [key, mark] of Object.entries(marks))
    marks[key] = { ...mark, trouble: null, failingSince: null };
  const aborted = state.aborted || payload.how === 'abort';
  const world = Object.fromEntries(Object.entries(state.world).filter(([, { kind }]) => kind !== 'clock'));
  return { interrupted: null, undoingSince: null, aborted, takenUpAt: at, marks, world };
}

/** The mark of one subject's reads, or undefined where it was never asked. */
export function markOf(state: DrillState, kind: FactKind, id: string): ReadMark | undefined {
  return state.marks[keyOf({ kind, id })];
}

/** Whether a good read of the subject was sent at or after the instant. */
export function hasReadSince(state: DrillState, kind: FactKind, id: string, since: Instant): boolean {
  const mark = markOf(state, kind, id);
  return mark?.okSentAt !== undefined && mark.okSentAt !== null && mark.okSentAt >= since;
}

/** Whether a call went out, or may have, that makes a task stop. */
export function mayHaveInjected({ injections }: DrillState): boolean {
  return injections.some(({ call, result }) => !isOnlySteering(call) && result !== 'refused');
}
