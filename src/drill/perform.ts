import type { DrillEvent, NewEvent } from '../journal/events.ts';
import { assertNever } from '../model/errors.ts';
import { isOnlySteering, type Call } from '../model/call.ts';
import { type Hold, type Outcome, type Trouble } from '../model/answer.ts';
import type { Clock } from '../model/clock.ts';
import { listBuildFacts, type Sources } from './questions.ts';
import { explainOutdatedLook } from '../state/last-look.ts';
import { COMMAND } from '../scenario/subjects.ts';
import type { DrillState } from '../state/state.ts';
import type { Step } from '../state/step.ts';
import type { Fact } from '../model/world.ts';

/** Writes one event; intents and outcomes are on the disk before it resolves. */
export type Append = (event: NewEvent, durable: boolean) => Promise<DrillEvent>;

interface Sent {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly result: 'ok' | 'refused' | 'unknown';
  readonly trouble: Trouble | null;
}

/**
 * Runs exactly one call: intent on the disk, call, outcome on the disk. Nothing else in a drill changes anything outside. The
 * age of the last look at the target is checked after the intent, and again by the client right before the first byte: a process
 * that was frozen, a disk that hung, credentials and connections that took their time send nothing late. `onAnswer` is told when the answer is there, before it is written.
 * Once `mayGo` has aborted nothing is sent; `cut` ends a call that is under way.
 */
export async function performCall(
  { call, as }: Extract<Step, { do: 'call' }>,
  state: DrillState,
  sources: Sources & { readonly clock: Clock },
  append: Append,
  signals: { readonly mayGo: AbortSignal; readonly cut: AbortSignal },
  onAnswer: () => void,
): Promise<void> {
  const attempt = state.injections.length + 1;
  await append(makeIntendedEvent(call, as, attempt), true);
  const hold: Hold = () => (as === 'fault' ? explainOutdatedLook(state, sources.clock.now()) : null);
  const { outcome, sent } = await sendTimed(sources.clock, signals.mayGo, hold, () =>
    sendCall(call, sources, signals.cut, hold),
  );
  onAnswer();
  const facts = outcome.ok ? outcome.value : [];
  // A task's own answer stands in the event itself: it is the proof. What else came along is an observation.
  const task = facts.find((fact) => fact.kind === 'task')?.value ?? null;
  const others = facts.filter((fact) => fact.kind !== 'task');
  if (others.length > 0) await append({ code: 'GD_OBSERVED', payload: { reads: [], facts: others } }, false);
  await append(makeSentEvent(as, sent, attempt, task, others), true);
  if (as === 'fault' && !isOnlySteering(call) && sent.result !== 'refused')
    await sources.surroundings.recordInjection(state.plan.lockKey, {
      drill: state.drill,
      taskArn: state.target?.taskArn ?? '',
      at: sent.sentAt,
    });
}

function makeIntendedEvent(call: Call, as: Extract<Step, { do: 'call' }>['as'], attempt: number): NewEvent {
  switch (as) {
    case 'build':
      return { code: 'GD_BUILD_INTENDED', payload: { call } };
    case 'fault':
      return { code: 'GD_FAULT_INTENDED', payload: { call, attempt } };
    case 'undo':
      return { code: 'GD_UNDO_INTENDED', payload: { call } };
    default:
      return assertNever(as);
  }
}

function makeSentEvent(
  as: Extract<Step, { do: 'call' }>['as'],
  sent: Sent,
  attempt: number,
  task: Extract<Fact, { kind: 'task' }>['value'] | null,
  facts: readonly Fact[],
): NewEvent {
  switch (as) {
    case 'build': {
      const buildId = facts.find((fact) => fact.kind === 'build')?.id ?? null;
      return { code: 'GD_BUILD_SENT', payload: { ...sent, buildId } };
    }
    case 'fault':
      return { code: 'GD_FAULT_SENT', payload: { ...sent, attempt, task } };
    case 'undo':
      return { code: 'GD_UNDO_SENT', payload: sent };
    default:
      return assertNever(as);
  }
}

async function sendCall(
  call: Call,
  { buildkite, ecs, autoScaling, fis, command }: Sources,
  signal: AbortSignal,
  hold: Hold,
): Promise<Outcome<readonly Fact[]>> {
  switch (call.kind) {
    case 'create-build': {
      const created = await buildkite.createBuild(call, signal);
      return created.ok ? { ok: true, value: listBuildFacts(created.value) } : created;
    }
    case 'cancel-build': {
      const canceled = await buildkite.cancelBuild(call, signal);
      return canceled.ok ? { ok: true, value: [] } : canceled;
    }
    case 'run-command': {
      const started = await command.start(call);
      return started.ok ? { ok: true, value: [{ ...COMMAND, value: started.value }] } : started;
    }
    case 'suspend-scaling':
    case 'set-minimum-capacity':
      return autoScaling.send(call, signal, hold);
    case 'create-template':
    case 'start-experiment':
    case 'stop-experiment':
    case 'delete-template':
      return fis.send(call, signal, hold);
    default:
      return ecs.send(call, signal, hold);
  }
}

/** A call that was held back or interrupted before it was sent did not happen; one that throws may have. */
async function sendTimed<T>(
  clock: Clock,
  signal: AbortSignal,
  hold: Hold,
  run: () => Promise<Outcome<T>>,
): Promise<{ outcome: Outcome<T>; sent: Sent }> {
  const sentAt = clock.now();
  const trouble = explainNotSent(hold(), signal);
  const outcome: Outcome<T> =
    trouble === null ? await run().catch(makeThrownOutcome<T>) : { ok: false, certainty: 'refused', trouble };
  const sent = {
    sentAt,
    answeredAt: clock.now(),
    result: outcome.ok ? ('ok' as const) : outcome.certainty,
    trouble: outcome.ok ? null : outcome.trouble,
  };
  return { outcome, sent };
}

function explainNotSent(held: string | null, signal: AbortSignal): Trouble | null {
  if (signal.aborted) return { kind: 'aborted', message: 'interrupted before it was sent', retryAfter: null };
  return held === null ? null : { kind: 'outdated', message: `not sent: ${held}`, retryAfter: null };
}

/** The answer to an intent of which it is known that its call never went out; null for any other event. */
export function makeNeverSentEvent(last: DrillEvent | undefined, now: number): NewEvent | null {
  const message = 'the runner ended before it was sent';
  const trouble: Trouble = { kind: 'aborted', message, retryAfter: null };
  const sent = { sentAt: now, answeredAt: now, result: 'refused' as const, trouble };
  if (last?.code === 'GD_BUILD_INTENDED') return makeSentEvent('build', sent, 0, null, []);
  if (last?.code === 'GD_FAULT_INTENDED') return makeSentEvent('fault', sent, last.payload.attempt, null, []);
  return null;
}

function makeThrownOutcome<T>(error: unknown): Outcome<T> {
  const message = error instanceof Error ? error.message : String(error);
  return { ok: false, certainty: 'unknown', trouble: { kind: 'garbage', message, retryAfter: null } };
}
