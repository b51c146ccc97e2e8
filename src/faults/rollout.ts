import type { Instant } from '../model/instants.ts';
import { markOf, type DrillState } from '../state/state.ts';
import { endWatch, fresh, paced, QUIET_FOR, type Ask, type Step } from '../state/step.ts';
import { hostIn } from '../model/call.ts';
import { findFact, listFacts, type Subject } from '../model/world.ts';
import { COMMAND } from '../scenario/subjects.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import {
  mayBeBy,
  findDecisiveCall,
  hitsOf,
  listOf,
  findFailedDeployment,
  findOvertaking,
  reachOf,
  quoteServiceEvent,
} from '../evidence/hits.ts';
import { findInForce } from '../evidence/spared.ts';
import { formatClockTime } from '../checks/times.ts';
import { isToBeSpared } from '../scenario/plan.ts';
import { hasBeenPutBack } from './marking.ts';

/** A task that is listed no more is described again at this pace until it shows why, milliseconds. */
const DESCRIBE_EVERY = 500;
/** After somebody else's change, or the failure of our deployment, the scheduler is given so long to show what it did for ours, milliseconds. */
const SURE_AFTER = 5_000;

/** Why a fault that reaches whatever the scheduler chooses may not be injected while not all of that is known; null where it is. */
export function explainCutList(state: DrillState, kind: 'tasks-of' | 'tasks-on', id: string): string | null {
  const listed = findFact(state.world, kind, id);
  if (listed?.complete !== false) return null;
  const where = kind === 'tasks-of' ? 'the service' : `container instance ${id}`;
  return `the tasks of ${where} could not be listed to the end (${String(listed.arns.length)} were), so what the fault would reach is not known`;
}

/** The lists and places that show which tasks the scheduler takes. */
function listPlaceAsks(state: DrillState, every: number): readonly Ask[] {
  const { cluster } = state.plan.scenario;
  const calls = state.injections.map(({ call }) => call);
  const host = calls.map(hostIn).findLast((instance) => instance !== null) ?? null;
  const subjects: Subject[] = [
    ...(cluster.service === null ? [] : [{ kind: 'service', id: cluster.service } as const]),
    ...(host === null
      ? [{ kind: 'tasks-of', id: state.plan.lockKey } as const]
      : [{ kind: 'instance', id: host } as const, { kind: 'tasks-on', id: host } as const]),
    ...listFacts(state.world, 'experiment').map(({ id }) => ({ kind: 'experiment', id }) as const),
  ];
  const scaled = calls.some(({ kind }) => kind === 'set-minimum-capacity');
  const command = calls.some(({ kind }) => kind === 'run-command');
  return [
    ...subjects.map((subject) => paced(subject, every)),
    ...(scaled && cluster.service !== null
      ? [paced({ kind: 'scaling-activities', id: cluster.service }, every)]
      : []),
    ...(command ? [paced(COMMAND, Math.min(every, DESCRIBE_EVERY))] : []),
  ];
}

/** Tasks in reach that the latest list no longer holds and that have not been seen stopping yet. */
export function listMissingTasks(state: DrillState): readonly string[] {
  const evidence = evidenceOf(state.index);
  const listed = new Set(evidence.every(listOf(evidence)).flatMap(({ value }) => value.arns));
  return reachOf(evidence).filter(
    (arn) => !listed.has(arn) && evidence.last('task', arn)?.value.desired !== 'STOPPED',
  );
}

/** All calls of the fault were answered: wait until the first task goes down, which is the proof that it landed. */
export function awaitHit(state: DrillState, now: Instant): Step {
  const evidence = evidenceOf(state.index);
  const hit = hitsOf(evidence)[0]?.value;
  const cause = `${hit?.stopCode ?? 'no stop code'}, "${hit?.stoppedReason ?? ''}"`;
  const decisive = findDecisiveCall(evidence);
  if (hit !== undefined && decisive !== null && !mayBeBy(decisive, hit))
    return endWatch('settled', `the task is going down for another reason: ${cause}`);
  if (hit !== undefined) {
    const who = decisive?.call.kind === 'start-experiment' ? 'the experiment' : 'the scheduler';
    const said = `${who} stops ${hit.arn}: ${cause}`;
    const payload = { taskArn: hit.arn, by: 'observation', said } as const;
    return { do: 'conclude', event: { code: 'GD_FAULT_LANDED', payload } };
  }
  const other =
    decisive === null
      ? null
      : (findOvertaking(evidence, decisive, Infinity) ?? findFailedDeployment(evidence, decisive));
  if (other !== null && now - other.at >= SURE_AFTER) return endWatch('settled', other.said);
  const back = hasBeenPutBack(state) ? state.takenUpAt + SURE_AFTER : Infinity;
  if (now >= back)
    return endWatch('gap', 'the change was put back by a signal before a task was seen to stop');
  const deadline = Math.min(state.deadline ?? now, back);
  const asks = listFollowAsks(state, state.plan.scenario.limits.pollEvery);
  if (now < deadline)
    return { do: 'observe', asks, by: Math.min(deadline, now + (other === null ? QUIET_FOR : SURE_AFTER)) };
  const unread = listUnreadSubjects(state, asks);
  if (unread.length > 0) return { do: 'observe', asks: unread.map(fresh), by: now };
  return endWatch(
    'deadline',
    `limits.verdictWithin ended, and the scheduler had stopped no task${quoteServiceEvent(evidence)}`,
  );
}

/**
 * What shows that the calls of a fault took effect: the first task that goes down; or, where the target is to be spared, the
 * change itself, for then nothing may go down until the job is over.
 */
export function awaitEffect(state: DrillState, now: Instant): Step {
  const evidence = evidenceOf(state.index);
  const look = isToBeSpared(state.plan) ? findInForce(evidence) : undefined;
  if (look === undefined || hitsOf(evidence).length > 0) return awaitHit(state, now);
  const said = `the service shows it since ${formatClockTime(look.answeredAt)}, and its tasks are watched`;
  const payload = { taskArn: state.target?.taskArn ?? '', by: 'in-force', said } as const;
  return { do: 'conclude', event: { code: 'GD_FAULT_LANDED', payload } };
}

/** A process that takes a drill up after its deadline looks once: what happened meanwhile can still be read. */
export function listUnreadSubjects(state: DrillState, asks: readonly Ask[]): readonly Subject[] {
  return asks
    .map(({ subject }) => subject)
    .filter(({ kind, id }) => (markOf(state, kind, id)?.triedAt ?? 0) < state.takenUpAt);
}

/** The service is read as soon as the command has ended: what was not changed by then is somebody else's. */
export function listCommandEndAsks(state: DrillState): readonly Ask[] {
  const { service } = state.plan.scenario.cluster;
  const endedAt = findFact(state.world, COMMAND.kind, COMMAND.id)?.endedAt ?? null;
  if (service === null || endedAt === null) return [];
  return (markOf(state, 'service', service)?.triedAt ?? 0) < endedAt
    ? [fresh({ kind: 'service', id: service })]
    : [];
}

/** What shows which tasks the scheduler stops, while the fault goes on. */
export function listFollowAsks(state: DrillState, every: number): readonly Ask[] {
  const gone = listMissingTasks(state).map((id) =>
    paced({ kind: 'task', id }, Math.min(every, DESCRIBE_EVERY)),
  );
  return [...listPlaceAsks(state, every), ...gone];
}
