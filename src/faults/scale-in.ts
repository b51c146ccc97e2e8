import type { CallOf } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import type { Scenario } from '../scenario/schema.ts';
import { hasReadSince, type DrillState, type Sending } from '../state/state.ts';
import { askNow, haltDrill, type Step } from '../state/step.ts';
import { findLastingTrouble } from '../state/trouble.ts';
import { findFact, type Subject } from '../model/world.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import { isToBeSpared } from '../scenario/plan.ts';
import { aimAgain } from './delivery.ts';
import type { Fault } from './fault.ts';
import { makeChanges, type Change } from './change.ts';
import { hasBeenPutBack, listMarkChanges } from './marking.ts';
import {
  AT_ONCE,
  READ_AT_ONCE,
  liftProtections,
  describeProtectionsLeft,
  PROTECTED_FOR,
} from './protections.ts';
import { awaitEffect, awaitHit, explainCutList } from './rollout.ts';
import {
  describeSuspending,
  describeSuspensionLeft,
  findSuspendCall,
  listScalingSubjects,
  listSuspendChanges,
  restoreSuspension,
} from './suspending.ts';
import { listPossibleSendings, restoreIfOurs, hasBeenCompared } from './undoing.ts';

/** UpdateTaskProtection (expiresInMinutes). */
const LONGEST_PROTECTION = 2_880;
/** How long the look at the service right before its count is changed may fail, milliseconds. */
const PATIENCE = 10_000;

function serviceOf(state: DrillState): string {
  return state.plan.scenario.cluster.service ?? '';
}

function isSteered({ plan }: DrillState): boolean {
  return plan.mode === 'inject' && 'steered' in plan.scenario.inject && plan.scenario.inject.steered;
}

function listServiceTasks(state: DrillState): readonly string[] {
  return findFact(state.world, 'tasks-of', state.plan.lockKey)?.arns ?? [];
}

function listOtherTasks(state: DrillState): readonly string[] {
  return listServiceTasks(state).filter((arn) => arn !== state.target?.taskArn);
}

/**
 * What is read of every other task before the fault. Protecting hundreds takes longer than a look at the target holds, so the
 * drill aims again meanwhile: what was read of the others before the first of those calls is then not read again.
 */
function listOthers(state: DrillState, kind: 'protection' | 'agents-of-task'): readonly Subject[] {
  const hasBegun = state.injections.some(({ call }) => call.kind === 'protect-tasks');
  return listOtherTasks(state)
    .filter((arn) => !hasBegun || !hasReadSince(state, kind, arn, state.takenUpAt))
    .map((id) => ({ kind, id }));
}

function listSentCounts(
  state: DrillState,
): readonly (Sending & { readonly call: CallOf<'set-desired-count'> })[] {
  return listPossibleSendings(state, 'set-desired-count');
}

/** Whether the call that makes a task too many was sent, or may have been. */
function isDecided(state: DrillState): boolean {
  return listSentCounts(state).length > 0 || listPossibleSendings(state, 'set-minimum-capacity').length > 0;
}

/** What it costs to protect so many tasks: UpdateTaskProtection takes ten, GetTaskProtection shows a hundred. */
function countCalls(tasks: number): string {
  const many = (count: number, what: string): string => `${String(count)} ${what}${count === 1 ? '' : 's'}`;
  return `in ${many(Math.ceil(Math.max(0, tasks) / AT_ONCE), 'call')} (${many(Math.ceil((tasks + 1) / READ_AT_ONCE), 'read')} at each look)`;
}

/** Where the target is to be spared, the others must stay protected until its job is over. */
function minutesOf({ plan }: DrillState): number {
  const watch = isToBeSpared(plan) ? Math.ceil(plan.scenario.limits.verdictWithin / 60_000) : 0;
  return Math.min(PROTECTED_FOR + watch, LONGEST_PROTECTION);
}

/** Tasks that were protected by somebody before are left as they are. */
function listProtectCalls(state: DrillState): readonly CallOf<'protect-tasks'>[] {
  const sent = state.injections.map(({ call }) => call).filter((call) => call.kind === 'protect-tasks');
  if (isDecided(state)) return sent;
  const already = new Set(sent.flatMap(({ tasks }) => tasks));
  const open = listOtherTasks(state).filter(
    (arn) => !already.has(arn) && findFact(state.world, 'protection', arn)?.enabled !== true,
  );
  const { name: cluster } = state.plan.scenario.cluster;
  const more: CallOf<'protect-tasks'>[] = [];
  for (let from = 0; from < open.length; from += AT_ONCE) {
    const tasks = open.slice(from, from + AT_ONCE);
    more.push({ kind: 'protect-tasks', cluster, tasks, enabled: true, minutes: minutesOf(state) });
  }
  return [...sent, ...more];
}

/** What was sent, or may have been, stands; a count that never left is reckoned anew from what the service is now. */
function makeCountCall(state: DrillState): CallOf<'set-desired-count'> {
  const sent = listSentCounts(state).at(-1);
  if (sent !== undefined) return sent.call;
  const former = findFact(state.world, 'service', serviceOf(state))?.desired ?? 0;
  const { name: cluster } = state.plan.scenario.cluster;
  const desired = Math.max(0, former - 1);
  return { kind: 'set-desired-count', cluster, service: serviceOf(state), desired, former };
}

/** The protection of every other task, where the scale-in is steered. */
export function listSteeringChanges(state: DrillState): readonly Change[] {
  if (!isSteered(state)) return [];
  return listProtectCalls(state).map((call) => ({
    call,
    seenIn: call.tasks.map((id) => ({ kind: 'protection', id }) as const),
    hasHappened: ({ world }) =>
      call.tasks.every((arn) => findFact(world, 'protection', arn)?.enabled === true),
    otherChange: () => null,
    idempotent: true,
  }));
}

function makeCountChange(state: DrillState): Change {
  const call = makeCountCall(state);
  const desired = ({ world }: DrillState) => findFact(world, 'service', call.service)?.desired ?? call.former;
  return {
    call,
    seenIn: [{ kind: 'service', id: call.service }],
    hasHappened: (now) => desired(now) === call.desired,
    otherChange: (now) =>
      [call.desired, call.former].includes(desired(now))
        ? null
        : `somebody set the desired count of service ${call.service} to ${String(desired(now))} meanwhile`,
    idempotent: true,
  };
}

/** Protecting takes its time, in which somebody may scale the service: it is looked at once more, and never overwritten blindly. */
export function recheckService(state: DrillState, now: Instant): Step | null {
  const { events, last, lastLook } = evidenceOf(state.index);
  const sent = events('GD_FAULT_SENT').at(-1)?.seq;
  if (isDecided(state) || sent === undefined) return null;
  const service: Subject = { kind: 'service', id: serviceOf(state) };
  const current = last('service', service.id);
  if (current === null || current.seq < sent) {
    const trouble = findLastingTrouble(state, [service], now, PATIENCE);
    return trouble === null ? askNow(state, [service], now) : haltDrill(trouble.reason, trouble.said);
  }
  const guards = events('GD_GUARDS_ANSWERED').at(-1)?.seq ?? 0;
  const guarded = lastLook('service', service.id, () => true, guards)?.value;
  const stands =
    current.value.desired === guarded?.desired &&
    current.value.deployments.length === guarded.deployments.length;
  return stands ? null : aimAgain(state);
}

/** How the target is made the one that is taken, for the person who is asked. */
export function describeSteering(state: DrillState): readonly string[] {
  if (!isSteered(state)) return ['the scheduler chooses the task'];
  // The person is asked before the tasks are listed: until then the service's own count tells.
  const running = findFact(state.world, 'service', serviceOf(state))?.running ?? 1;
  const others = listServiceTasks(state).length > 0 ? listOtherTasks(state).length : running - 1;
  return [
    `${String(others)} other tasks are protected meanwhile, ${countCalls(others)}, and lifted in as many`,
  ];
}

/** The same for a dry run. */
export function listSteeringTouches(
  tasks: string,
  inject: Scenario['inject'],
  size: number | null,
): readonly string[] {
  if (!('steered' in inject) || !inject.steered) return [];
  return [
    `UpdateTaskProtection: every other task of ${tasks}${size === null ? '' : `, ${countCalls(size - 1)}`}, lifted afterwards in as many`,
  ];
}

/** Fault `scale-in`: desired count - 1, and the task that hosts the job is the one that the scheduler can take. */
export const scaleIn: Fault = {
  name: 'scale-in',
  needs({ inject }) {
    const { steered, autoscaling } = inject.fault === 'scale-in' ? inject : { steered: false };
    const suspends = autoscaling === 'suspend';
    return {
      calls: [
        'set-desired-count',
        ...(steered ? (['protect-tasks'] as const) : []),
        ...(suspends ? (['suspend-scaling'] as const) : []),
      ],
      reads: [
        ...(['service', 'tasks-of'] as const),
        ...(steered ? (['protection'] as const) : []),
        ...(suspends ? (['scalable-target'] as const) : []),
      ],
    };
  },
  subjects(state) {
    const own = state.target?.taskArn ?? '';
    return [
      { kind: 'tasks-of', id: state.plan.lockKey },
      ...(isSteered(state)
        ? ([{ kind: 'protection', id: own }, ...listOthers(state, 'protection')] as const)
        : []),
      ...listOthers(state, 'agents-of-task'),
      ...listScalingSubjects(state),
    ];
  },
  reach: (state) => (isSteered(state) ? [state.target?.taskArn ?? ''] : listServiceTasks(state)),
  inert(state) {
    if (serviceOf(state) === '') return 'a scale-in needs a service: cluster.service names none';
    if (findFact(state.world, 'service', serviceOf(state))?.traits?.scheduling === 'DAEMON')
      return `service ${serviceOf(state)} is a DAEMON: it runs one task on each host and has no desired count to lower`;
    const task = findFact(state.world, 'task', state.target?.taskArn ?? '');
    if (task !== undefined && task.group !== `service:${serviceOf(state)}`)
      return 'the task does not belong to the service';
    const own = findFact(state.world, 'protection', state.target?.taskArn ?? '');
    if (own?.enabled === true && !isToBeSpared(state.plan))
      return 'the target is protected from scale-in: the scheduler will not take it';
    return explainCutList(state, 'tasks-of', state.plan.lockKey);
  },
  describeCalls(state) {
    const { desired, former } = makeCountCall(state);
    return [
      `desired count of service ${serviceOf(state)}: ${String(former)} -> ${String(desired)}, and back afterwards`,
      ...describeSteering(state),
      ...describeSuspending(state),
    ];
  },
  touches: (tasks, _target, inject, size) => [
    ...listSteeringTouches(tasks, inject, size),
    ...(inject.fault === 'scale-in' && inject.autoscaling === 'suspend'
      ? [
          `RegisterScalableTarget: the automatic scaling of ${tasks} suspended meanwhile, and put back as it was`,
        ]
      : []),
    `UpdateService: the desired count of ${tasks} lowered by one, and restored afterwards`,
  ],
  inject(state, now) {
    if (hasBeenPutBack(state)) return awaitHit(state, now);
    const { former, desired: set } = makeCountCall(state);
    const suspended = findSuspendCall(state)?.former ?? null;
    const marks = listMarkChanges(state, { kind: 'desired-count', former, set, suspended }, now);
    return (
      makeChanges(state, [...marks, ...listSuspendChanges(state), ...listSteeringChanges(state)], now) ??
      recheckService(state, now) ??
      makeChanges(state, [makeCountChange(state)], now) ??
      awaitEffect(state, now)
    );
  },
  restore: (state, now) => restoreCount(state, now) ?? restoreSuspension(state, now),
  // The count first: as long as it is short of one, the scheduler takes whoever loses its protection.
  undo: (state, now) =>
    restoreCount(state, now) ?? restoreSuspension(state, now) ?? liftProtections(state, now),
  describeLeft: (state) => [
    ...describeCountLeft(state),
    ...describeSuspensionLeft(state),
    ...describeProtectionsLeft(state),
  ],
  hasFinished: (_state, hits) => hits.length > 0,
};

function restoreCount(state: DrillState, now: Instant): Step | null {
  const sending = listSentCounts(state).at(-1);
  if (sending === undefined) return null;
  const { call } = sending;
  const back: CallOf<'set-desired-count'> = { ...call, desired: call.former, former: call.desired };
  const isOurs = (): boolean => findFact(state.world, 'service', call.service)?.desired === call.desired;
  return restoreIfOurs(state, back, { kind: 'service', id: call.service }, isOurs, now);
}

function describeCountLeft(state: DrillState): readonly string[] {
  const call = listSentCounts(state).at(-1)?.call;
  if (call === undefined) return [];
  const back = state.undos.some((undo) => undo.call.kind === 'set-desired-count' && undo.result === 'ok');
  if (back) return [];
  const was = `it was ${String(call.former)} before the drill`;
  if (!hasBeenCompared(state, { kind: 'service', id: call.service }))
    return [`the desired count of service ${call.service} could not be read; ${was}`];
  const desired = findFact(state.world, 'service', call.service)?.desired;
  if (desired === call.former) return [];
  const whose = desired === call.desired ? 'set by us' : 'set by somebody else meanwhile';
  return [`the desired count of service ${call.service} is ${String(desired)}, ${whose}; ${was}`];
}
