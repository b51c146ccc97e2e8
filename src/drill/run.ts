import type { DrillEvent, NewEvent } from '../journal/events.ts';
import { listAsksBesideCall, LOOK_AFTER } from './beside-call.ts';
import { decideStep } from './decide.ts';
import { isToBeSettled, mustUndoAtOnce } from './finish.ts';
import { assertNever } from '../model/errors.ts';
import type { DrillPorts, Observation } from './ports.ts';
import { endCommand } from './end-command.ts';
import { hideEvent } from './hidden.ts';
import {
  makeCutShortEvent,
  makeWrittenOnlyAppend,
  makeOutlastingAppend,
  makeRigGoneEvent,
} from './outlast.ts';
import {
  ANSWER_WITHIN_MS,
  makeUndoBegunEvent,
  signalOf,
  undoAtOnce,
  type PerformStep,
} from './undo-at-once.ts';
import { makeNeverSentEvent, performCall, type Append } from './perform.ts';
import type { Plan } from '../scenario/plan.ts';
import { BEFORE_INJECTION_MS, tellPeople } from './notify.ts';
import { withBudget } from './with-budget.ts';
import { fold, mayHaveInjected, reduce, type DrillState } from '../state/state.ts';
import { haltDrill, QUIET_FOR, type Step } from '../state/step.ts';

/** Told of each event as it was written, with the state after it. */
export type OnEvent = (event: DrillEvent, state: DrillState) => void;

/**
 * Runs one drill to its verdict, or goes on with one whose journal holds events already.
 * The signal's reason names what interrupted it; then nothing new is sent and the journal ends in GD_INTERRUPTED.
 * A journal that cannot be written any more ends it: what was changed is undone, and kept in memory alone.
 * Throws only GamedayError `journal-unwritable` where not even the first event can be written, and our own defects.
 */
export async function runDrill(
  plan: Plan,
  ports: DrillPorts,
  interrupted: AbortSignal,
  onEvent: OnEvent,
): Promise<DrillState> {
  const drill = openDrill(ports, onEvent, plan);
  if (drill.state?.phase === 'judged') return drill.state;
  const first: NewEvent =
    drill.state === null
      ? { code: 'GD_DRILL_PLANNED', payload: { plan } }
      : { code: 'GD_RESUMED', payload: { runner: plan.runner, after: ports.journal.events.length } };
  const resumed = drill.state !== null;
  const { drill: id, sum } = await drill.append(first, true);
  // Where it cannot be kept, the lock cannot be taken either, and no guard holds.
  if (!resumed && !plan.dryRun) await ports.surroundings.remember(id, sum);
  if (resumed && plan.embeddedRig && drill.now().phase !== 'settling')
    await drill.append(makeRigGoneEvent(drill.now()), true);
  return runLoop(drill, ports, interrupted);
}

/**
 * Settles a drill without injecting: what it started and can be undone is undone, its build is canceled, then what is known is
 * judged. A last intent that is known to have never been sent is written down as that, and nothing is undone for it.
 */
export async function abortDrill(
  ports: DrillPorts,
  lastIntent: 'may-be-sent' | 'never-sent',
  interrupted: AbortSignal,
  onEvent: OnEvent,
): Promise<DrillState> {
  const drill = openDrill(ports, onEvent, null);
  if (drill.now().phase === 'judged') return drill.now();
  const unsent =
    lastIntent === 'never-sent' ? makeNeverSentEvent(ports.journal.events.at(-1), ports.clock.now()) : null;
  if (unsent !== null) await drill.append(unsent, true);
  const state = drill.now();
  const payload = { runner: state.plan.runner, after: ports.journal.events.length, how: 'abort' } as const;
  await drill.append({ code: 'GD_RESUMED', payload }, true);
  if (state.halted === null && state.watchEnded === null)
    await drill.append(
      mayHaveInjected(state)
        ? {
            code: 'GD_WATCH_ENDED',
            payload: { why: 'gap', said: 'the drill was aborted by hand after the stop was sent' },
          }
        : { code: 'GD_HALTED', payload: { reason: 'aborted', said: 'the drill was aborted by hand' } },
      true,
    );
  return runLoop(drill, ports, interrupted);
}

/** Names of variables whose values must never be shown. */
function secretsOf(plan: Plan | null): readonly string[] {
  return plan === null || plan.mode === 'assert' ? [] : plan.scenario.secrets;
}

interface Drill {
  readonly state: DrillState | null;
  now(): DrillState;
  readonly append: Append;
  /** When the last observation was written. */
  observedAt(): number;
}

/**
 * The plan as it was given goes before the one in the journal: there the values of secrets are redacted, and a build is
 * not to be started with what stands in their place; and on a resume a person may have said yes by now.
 */
function openDrill({ journal, digest }: DrillPorts, onEvent: OnEvent, plan: Plan | null): Drill {
  const given = (of: DrillState): DrillState => (plan === null ? of : { ...of, plan });
  let state = journal.events.length === 0 ? null : given(fold(journal.events));
  const marked = (): readonly string[] => secretsOf(plan ?? state?.plan ?? null);
  let observedAt = 0;
  const append = makeOutlastingAppend(journal);
  return {
    state,
    now() {
      if (state === null) throw new Error('the drill has not begun');
      return state;
    },
    observedAt: () => observedAt,
    async append(event, durable) {
      const written = await append(hideEvent(event, marked(), digest), durable);
      state = given(reduce(state, written));
      if (written.code === 'GD_OBSERVED') observedAt = written.at;
      onEvent(written, state);
      return written;
    },
  };
}

/** The only loop of a drill: decide, perform, append, reduce, again. */
async function runLoop(drill: Drill, ports: DrillPorts, interrupted: AbortSignal): Promise<DrillState> {
  let isCut = false;
  let begun: Promise<unknown> = Promise.resolve();
  const begin = (): void => {
    if (mustUndoAtOnce(drill.now())) begun = drill.append(makeUndoBegunEvent(interrupted), true);
  };
  const perform: PerformStep = (step, signal) =>
    performStep(step, drill, ports, signal).catch((error: unknown) => {
      if (error !== ports.journal.findWriteError()) throw error;
    });
  if (interrupted.aborted) begin();
  else interrupted.addEventListener('abort', begin, { once: true });
  try {
    for (;;) {
      const event = isCut ? null : makeCutShortEvent(drill.now(), ports.journal.findWriteError());
      isCut ||= ports.journal.findWriteError() !== null;
      if (event !== null) await drill.append(event, false);
      if (drill.now().phase === 'settling') await endCommand(drill, ports, 'end-of-drill', 'SIGTERM');
      if (drill.now().phase !== 'judged' && interrupted.aborted) {
        await begun;
        await undoAtOnce(drill, ports.clock, perform);
        await endCommand(drill, ports, 'interruption', signalOf(interrupted));
        return await closeDrill(drill, interrupted);
      }
      const step = decideStep(drill.now(), ports.clock.now());
      if (step.do === 'end') return await endDrill(drill.now(), ports);
      await perform(step, interrupted);
    }
  } finally {
    interrupted.removeEventListener('abort', begin);
    await ports.command.end('end-of-drill', 'SIGTERM');
    const at = drill.now();
    if (!at.plan.dryRun) await ports.surroundings.unlock(at.plan.lockKey, at.drill, isToBeSettled(at));
  }
}

/** A verdict that is written is the last word: nobody goes on with the drill any more. */
async function endDrill(state: DrillState, { journal, surroundings }: DrillPorts): Promise<DrillState> {
  if (!state.plan.dryRun && journal.findWriteError() === null) await surroundings.forget(state.drill);
  return state;
}

async function performStep(
  step: Exclude<Step, { do: 'end' }>,
  drill: Drill,
  ports: DrillPorts,
  interrupted: AbortSignal,
): Promise<void> {
  switch (step.do) {
    case 'observe': {
      const observation = withoutAborted(
        await ports.observer.observe(drill.now(), withBudget(drill.now(), step.asks), step.by, interrupted),
      );
      const asked = step.asks.some((ask) => ask.fresh);
      if (isWorthWriting(drill, observation, ports.clock.now(), asked))
        await drill.append(
          { code: 'GD_OBSERVED', payload: { reads: [...observation.reads], facts: [...observation.facts] } },
          false,
        );
      return;
    }
    case 'call':
      return callAndLook(step, drill, ports, interrupted);
    case 'conclude':
      // A conclusion that is lost is drawn again; the next intent takes all before it to the disk. Only the last word waits.
      await drill.append(step.event, step.event.code === 'GD_JUDGED');
      return;
    case 'confirm': {
      const yes = await ports.person.confirm(step.shown, interrupted);
      if (interrupted.aborted) return;
      await drill.append(
        { code: 'GD_CONFIRMED', payload: { answer: yes ? 'yes' : 'no', shown: step.shown.join('\n') } },
        true,
      );
      const declined = haltDrill('confirm-declined', 'the person who was asked did not say yes');
      if (!yes && declined.do === 'conclude') await drill.append(declined.event, true);
      return;
    }
    case 'notify':
      return tellPeople(step.notice, [...step.to], {
        ...{ ...ports, append: drill.append, signal: interrupted, patience: BEFORE_INJECTION_MS },
      });
    default:
      assertNever(step);
  }
}

/**
 * A call, and reads beside it where its answer does not come: what it did is shown by the services, and an answer that is lost
 * after ten seconds must not leave ten seconds unseen.
 */
async function callAndLook(
  step: Extract<Step, { do: 'call' }>,
  drill: Drill,
  ports: DrillPorts,
  interrupted: AbortSignal,
): Promise<void> {
  const answered = new AbortController();
  const cut = new AbortController();
  const stop = (): void => answered.abort();
  const interrupt = (): void => {
    stop();
    // What it did must be known to be put back; a call that puts it back has had its time.
    const isToBeKnown = mustUndoAtOnce(drill.now()) && drill.now().undoingSince === null;
    const patience = isToBeKnown ? ANSWER_WITHIN_MS : 0;
    if (patience === 0) cut.abort();
    else void ports.clock.sleep(patience, new AbortController().signal).then(() => cut.abort());
  };
  if (interrupted.aborted) interrupt();
  interrupted.addEventListener('abort', interrupt, { once: true });
  const held = new AbortController();
  const append = makeWrittenOnlyAppend(drill.append, ports, () => held.abort());
  const mayGo = AbortSignal.any([interrupted, held.signal]);
  const call = performCall(step, drill.now(), ports, append, { mayGo, cut: cut.signal }, stop);
  try {
    await Promise.all([call, step.as === 'fault' ? lookBeside(drill, ports, answered.signal) : null]);
  } finally {
    stop();
    interrupted.removeEventListener('abort', interrupt);
  }
}

async function lookBeside(
  drill: Drill,
  { clock, observer }: DrillPorts,
  answered: AbortSignal,
): Promise<void> {
  await clock.sleep(LOOK_AFTER, answered);
  while (!answered.aborted) {
    const state = drill.now();
    const asks = listAsksBesideCall(state);
    const observation = withoutAborted(
      await observer.observe(state, asks, clock.now() + LOOK_AFTER, answered),
    );
    // What came together with the answer is read again after it.
    if (answered.aborted || !isWorthWriting(drill, observation, clock.now(), false)) continue;
    await drill.append(
      { code: 'GD_OBSERVED', payload: { reads: [...observation.reads], facts: [...observation.facts] } },
      false,
    );
  }
}

/** A read that our own end cut off says nothing about its service. */
function withoutAborted({ reads, facts }: Observation): Observation {
  return { reads: reads.filter((read) => read.error?.kind !== 'aborted'), facts };
}

/** An observation is written on a change, on a read that turned good or bad, when it was asked for now, and at least every 15 s. */
function isWorthWriting(drill: Drill, { reads, facts }: Observation, now: number, asked: boolean): boolean {
  if (reads.length === 0 && facts.length === 0) return false;
  if (asked || facts.length > 0 || now - drill.observedAt() >= QUIET_FOR) return true;
  const { marks } = drill.now();
  return reads.some((read) => {
    const mark = marks[`${read.subject.kind}:${read.subject.id}`];
    return mark === undefined || (mark.trouble === null) !== read.ok;
  });
}

async function closeDrill(drill: Drill, interrupted: AbortSignal): Promise<DrillState> {
  await drill.append({ code: 'GD_INTERRUPTED', payload: { signal: signalOf(interrupted) } }, true);
  return drill.now();
}
