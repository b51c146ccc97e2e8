import type { CallOf } from '../drill/call.ts';
import { taskEnded } from '../drill/entities/task.ts';
import type { DrillState } from '../drill/state.ts';
import { seen, type Subject } from '../drill/world.ts';
import { restore, type Fault } from './fault.ts';
import { nextMove, type Move } from './moves.ts';
import { awaitHit } from './rollout.ts';
import { compared, mayHaveHappened, tried } from './undoing.ts';

function instanceOf(state: DrillState): string | null {
  return seen(state.world, 'task', state.target?.taskArn ?? '')?.instanceArn ?? null;
}

function tasks(state: DrillState): readonly string[] {
  return seen(state.world, 'tasks-on', instanceOf(state) ?? '')?.arns ?? [];
}

function move(state: DrillState): Move {
  const instance = instanceOf(state) ?? '';
  const call: CallOf<'set-instance-state'> = {
    kind: 'set-instance-state',
    cluster: state.plan.scenario.cluster.name,
    instance,
    status: 'DRAINING',
  };
  return {
    call,
    seenIn: { kind: 'instance', id: instance },
    happened: ({ world }) => seen(world, 'instance', instance)?.status === 'DRAINING',
    idempotent: true,
  };
}

/** Why draining would never stop the target: a standalone task, or percentages that let nothing stop (ECS, container instance draining). */
function inert(state: DrillState): string | null {
  const instance = instanceOf(state);
  if (instance === null) return 'the task runs on Fargate: there is no container instance to drain';
  const status = seen(state.world, 'instance', instance)?.status;
  if (status !== undefined && status !== 'ACTIVE') return `the container instance is ${status}, not ACTIVE`;
  const task = seen(state.world, 'task', state.target?.taskArn ?? '');
  if (task?.group?.startsWith('service:') !== true)
    return 'DRAINING leaves standalone tasks alone: it would do nothing to this one';
  const service = seen(state.world, 'service', state.plan.scenario.cluster.service ?? '');
  const { minimumHealthyPercent: least, maximumPercent: most } = service ?? {
    minimumHealthyPercent: null,
    maximumPercent: null,
  };
  if (least !== null && most !== null && least >= 100 && most <= 100)
    return `with minimumHealthyPercent ${String(least)} and maximumPercent ${String(most)} the task would never be stopped`;
  return null;
}

/** Fault `drain-instance`: DRAINING on the EC2 host of the target; ACTIVE again afterwards. */
export const drainInstance: Fault = {
  kind: 'drain-instance',
  actions: ['ecs:UpdateContainerInstancesState', 'ecs:DescribeContainerInstances', 'ecs:ListTasks'],
  subjects(state) {
    const instance = instanceOf(state);
    if (instance === null) return [];
    return [
      { kind: 'instance', id: instance },
      { kind: 'tasks-on', id: instance },
      ...tasks(state).flatMap((id): Subject[] => [
        { kind: 'task', id },
        { kind: 'agents-of-task', id },
      ]),
    ];
  },
  reach: tasks,
  inert,
  shown: (state) => [
    `container instance ${instanceOf(state) ?? ''} is set to DRAINING, and to ACTIVE afterwards`,
    `${String(tasks(state).length)} tasks run on it; those of services are replaced`,
  ],
  inject: (state, now) => nextMove(state, [move(state)], now) ?? awaitHit(state, now),
  undo(state) {
    const sending = mayHaveHappened(state, 'set-instance-state').at(-1);
    if (sending === undefined) return null;
    const back: CallOf<'set-instance-state'> = { ...sending.call, status: 'ACTIVE' };
    if (tried(state, back)) return null;
    const look = compared(state, { kind: 'instance', id: sending.call.instance });
    if (look === 'unreadable') return null;
    if (look !== 'read') return look;
    return seen(state.world, 'instance', sending.call.instance)?.status === 'DRAINING' ? restore(back) : null;
  },
  left(state) {
    const sending = mayHaveHappened(state, 'set-instance-state').at(-1);
    const back = state.undos.some(
      ({ call, result }) => call.kind === 'set-instance-state' && result === 'ok',
    );
    if (sending === undefined || back) return [];
    const status = seen(state.world, 'instance', sending.call.instance)?.status ?? 'unknown';
    return status === 'ACTIVE' ? [] : [`container instance ${sending.call.instance} is ${status}`];
  },
  over: (_state, hits) => hits.length > 0 && hits.every(taskEnded),
};
