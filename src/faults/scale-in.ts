import type { CallOf } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import type { DrillState, Sending } from '../state/state.ts';
import { askNow, halt, type Step } from '../state/step.ts';
import { lasting } from '../state/trouble.ts';
import { seen, type Subject } from '../model/world.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import { aimAgain } from './delivery.ts';
import type { Fault } from './fault.ts';
import { makeChanges, type Change } from './change.ts';
import { liftProtections, protectionsLeft, PROTECTED_FOR } from './protections.ts';
import { awaitHit } from './rollout.ts';
import { mayHaveHappened, restoreIfOurs, wasCompared } from './undoing.ts';

/** UpdateTaskProtection takes ten tasks at once. */
const AT_ONCE = 10;
/** How long the look at the service right before its count is changed may fail, milliseconds. */
const PATIENCE = 10_000;

function serviceOf(state: DrillState): string {
  return state.plan.scenario.cluster.service ?? '';
}

function isSteered({ plan }: DrillState): boolean {
  return plan.mode === 'inject' && plan.scenario.inject.fault === 'scale-in' && plan.scenario.inject.steered;
}

function listed(state: DrillState): readonly string[] {
  return seen(state.world, 'tasks-of', state.plan.lockKey)?.arns ?? [];
}

function others(state: DrillState): readonly string[] {
  return listed(state).filter((arn) => arn !== state.target?.taskArn);
}

function countsSent(
  state: DrillState,
): readonly (Sending & { readonly call: CallOf<'set-desired-count'> })[] {
  return mayHaveHappened(state, 'set-desired-count');
}

/** Tasks that were protected by somebody before are left as they are. */
function protections(state: DrillState): readonly CallOf<'protect-tasks'>[] {
  const sent = state.strikes.map(({ call }) => call).filter((call) => call.kind === 'protect-tasks');
  if (countsSent(state).length > 0) return sent;
  const already = new Set(sent.flatMap(({ tasks }) => tasks));
  const open = others(state).filter(
    (arn) => !already.has(arn) && seen(state.world, 'protection', arn)?.enabled !== true,
  );
  const { name: cluster } = state.plan.scenario.cluster;
  const more: CallOf<'protect-tasks'>[] = [];
  for (let from = 0; from < open.length; from += AT_ONCE) {
    const tasks = open.slice(from, from + AT_ONCE);
    more.push({ kind: 'protect-tasks', cluster, tasks, enabled: true, minutes: PROTECTED_FOR });
  }
  return [...sent, ...more];
}

/** What was sent, or may have been, stands; a count that never left is reckoned anew from what the service is now. */
function countCall(state: DrillState): CallOf<'set-desired-count'> {
  const sent = countsSent(state).at(-1);
  if (sent !== undefined) return sent.call;
  const former = seen(state.world, 'service', serviceOf(state))?.desired ?? 0;
  const { name: cluster } = state.plan.scenario.cluster;
  const desired = Math.max(0, former - 1);
  return { kind: 'set-desired-count', cluster, service: serviceOf(state), desired, former };
}

function steering(state: DrillState): readonly Change[] {
  if (!isSteered(state)) return [];
  return protections(state).map((call) => ({
    call,
    seenIn: call.tasks.map((id) => ({ kind: 'protection', id }) as const),
    hasHappened: ({ world }) => call.tasks.every((arn) => seen(world, 'protection', arn)?.enabled === true),
    otherChange: () => null,
    idempotent: true,
  }));
}

function counting(state: DrillState): Change {
  const call = countCall(state);
  const desired = ({ world }: DrillState) => seen(world, 'service', call.service)?.desired ?? call.former;
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
function recheck(state: DrillState, now: Instant): Step | null {
  const { events, last, lastLook } = evidenceOf(state.index);
  const sent = events('GD_FAULT_SENT').at(-1)?.seq;
  if (countsSent(state).length > 0 || sent === undefined) return null;
  const service: Subject = { kind: 'service', id: serviceOf(state) };
  const current = last('service', service.id);
  if (current === null || current.seq < sent) {
    const trouble = lasting(state, [service], now, PATIENCE);
    return trouble === null ? askNow(state, [service], now) : halt(trouble.reason, trouble.said);
  }
  const guards = events('GD_GUARDS_ANSWERED').at(-1)?.seq ?? 0;
  const guarded = lastLook('service', service.id, () => true, guards)?.value;
  const stands =
    current.value.desired === guarded?.desired &&
    current.value.deployments.length === guarded.deployments.length;
  return stands ? null : aimAgain(state);
}

/** Fault `scale-in`: desired count - 1, and the task that hosts the job is the one that the scheduler can take. */
export const scaleIn: Fault = {
  name: 'scale-in',
  needs({ inject }) {
    const steered = inject.fault === 'scale-in' && inject.steered;
    return {
      calls: ['set-desired-count', ...(steered ? (['protect-tasks'] as const) : [])],
      reads: ['service', 'tasks-of', ...(steered ? (['protection'] as const) : [])],
    };
  },
  subjects(state) {
    const arns = isSteered(state) ? listed(state) : [];
    return [
      { kind: 'tasks-of', id: state.plan.lockKey },
      ...arns.map((id): Subject => ({ kind: 'protection', id })),
      ...others(state).map((id): Subject => ({ kind: 'agents-of-task', id })),
    ];
  },
  reach: (state) => (isSteered(state) ? [state.target?.taskArn ?? ''] : listed(state)),
  inert(state) {
    if (serviceOf(state) === '') return 'scale-in needs a service: cluster.service names none';
    const task = seen(state.world, 'task', state.target?.taskArn ?? '');
    if (task !== undefined && task.group !== `service:${serviceOf(state)}`)
      return 'the task does not belong to the service';
    const own = seen(state.world, 'protection', state.target?.taskArn ?? '');
    if (own?.enabled === true) return 'the target is protected from scale-in: the scheduler will not take it';
    return null;
  },
  shown(state) {
    const { desired, former } = countCall(state);
    const steer = isSteered(state)
      ? [`${String(others(state).length)} other tasks are protected meanwhile`]
      : ['the scheduler chooses the task'];
    return [
      `desired count of service ${serviceOf(state)}: ${String(former)} -> ${String(desired)}, and back afterwards`,
      ...steer,
    ];
  },
  touches: (tasks, _target, inject) => [
    ...(inject.fault === 'scale-in' && inject.steered
      ? [`UpdateTaskProtection: every other task of ${tasks}, lifted afterwards`]
      : []),
    `UpdateService: the desired count of ${tasks} lowered by one, and restored afterwards`,
  ],
  inject: (state, now) =>
    makeChanges(state, steering(state), now) ??
    recheck(state, now) ??
    makeChanges(state, [counting(state)], now) ??
    awaitHit(state, now),
  // The count first: as long as it is short of one, the scheduler takes whoever loses its protection.
  undo: (state, now) => bringBack(state, now) ?? liftProtections(state, now),
  left: (state) => [...countLeft(state), ...protectionsLeft(state)],
  over: (_state, hits) => hits.length > 0,
};

function bringBack(state: DrillState, now: Instant): Step | null {
  const sending = countsSent(state).at(-1);
  if (sending === undefined) return null;
  const { call } = sending;
  const back: CallOf<'set-desired-count'> = { ...call, desired: call.former, former: call.desired };
  const isOurs = (): boolean => seen(state.world, 'service', call.service)?.desired === call.desired;
  return restoreIfOurs(state, back, { kind: 'service', id: call.service }, isOurs, now);
}

function countLeft(state: DrillState): readonly string[] {
  const call = countsSent(state).at(-1)?.call;
  if (call === undefined) return [];
  const back = state.undos.some((undo) => undo.call.kind === 'set-desired-count' && undo.result === 'ok');
  if (back) return [];
  const was = `it was ${String(call.former)} before the drill`;
  if (!wasCompared(state, { kind: 'service', id: call.service }))
    return [`the desired count of service ${call.service} could not be read; ${was}`];
  const desired = seen(state.world, 'service', call.service)?.desired;
  if (desired === call.former) return [];
  const whose = desired === call.desired ? 'set by us' : 'set by somebody else meanwhile';
  return [`the desired count of service ${call.service} is ${String(desired)}, ${whose}; ${was}`];
}
