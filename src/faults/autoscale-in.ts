import type { CallOf } from '../model/call.ts';
import type { ScalableTarget } from '../model/entities/scaling.ts';
import type { Instant } from '../model/instants.ts';
import { findFact, type Subject } from '../model/world.ts';
import { hasReadSince, type DrillState } from '../state/state.ts';
import { askNow, type Step } from '../state/step.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import { hitsOf } from '../evidence/hits.ts';
import { makeChanges, type Change } from './change.ts';
import type { Fault } from './fault.ts';
import { hasBeenPutBack, listMarkChanges } from './marking.ts';
import { describeProtectionsLeft, liftProtections } from './protections.ts';
import { awaitHit } from './rollout.ts';
import {
  describeSteering,
  listSteeringChanges,
  listSteeringTouches,
  recheckService,
  scaleIn,
} from './scale-in.ts';
import { hasBeenCompared, listPossibleSendings, restoreIfOurs } from './undoing.ts';

/** How long the list of scaling activities is asked for once a task goes down, milliseconds. */
const PATIENCE_MS = 10_000;

function serviceOf({ plan }: DrillState): string {
  return plan.scenario.cluster.service ?? '';
}

/** How the service is registered; null: it is not; undefined: not read yet. */
function findTarget(state: DrillState): ScalableTarget | null | undefined {
  return findFact(state.world, 'scalable-target', serviceOf(state))?.target;
}

function findSent(state: DrillState): CallOf<'set-minimum-capacity'> | null {
  return listPossibleSendings(state, 'set-minimum-capacity').at(-1)?.call ?? null;
}

/** One task less than there are is to be allowed. What was sent, or may have been, stands. */
function makeMinimumCall(state: DrillState): CallOf<'set-minimum-capacity'> {
  const sent = findSent(state);
  if (sent !== null) return sent;
  const service = serviceOf(state);
  const desired = findFact(state.world, 'service', service)?.desired ?? 0;
  const { name: cluster } = state.plan.scenario.cluster;
  const former = findTarget(state)?.min ?? desired;
  return { kind: 'set-minimum-capacity', cluster, service, min: Math.max(0, desired - 1), former };
}

function makeMinimumChange(state: DrillState): Change {
  const call = makeMinimumCall(state);
  const subject: Subject = { kind: 'scalable-target', id: call.service };
  return {
    call,
    seenIn: [subject],
    hasHappened: (later) => findTarget(later)?.min === call.min,
    otherChange: (later) => {
      const min = findTarget(later)?.min;
      return min === undefined || [call.min, call.former].includes(min)
        ? null
        : `somebody set the minimum capacity of service ${call.service} to ${String(min)} meanwhile`;
    },
    idempotent: true,
  };
}

/** Why no policy will take a worker once the minimum capacity allows it; null where one may. */
function explainNoScaling(state: DrillState): string | null {
  const service = serviceOf(state);
  const target = findTarget(state);
  if (target === undefined) return null;
  if (target === null) return `service ${service} is not registered with Application Auto Scaling`;
  if (target.suspended.in) return `scale-in by the policies of service ${service} is suspended`;
  const scaling = findFact(state.world, 'scaling', service);
  if (scaling?.unknown === null && !scaling.policies.some(({ scalesIn }) => scalesIn))
    return `no scaling policy of service ${service} scales in`;
  const desired = findFact(state.world, 'service', service)?.desired ?? 0;
  return target.min < desired
    ? `the minimum capacity of service ${service} is ${String(target.min)}, below the ${String(desired)} tasks that it wants: its policy could scale in already, and the load keeps it from that`
    : null;
}

function restoreMinimum(state: DrillState, now: Instant): Step | null {
  const sending = listPossibleSendings(state, 'set-minimum-capacity').at(-1);
  if (sending === undefined) return null;
  const { call } = sending;
  const back = { ...call, min: call.former, former: call.min };
  const isOurs = (): boolean => findTarget(state)?.min === call.min;
  // RegisterScalableTarget does not answer with what it set: only a later look shows that.
  const after = (sending.answeredAt ?? sending.intendedAt) + 1;
  return restoreIfOurs(state, back, { kind: 'scalable-target', id: call.service }, isOurs, now, after);
}

function describeMinimumLeft(state: DrillState): readonly string[] {
  const call = findSent(state);
  if (call === null) return [];
  const back = state.undos.some((undo) => undo.call.kind === 'set-minimum-capacity' && undo.result === 'ok');
  if (back) return [];
  const was = `it was ${String(call.former)} before the drill`;
  if (!hasBeenCompared(state, { kind: 'scalable-target', id: call.service }))
    return [`the minimum capacity of service ${call.service} could not be read; ${was}`];
  const min = findTarget(state)?.min;
  if (min === undefined || min === call.former) return [];
  const whose = min === call.min ? 'set by us' : 'set by somebody else meanwhile';
  return [`the minimum capacity of service ${call.service} is ${String(min)}, ${whose}; ${was}`];
}

/** Who lowered the count is told by the scaling activities: they are read once more after a task was seen to go down. */
function readActivities(state: DrillState, now: Instant): Step | null {
  const hit = hitsOf(evidenceOf(state.index))[0];
  const subject: Subject = { kind: 'scaling-activities', id: serviceOf(state) };
  if (hit === undefined || now - hit.answeredAt > PATIENCE_MS) return null;
  return hasReadSince(state, subject.kind, subject.id, hit.answeredAt) ? null : askNow(state, [subject], now);
}

/** Fault `autoscale-in`: the minimum capacity is lowered, and the service's own scaling policy takes a worker. */
export const autoscaleIn: Fault = {
  ...scaleIn,
  name: 'autoscale-in',
  needs({ inject }) {
    const steered = inject.fault === 'autoscale-in' && inject.steered;
    return {
      calls: ['set-minimum-capacity', ...(steered ? (['protect-tasks'] as const) : [])],
      reads: [
        ...(['service', 'tasks-of', 'scalable-target', 'scaling-activities'] as const),
        ...(steered ? (['protection'] as const) : []),
      ],
    };
  },
  subjects: (state) => [
    ...scaleIn.subjects(state),
    { kind: 'scalable-target', id: serviceOf(state) },
    { kind: 'scaling-activities', id: serviceOf(state) },
  ],
  inert: (state) => scaleIn.inert(state) ?? (findSent(state) === null ? explainNoScaling(state) : null),
  describeCalls(state) {
    const { min, former } = makeMinimumCall(state);
    return [
      `minimum capacity of service ${serviceOf(state)}: ${String(former)} -> ${String(min)}, and back afterwards; its scaling policy may then take a worker`,
      ...describeSteering(state),
    ];
  },
  touches: (tasks, _target, inject, size) => [
    ...listSteeringTouches(tasks, inject, size),
    `RegisterScalableTarget: the minimum capacity of ${tasks} lowered to one task less than it wants, and restored afterwards`,
  ],
  inject(state, now) {
    if (hasBeenPutBack(state)) return awaitHit(state, now);
    const { former, min: set } = makeMinimumCall(state);
    const marks = listMarkChanges(state, { kind: 'minimum-capacity', former, set }, now);
    return (
      makeChanges(state, [...marks, ...listSteeringChanges(state)], now) ??
      recheckService(state, now) ??
      makeChanges(state, [makeMinimumChange(state)], now) ??
      readActivities(state, now) ??
      awaitHit(state, now)
    );
  },
  restore: restoreMinimum,
  undo: (state, now) => restoreMinimum(state, now) ?? liftProtections(state, now),
  describeLeft: (state) => [...describeMinimumLeft(state), ...describeProtectionsLeft(state)],
};
