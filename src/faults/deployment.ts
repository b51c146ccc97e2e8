import type { CallOf } from '../model/call.ts';
import { explainReplacementBlock, type Service } from '../model/entities/task.ts';
import type { DrillState } from '../state/state.ts';
import { explainLongDeployment } from '../model/entities/service-traits.ts';
import { findFact, type Subject } from '../model/world.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import { findDecisiveCall, findNewDeployment, primaryOf, reachOf } from '../evidence/hits.ts';
import type { Fault } from './fault.ts';
import { makeChanges, type Change } from './change.ts';
import { awaitEffect, explainCutList } from './rollout.ts';

export function serviceOf(state: DrillState): string {
  return state.plan.scenario.cluster.service ?? '';
}

export function serviceIn(state: DrillState): Service | undefined {
  return findFact(state.world, 'service', serviceOf(state));
}

export function listServiceTasks(state: DrillState): readonly string[] {
  return findFact(state.world, 'tasks-of', state.plan.lockKey)?.arns ?? [];
}

/** Id of the deployment that our call began, as far as it was seen. */
function findOurDeployment(state: DrillState): string | null {
  const evidence = evidenceOf(state.index);
  const decisive = findDecisiveCall(evidence);
  return decisive === null ? null : findNewDeployment(evidence, decisive);
}

/** Not idempotent: a second call would begin a second rollout, so an unknown outcome is looked into and never repeated. */
function changeOf(state: DrillState): Change {
  const call: CallOf<'force-deployment'> = {
    kind: 'force-deployment',
    cluster: state.plan.scenario.cluster.name,
    service: serviceOf(state),
  };
  return {
    call,
    seenIn: [{ kind: 'service', id: serviceOf(state) }],
    hasHappened: (now) => findOurDeployment(now) !== null,
    otherChange: () => null,
    idempotent: false,
  };
}

/** A deployment that cannot be over within the watch proves nothing. */
export function explainLong({ plan }: DrillState, { name, traits }: Service): string | null {
  const why = explainLongDeployment(traits, plan.scenario.limits.verdictWithin);
  return why === null ? null : `a deployment of service ${name} cannot be watched to its end: ${why}`;
}

/** Fault `deployment`: forceNewDeployment; every job in flight on every task that the rollout stops is judged. It has no undo: the same definition runs after it. */
export const deployment: Fault = {
  name: 'deployment',
  needs: () => ({ calls: ['force-deployment'], reads: ['service', 'tasks-of', 'task'] }),
  subjects(state) {
    return [
      { kind: 'tasks-of', id: state.plan.lockKey },
      ...listServiceTasks(state).flatMap((id): Subject[] => [
        { kind: 'task', id },
        { kind: 'agents-of-task', id },
      ]),
    ];
  },
  reach: listServiceTasks,
  inert(state) {
    const service = serviceIn(state);
    if (service === undefined) return 'a deployment needs a service: cluster.service names none';
    if (service.controller !== 'ECS')
      return `the service is deployed by ${service.controller}: ECS cannot start a new deployment of it`;
    return (
      explainReplacementBlock(service) ??
      explainLong(state, service) ??
      explainCutList(state, 'tasks-of', state.plan.lockKey)
    );
  },
  describeCalls: (state) => [
    `a new deployment of service ${serviceOf(state)}: each of its ${String(listServiceTasks(state).length || (serviceIn(state)?.running ?? 0))} tasks is replaced`,
  ],
  touches: (tasks) => [`UpdateService: a new deployment of ${tasks}, which replaces every task`],
  inject: (state, now) => makeChanges(state, [changeOf(state)], now) ?? awaitEffect(state, now),
  restore: () => null,
  undo: () => null,
  describeLeft(state) {
    const call = state.injections.findLast(({ result }) => result !== 'refused');
    if (call === undefined || call.result === 'ok' || findOurDeployment(state) !== null) return [];
    return [`a new deployment of service ${serviceOf(state)} may have been started`];
  },
  hasFinished(state) {
    const service = serviceIn(state);
    const primary = service === undefined ? null : primaryOf(service);
    if (primary === null || primary.id !== findOurDeployment(state))
      return primary !== null && findOurDeployment(state) !== null;
    const completed = (primary.rolloutState ?? 'COMPLETED') === 'COMPLETED';
    // The service may be read before the list of its tasks: those that were there before must be off it, and all of it known.
    const before = reachOf(evidenceOf(state.index));
    const isWhole = findFact(state.world, 'tasks-of', state.plan.lockKey)?.complete === true;
    const gone = isWhole && !listServiceTasks(state).some((arn) => before.includes(arn));
    return service?.deployments.length === 1 && completed && gone;
  },
};
