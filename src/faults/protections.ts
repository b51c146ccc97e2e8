import { formatClockTime } from '../checks/times.ts';
import type { CallOf } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import type { DrillState, Sending } from '../state/state.ts';
import type { Step } from '../state/step.ts';
import { findFact } from '../model/world.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import { listPossibleSendings, restoreIfOurs, hasBeenCompared } from './undoing.ts';

/** Minutes: long enough for the scheduler to choose, and short enough to end by itself should nobody lift it. */
export const PROTECTED_FOR = 10;
/** What may lie between the clocks of ECS and ours, and between a call and what it set, milliseconds. */
const LEEWAY = 60_000;

type Sent = Sending & { readonly call: CallOf<'protect-tasks'> };

/** The next step that lifts a protection of ours: one that was off before, and that ends when ours was set to end. */
export function liftProtections(state: DrillState, now: Instant): Step | null {
  for (const { sending, arn } of listProtectedTasks(state)) {
    const isOurs = (): boolean => isOursNow(state, sending, arn);
    const step = restoreIfOurs(
      state,
      makeUnprotectCall(sending, arn),
      { kind: 'protection', id: arn },
      isOurs,
      now,
    );
    if (step !== null) return step;
  }
  return null;
}

/** Which protections were left, and why. */
export function describeProtectionsLeft(state: DrillState): readonly string[] {
  return listProtectedTasks(state).flatMap(({ sending, arn }) => {
    const back = JSON.stringify(makeUnprotectCall(sending, arn));
    if (state.undos.some(({ call, result }) => JSON.stringify(call) === back && result === 'ok')) return [];
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
function listProtectedTasks(state: DrillState): readonly { readonly sending: Sent; readonly arn: string }[] {
  const first = new Map<string, Sent>();
  for (const sending of listPossibleSendings(state, 'protect-tasks'))
    for (const arn of sending.call.tasks) if (!first.has(arn)) first.set(arn, sending);
  return [...first].map(([arn, sending]) => ({ sending, arn }));
}

function makeUnprotectCall({ call }: Sent, arn: string): CallOf<'protect-tasks'> {
  return { ...call, tasks: [arn], enabled: false, minutes: null };
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
  return events('GD_FAULT_SENT')
    .flatMap(({ seq }) => values('protection', arn, seq - 2, seq))
    .map(({ expiresAt }) => expiresAt);
}

/** Where the answer was lost, only the time tells: ours was to end so many minutes after it was sent. */
function mayBeOurEnd(state: DrillState, sending: Sent, expiresAt: number): boolean {
  const offset = findFact(state.world, 'clock', 'ecs')?.offset ?? 0;
  const sent = state.injections.filter(({ call }) => JSON.stringify(call) === JSON.stringify(sending.call));
  const last = Math.max(...sent.map(({ answeredAt, intendedAt }) => answeredAt ?? intendedAt));
  const end = (instant: number): number => instant + PROTECTED_FOR * 60_000;
  return expiresAt - offset >= end(sending.intendedAt) - LEEWAY && expiresAt - offset <= end(last) + LEEWAY;
}
