import { formatClockTime } from '../checks/times.ts';
import type { Call, CallOf } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import type { DrillState, Sending } from '../state/state.ts';
import type { Step } from '../state/step.ts';
import { findFact, type Subject } from '../model/world.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import { listPossibleSendings, restoreOurs, hasBeenCompared } from './undoing.ts';

/** Minutes: long enough for the scheduler to choose, and short enough to end by itself should nobody lift it. */
export const PROTECTED_FOR = 10;
/** What may lie between the clocks of ECS and ours, and between a call and what it set, milliseconds. */
const LEEWAY = 60_000;

/** UpdateTaskProtection takes ten tasks, GetTaskProtection a hundred. */
export const AT_ONCE = 10;
export const READ_AT_ONCE = 100;

/** A task that a call of ours protected, or may have. */
interface ProtectedTask {
  readonly sending: Sent;
  readonly arn: string;
}

type Sent = Sending & { readonly call: CallOf<'protect-tasks'> };

/** The next step that lifts protections of ours: those that were off before, and that end when ours were set to end. */
export function liftProtections(state: DrillState, now: Instant): Step | null {
  const all = listProtectedTasks(state);
  const lifted = listLiftedTasks(state);
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const batch = all.slice(from, from + AT_ONCE).filter(({ arn }) => !lifted.has(arn));
    const hundred = all.slice(from - (from % READ_AT_ONCE)).slice(0, READ_AT_ONCE);
    const step = batch.length === 0 ? null : liftBatch(state, batch, hundred, now);
    if (step !== null) return step;
  }
  return null;
}

/** Lifts those of a batch that are still ours, in one call; `hundred` is compared in the same request. */
function liftBatch(
  state: DrillState,
  batch: readonly ProtectedTask[],
  hundred: readonly ProtectedTask[],
  now: Instant,
): Step | null {
  const sendings = new Map(batch.map(({ sending, arn }) => [arn, sending]));
  const [first] = batch;
  if (first === undefined) return null;
  return restoreOurs(
    state,
    {
      subjects: batch.map(subjectOf),
      alongside: hundred.filter(({ arn }) => !sendings.has(arn)).map(subjectOf),
      isOurs({ id }) {
        const sending = sendings.get(id);
        return sending !== undefined && isOursNow(state, sending, id);
      },
      makeBack: (ours) => ({
        ...{ kind: 'protect-tasks', cluster: first.sending.call.cluster },
        ...{ tasks: ours.map(({ id }) => id), enabled: false, minutes: null },
      }),
      isAbout: (call) => isLift(call) && call.tasks.some((arn) => sendings.has(arn)),
    },
    now,
  );
}

function subjectOf({ arn }: ProtectedTask): Subject {
  return { kind: 'protection', id: arn };
}

function isLift(call: Call): call is CallOf<'protect-tasks'> {
  return call.kind === 'protect-tasks' && !call.enabled;
}

/** Tasks whose protection an answered call of ours has lifted. */
function listLiftedTasks({ undos }: DrillState): ReadonlySet<string> {
  return new Set(undos.flatMap(({ call, result }) => (isLift(call) && result === 'ok' ? call.tasks : [])));
}

/** Which protections were left, and why. */
export function describeProtectionsLeft(state: DrillState): readonly string[] {
  const lifted = listLiftedTasks(state);
  return listProtectedTasks(state).flatMap(({ sending, arn }) => {
    if (lifted.has(arn)) return [];
    if (!hasBeenCompared(state, { kind: 'protection', id: arn }))
      return [`whether task ${arn} is still protected could not be read; our protection ends by itself`];
    const protection = findFact(state.world, 'protection', arn);
    if (protection?.enabled !== true) return [];
    const until = protection.expiresAt === null ? '' : ` until ${formatClockTime(protection.expiresAt)} UTC`;
    const whose = isOursNow(state, sending, arn) ? 'by us' : 'by somebody else meanwhile';
    return [`task ${arn} is protected${until}, ${whose}`];
  });
}

/** Each task once, with the first call that protected it. */
function listProtectedTasks(state: DrillState): readonly ProtectedTask[] {
  const first = new Map<string, Sent>();
  for (const sending of listPossibleSendings(state, 'protect-tasks'))
    for (const arn of sending.call.tasks) if (!first.has(arn)) first.set(arn, sending);
  return [...first].map(([arn, sending]) => ({ sending, arn }));
}

function isOursNow(state: DrillState, sending: Sent, arn: string): boolean {
  const protection = findFact(state.world, 'protection', arn);
  if (protection?.enabled !== true || protection.expiresAt === null) return false;
  return sending.result === 'ok'
    ? listAnsweredExpiries(state, arn).includes(protection.expiresAt)
    : mayBeOurEnd(state, sending, protection.expiresAt);
}

/** The ends that were shown until the fault was decided: those are the answers to our own calls. */
function listAnsweredExpiries(state: DrillState, arn: string): readonly (number | null)[] {
  const { events, values } = evidenceOf(state.index);
  const intents = events('GD_FAULT_INTENDED').map(({ seq }) => seq);
  // A signal may be written between an answer's facts and the answer.
  return events('GD_FAULT_SENT')
    .flatMap(({ seq }) => values('protection', arn, intents.findLast((at) => at < seq) ?? seq, seq))
    .map(({ expiresAt }) => expiresAt);
}

/** Where the answer was lost, only the time tells: ours was to end so many minutes after it was sent. */
function mayBeOurEnd(state: DrillState, sending: Sent, expiresAt: number): boolean {
  const offset = findFact(state.world, 'clock', 'ecs')?.offset ?? 0;
  const sent = state.injections.filter(({ call }) => JSON.stringify(call) === JSON.stringify(sending.call));
  const last = Math.max(...sent.map(({ answeredAt, intendedAt }) => answeredAt ?? intendedAt));
  const end = (instant: number): number => instant + (sending.call.minutes ?? PROTECTED_FOR) * 60_000;
  return expiresAt - offset >= end(sending.intendedAt) - LEEWAY && expiresAt - offset <= end(last) + LEEWAY;
}
