import type { CallOf } from '../drill/call.ts';
import type { Instant } from '../drill/entities/build.ts';
import type { DrillState } from '../drill/state.ts';
import type { Step } from '../drill/step.ts';
import { seen, type Subject } from '../drill/world.ts';
import { restore, type Fault } from './fault.ts';
import { nextMove, type Move } from './moves.ts';
import { awaitHit } from './rollout.ts';
import { compared, mayHaveHappened, tried } from './undoing.ts';

/** UpdateTaskProtection takes ten tasks at once. */
const AT_ONCE = 10;
/** Long enough for the scheduler to choose, and short enough to end by itself should nobody lift it. */
const MINUTES = 10;

function serviceOf(state: DrillState): string {
  return state.plan.scenario.cluster.service ?? '';
}

function isSteered({ plan }: DrillState): boolean {
  return plan.scenario.inject.fault === 'scale-in' && plan.scenario.inject.steered;
}

function others(state: DrillState): readonly string[] {
  const arns = seen(state.world, 'tasks-of', state.plan.lockKey)?.arns ?? [];
  return arns.filter((arn) => arn !== state.target?.taskArn);
}

/** Tasks that were protected by somebody before are left as they are. */
function protections(state: DrillState): readonly CallOf<'protect-tasks'>[] {
  const sent = state.strikes.map(({ call }) => call).filter((call) => call.kind === 'protect-tasks');
  if (sent.length > 0 && state.strikes.some(({ call }) => call.kind === 'set-desired-count')) return sent;
  const already = new Set(sent.flatMap(({ tasks }) => tasks));
  const open = others(state).filter(
    (arn) => !already.has(arn) && seen(state.world, 'protection', arn)?.enabled !== true,
  );
  const { name: cluster } = state.plan.scenario.cluster;
  const more: CallOf<'protect-tasks'>[] = [];
  for (let from = 0; from < open.length; from += AT_ONCE)
    more.push({
      kind: 'protect-tasks',
      cluster,
      tasks: open.slice(from, from + AT_ONCE),
      enabled: true,
      minutes: MINUTES,
    });
  return [...sent, ...more];
}

function countCall(state: DrillState): CallOf<'set-desired-count'> {
  const sent = state.strikes.find(({ call }) => call.kind === 'set-desired-count')?.call;
  if (sent?.kind === 'set-desired-count') return sent;
  const former = seen(state.world, 'service', serviceOf(state))?.desired ?? 0;
  const { name: cluster } = state.plan.scenario.cluster;
  return {
    kind: 'set-desired-count',
    cluster,
    service: serviceOf(state),
    desired: Math.max(0, former - 1),
    former,
  };
}

function moves(state: DrillState): readonly Move[] {
  const count = countCall(state);
  const steering = isSteered(state) ? protections(state) : [];
  return [
    ...steering.map((call): Move => ({
      call,
      seenIn: { kind: 'protection', id: call.tasks[0] ?? '' },
      happened: ({ world }) => call.tasks.every((arn) => seen(world, 'protection', arn)?.enabled === true),
      idempotent: true,
    })),
    {
      call: count,
      seenIn: { kind: 'service', id: serviceOf(state) },
      happened: ({ world }) => seen(world, 'service', serviceOf(state))?.desired === count.desired,
      idempotent: true,
    },
  ];
}

/** Our protection, not somebody's: off before, and it ends when ours was set to end. */
function lift(state: DrillState): Step | null {
  for (const sending of mayHaveHappened(state, 'protect-tasks')) {
    for (const arn of sending.call.tasks) {
      const call: CallOf<'protect-tasks'> = { ...sending.call, tasks: [arn], enabled: false, minutes: null };
      if (tried(state, call)) continue;
      const look = compared(state, { kind: 'protection', id: arn });
      if (look === 'unreadable') continue;
      if (look !== 'read') return look;
      const now = seen(state.world, 'protection', arn);
      const ours = (sending.answeredAt ?? sending.intendedAt) + MINUTES * 60_000;
      if (now?.enabled === true && now.expiresAt !== null && now.expiresAt <= ours + 60_000)
        return restore(call);
    }
  }
  return null;
}

function bringBack(state: DrillState): Step | null {
  const sending = mayHaveHappened(state, 'set-desired-count').at(-1);
  if (sending === undefined) return null;
  const { call } = sending;
  const back: CallOf<'set-desired-count'> = { ...call, desired: call.former, former: call.desired };
  if (tried(state, back)) return null;
  const look = compared(state, { kind: 'service', id: call.service });
  if (look === 'unreadable') return null;
  if (look !== 'read') return look;
  return seen(state.world, 'service', call.service)?.desired === call.desired ? restore(back) : null;
}

/** Fault `scale-in`: desired count - 1, and the task that hosts the job is the one that the scheduler can take. */
export const scaleIn: Fault = {
  kind: 'scale-in',
  actions: ['ecs:UpdateService', 'ecs:UpdateTaskProtection', 'ecs:GetTaskProtection', 'ecs:ListTasks'],
  subjects(state) {
    const list: Subject = { kind: 'tasks-of', id: state.plan.lockKey };
    const arns = isSteered(state)
      ? [...others(state), state.target?.taskArn ?? ''].filter((arn) => arn !== '')
      : [];
    return [
      list,
      ...arns.map((id): Subject => ({ kind: 'protection', id })),
      ...others(state).map((id): Subject => ({ kind: 'agents-of-task', id })),
    ];
  },
  reach: (state) =>
    isSteered(state)
      ? [state.target?.taskArn ?? '']
      : (seen(state.world, 'tasks-of', state.plan.lockKey)?.arns ?? []),
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
      ? [`${String(others(state).length)} other tasks are protected for the time`]
      : ['the scheduler chooses the task'];
    return [
      `desired count of service ${serviceOf(state)}: ${String(former)} -> ${String(desired)}, and back afterwards`,
      ...steer,
    ];
  },
  inject: (state: DrillState, now: Instant) => nextMove(state, moves(state), now) ?? awaitHit(state, now),
  undo: (state) => lift(state) ?? bringBack(state),
  left(state) {
    const sending = mayHaveHappened(state, 'set-desired-count').at(-1);
    if (sending === undefined) return [];
    const now = seen(state.world, 'service', sending.call.service)?.desired;
    const back = state.undos.some(({ call, result }) => call.kind === 'set-desired-count' && result === 'ok');
    if (back || now === sending.call.former) return [];
    return [
      `the desired count of service ${sending.call.service} is ${String(now ?? 'unknown')}, it was ${String(sending.call.former)}`,
    ];
  },
  over: (_state, hits) => hits.length > 0,
};
