import type { CallOf } from '../drill/call.ts';
import type { DrillState } from '../drill/state.ts';
import { seen, type Subject } from '../drill/world.ts';
import type { Fault } from './fault.ts';
import { nextMove, type Move } from './moves.ts';
import { awaitHit } from './rollout.ts';

function serviceOf(state: DrillState): string {
  return state.plan.scenario.cluster.service ?? '';
}

function tasks(state: DrillState): readonly string[] {
  return seen(state.world, 'tasks-of', state.plan.lockKey)?.arns ?? [];
}

/** Not idempotent: a second call would begin a second rollout, so an unknown outcome is looked into and never repeated. */
function move(state: DrillState): Move {
  const call: CallOf<'force-deployment'> = {
    kind: 'force-deployment',
    cluster: state.plan.scenario.cluster.name,
    service: serviceOf(state),
  };
  return {
    call,
    seenIn: { kind: 'service', id: serviceOf(state) },
    happened: ({ world }) => (seen(world, 'service', serviceOf(state))?.deployments.length ?? 0) > 1,
    idempotent: false,
  };
}

/** Fault `deployment`: forceNewDeployment; every job in flight on every task that the rollout stops is judged. It has no undo: the same definition runs after it. */
export const deployment: Fault = {
  kind: 'deployment',
  actions: ['ecs:UpdateService', 'ecs:ListTasks'],
  subjects(state) {
    return [
      { kind: 'tasks-of', id: state.plan.lockKey },
      ...tasks(state).flatMap((id): Subject[] => [
        { kind: 'task', id },
        { kind: 'agents-of-task', id },
      ]),
    ];
  },
  reach: tasks,
  inert(state) {
    const service = seen(state.world, 'service', serviceOf(state));
    if (service === undefined) return 'a deployment needs a service: cluster.service names none';
    if (service.controller !== 'ECS')
      return `the service is deployed by ${service.controller}: ECS cannot be told to deploy it anew`;
    if (
      service.maximumPercent !== null &&
      service.minimumHealthyPercent !== null &&
      service.maximumPercent <= 100 &&
      service.minimumHealthyPercent >= 100
    )
      return `with minimumHealthyPercent ${String(service.minimumHealthyPercent)} and maximumPercent ${String(service.maximumPercent)} no task can be replaced`;
    return null;
  },
  shown: (state) => [
    `a new deployment of service ${serviceOf(state)}: each of its ${String(tasks(state).length)} tasks is replaced`,
  ],
  inject: (state, now) => nextMove(state, [move(state)], now) ?? awaitHit(state, now),
  undo: () => null,
  left: () => [],
  over(state) {
    const service = seen(state.world, 'service', serviceOf(state));
    const rollout = service?.deployments[0]?.rolloutState ?? null;
    return service?.deployments.length === 1 && (rollout === null || rollout === 'COMPLETED');
  },
};
