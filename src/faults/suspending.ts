import type { CallOf } from '../model/call.ts';
import { formatSuspension, isAllSuspended, type Suspension } from '../model/entities/scaling.ts';
import type { Instant } from '../model/instants.ts';
import { findFact, type Subject } from '../model/world.ts';
import type { DrillState } from '../state/state.ts';
import type { Step } from '../state/step.ts';
import type { Change } from './change.ts';
import { hasBeenCompared, listPossibleSendings, restoreIfOurs } from './undoing.ts';

const ALL: Suspension = { in: true, out: true, scheduled: true };

function serviceOf({ plan }: DrillState): string {
  return plan.scenario.cluster.service ?? '';
}

function targetOf(state: DrillState): Subject {
  return { kind: 'scalable-target', id: serviceOf(state) };
}

function findSuspension({ world }: DrillState, service: string): Suspension | null {
  return findFact(world, 'scalable-target', service)?.target?.suspended ?? null;
}

/** Whether the scenario has automatic scaling suspended meanwhile. */
export function suspendsScaling({ plan }: DrillState): boolean {
  if (plan.mode !== 'inject') return false;
  const { inject } = plan.scenario;
  return inject.fault === 'scale-in' && inject.autoscaling === 'suspend';
}

/** What must be known before it is suspended. */
export function listScalingSubjects(state: DrillState): readonly Subject[] {
  return suspendsScaling(state) ? [targetOf(state)] : [];
}

/** The call that suspends all that is not suspended yet: as it was sent, or as it would be. Null where there is nothing to suspend. */
export function findSuspendCall(state: DrillState): CallOf<'suspend-scaling'> | null {
  if (!suspendsScaling(state)) return null;
  const sent = listPossibleSendings(state, 'suspend-scaling').at(-1);
  if (sent !== undefined) return sent.call;
  const former = findSuspension(state, serviceOf(state));
  // What somebody else has suspended is theirs to resume.
  if (former === null || isAllSuspended(former)) return null;
  const { name: cluster } = state.plan.scenario.cluster;
  return { kind: 'suspend-scaling', cluster, service: serviceOf(state), suspended: ALL, former };
}

/** The change that suspends the scaling of the service, before its count is lowered. */
export function listSuspendChanges(state: DrillState): readonly Change[] {
  const call = findSuspendCall(state);
  if (call === null) return [];
  return [
    {
      call,
      seenIn: [targetOf(state)],
      hasHappened: (later) => isSame(findSuspension(later, call.service), call.suspended),
      otherChange: () => null,
      idempotent: true,
    },
  ];
}

function isSame(a: Suspension | null, b: Suspension): boolean {
  return a?.in === b.in && a.out === b.out && a.scheduled === b.scheduled;
}

/**
 * The next step that puts the suspension back as it was, if it still is ours. It comes after the count: RegisterScalableTarget
 * brings the count within the capacities at once (Application Auto Scaling API Reference).
 */
export function restoreSuspension(state: DrillState, now: Instant): Step | null {
  const sending = listPossibleSendings(state, 'suspend-scaling').at(-1);
  if (sending === undefined) return null;
  const { call } = sending;
  const back = { ...call, suspended: call.former, former: call.suspended };
  const isOurs = (): boolean => isSame(findSuspension(state, call.service), call.suspended);
  // RegisterScalableTarget does not answer with what it set: only a later look shows that.
  const after = (sending.answeredAt ?? sending.intendedAt) + 1;
  return restoreIfOurs(state, back, { kind: 'scalable-target', id: call.service }, isOurs, now, after);
}

/** What will be done about the scaling of the service, for the person who is asked. */
export function describeSuspending(state: DrillState): readonly string[] {
  if (!suspendsScaling(state)) return [];
  const service = serviceOf(state);
  const target = findFact(state.world, 'scalable-target', service)?.target;
  if (target === undefined) return [`the automatic scaling of service ${service} is suspended meanwhile`];
  if (target === null)
    return [`service ${service} is not registered with Application Auto Scaling: nothing is suspended`];
  if (isAllSuspended(target.suspended))
    return [`the automatic scaling of service ${service} is suspended already: it is left so afterwards`];
  return [
    `the automatic scaling of service ${service} is suspended meanwhile, and afterwards as now (suspended: ${formatSuspension(target.suspended)})`,
  ];
}

/** Why the suspension was left as it is; also where it was not ours from the beginning. */
export function describeSuspensionLeft(state: DrillState): readonly string[] {
  const call = listPossibleSendings(state, 'suspend-scaling').at(-1)?.call;
  if (call === undefined) {
    const found = suspendsScaling(state) ? findSuspension(state, serviceOf(state)) : null;
    return found !== null && isAllSuspended(found)
      ? [`the automatic scaling of service ${serviceOf(state)} was suspended before the drill, and still is`]
      : [];
  }
  const back = state.undos.some((undo) => undo.call.kind === 'suspend-scaling' && undo.result === 'ok');
  if (back) return [];
  const was = `before the drill it was: ${formatSuspension(call.former)}`;
  if (!hasBeenCompared(state, { kind: 'scalable-target', id: call.service }))
    return [
      `what is suspended of the automatic scaling of service ${call.service} could not be read; ${was}`,
    ];
  const now = findSuspension(state, call.service);
  if (now === null) return [`service ${call.service} is no longer registered with Application Auto Scaling`];
  if (isSame(now, call.former)) return [];
  const whose = isSame(now, call.suspended) ? 'by us' : 'by somebody else meanwhile';
  return [
    `suspended of the automatic scaling of service ${call.service}, ${whose}: ${formatSuspension(now)}; ${was}`,
  ];
}
