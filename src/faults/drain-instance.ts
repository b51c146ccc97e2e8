import type { CallOf } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import { explainReplacementBlock, hasTaskEnded } from '../model/entities/task.ts';
import { markOf, type DrillState } from '../state/state.ts';
import type { Step } from '../state/step.ts';
import { findFact, type Subject } from '../model/world.ts';
import type { Fault } from './fault.ts';
import { makeChanges, type Change } from './change.ts';
import { findMarkedService, hasBeenPutBack, listMarkChanges } from './marking.ts';
import { awaitHit, explainCutList } from './rollout.ts';
import { listPossibleSendings, restoreIfOurs, hasBeenCompared } from './undoing.ts';

function instanceOf(state: DrillState): string | null {
  return findFact(state.world, 'task', state.target?.taskArn ?? '')?.instanceArn ?? null;
}

function listInstanceTasks(state: DrillState): readonly string[] {
  return findFact(state.world, 'tasks-on', instanceOf(state) ?? '')?.arns ?? [];
}

function changeOf(state: DrillState): Change {
  const instance = instanceOf(state) ?? '';
  const call: CallOf<'set-instance-state'> = {
    kind: 'set-instance-state',
    cluster: state.plan.scenario.cluster.name,
    instance,
    status: 'DRAINING',
  };
  return {
    call,
    seenIn: [{ kind: 'instance', id: instance }],
    hasHappened: ({ world }) => findFact(world, 'instance', instance)?.status === 'DRAINING',
    otherChange: () => null,
    idempotent: true,
  };
}

/** Why draining would never stop the target: a standalone task, or percentages that let nothing stop (ECS, container instance draining). */
function explainInert(state: DrillState): string | null {
  if (state.target === null) return null;
  const instance = instanceOf(state);
  if (instance === null) return 'the task runs on Fargate: there is no container instance to drain';
  const status = findFact(state.world, 'instance', instance)?.status;
  if (status !== undefined && status !== 'ACTIVE') return `the container instance is ${status}, not ACTIVE`;
  const task = findFact(state.world, 'task', state.target?.taskArn ?? '');
  if (task?.group?.startsWith('service:') !== true)
    return 'DRAINING leaves standalone tasks alone: it would do nothing to this one';
  const service = findFact(state.world, 'service', state.plan.scenario.cluster.service ?? '');
  const blocked = service === undefined ? null : explainReplacementBlock(service);
  return blocked ?? explainCutList(state, 'tasks-on', instance);
}

/** The end of an instance's ARN, by which ECS knows it too. */
function idOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

function restoreInstance(state: DrillState, now: Instant): Step | null {
  const call = listPossibleSendings(state, 'set-instance-state').at(-1)?.call;
  if (call === undefined) return null;
  const back: CallOf<'set-instance-state'> = { ...call, status: 'ACTIVE' };
  const isOurs = (): boolean => findFact(state.world, 'instance', call.instance)?.status === 'DRAINING';
  return restoreIfOurs(state, back, { kind: 'instance', id: call.instance }, isOurs, now);
}

/** Fault `drain-instance`: DRAINING on the EC2 host of the target; ACTIVE again afterwards. */
export const drainInstance: Fault = {
  name: 'drain-instance',
  needs: () => ({ calls: ['set-instance-state'], reads: ['instance', 'tasks-on', 'task', 'service'] }),
  subjects(state) {
    const instance = instanceOf(state);
    if (instance === null) return [];
    const marked = findMarkedService(state);
    return [
      ...(marked === null ? [] : [{ kind: 'service', id: marked } as const]),
      { kind: 'instance', id: instance },
      { kind: 'tasks-on', id: instance },
      ...listInstanceTasks(state).flatMap((id): Subject[] => [
        { kind: 'task', id },
        { kind: 'agents-of-task', id },
      ]),
    ];
  },
  reach: listInstanceTasks,
  inert: explainInert,
  describeCalls: (state) => [
    `container instance ${instanceOf(state) ?? ''} is set to DRAINING, and to ACTIVE afterwards`,
    `${String(listInstanceTasks(state).length)} tasks run on it; those of services are replaced`,
  ],
  touches: (tasks, target) => [
    `UpdateContainerInstancesState: DRAINING for the host of one task of ${tasks}, ${target}; ACTIVE afterwards`,
  ],
  inject(state, now) {
    if (hasBeenPutBack(state)) return awaitHit(state, now);
    const instance = idOf(instanceOf(state) ?? '');
    const marks = listMarkChanges(state, { kind: 'draining', instance }, now);
    return makeChanges(state, [...marks, changeOf(state)], now) ?? awaitHit(state, now);
  },
  restore: restoreInstance,
  undo: restoreInstance,
  describeLeft(state) {
    const call = listPossibleSendings(state, 'set-instance-state').at(-1)?.call;
    const back = state.undos.some((undo) => undo.call.kind === 'set-instance-state' && undo.result === 'ok');
    if (call === undefined || back) return [];
    if (markOf(state, 'instance', call.instance)?.trouble?.kind === 'not-found')
      return [`container instance ${call.instance} is not in the cluster any more`];
    if (!hasBeenCompared(state, { kind: 'instance', id: call.instance }))
      return [
        `the state of container instance ${call.instance} could not be read; it was ACTIVE before the drill`,
      ];
    const status = findFact(state.world, 'instance', call.instance)?.status ?? 'unknown';
    return status === 'ACTIVE' ? [] : [`container instance ${call.instance} is ${status}`];
  },
  hasFinished(state, hits) {
    const own = findFact(state.world, 'task', state.target?.taskArn ?? '')?.group;
    const left = listInstanceTasks(state).filter((arn) => findFact(state.world, 'task', arn)?.group === own);
    // A host that was put back takes tasks again.
    const isOver = left.length === 0 || hasBeenPutBack(state);
    return hits.length > 0 && hits.every(hasTaskEnded) && isOver;
  },
};
