import type { Case } from '../checks/check.ts';
import { faultOf } from '../faults/list.ts';
import {
  listCommandEndAsks,
  listFollowAsks,
  listMissingTasks,
  listUnreadSubjects,
} from '../faults/rollout.ts';
import { attemptsOf } from '../evidence/attempts.ts';
import type { Evidence, Sighting } from '../evidence/evidence.ts';
import { hitsOf, reachOf, viewFromHits } from '../evidence/hits.ts';
import { findSignalledLook } from '../evidence/stop.ts';
import { findingsOf } from '../verdict/case.ts';
import { AGENT_EVERY, asksOf, findNextLook } from './asks.ts';
import { TASK_ARN_TAG } from '../model/entities/agent.ts';
import { hasJobEnded } from '../model/entities/job.ts';
import type { Instant } from '../model/instants.ts';
import { findNextJob, mayBeTakenAtWork } from '../evidence/spared.ts';
import { findRecordedEnd } from '../evidence/job-times.ts';
import { hasBeenPutBack } from '../faults/marking.ts';
import { isToBeSpared } from '../scenario/plan.ts';
import { isGoingDown, hasTaskEnded, type Task } from '../model/entities/task.ts';
import { awaitCounters, describeOpenCounters } from './counters.ts';
import { describeOpenWork } from './ending.ts';
import { isAtRest, listOwnBuildAsks, listOwnBuilds } from './own-builds.ts';
import { hasReadSince, type DrillState } from '../state/state.ts';
import { endWatch, fresh, paced, QUIET_FOR, type Ask, type Step } from '../state/step.ts';
import { describeSubject, sweepOf, untriedOf } from './sweep.ts';
import { askWithinShare } from './with-budget.ts';
import { keyOf, findFact } from '../model/world.ts';

/** After a fault that makes the scheduler stop tasks: every task that it takes is followed like a stopped one, until the whole is over. */
export function decideScheduled(state: DrillState, evidence: Evidence, now: Instant): Step {
  const hits = hitsOf(evidence);
  const proof = [
    ...listUnreadAgentAsks(evidence, hits),
    ...listUnreadJobAsks(evidence),
    ...listCommandEndAsks(state),
  ];
  if (proof.length > 0) return { do: 'observe', asks: proof, by: now };
  const isSparing = isToBeSpared(state.plan);
  const cases = viewFromHits(evidence)
    .filter((stopped) => !isSparing || mayBeTakenAtWork(stopped))
    .map((stopped): Case => ({ evidence: stopped, attempts: attemptsOf(stopped) }));
  if (isSparing && isPutBackTooEarly(state))
    return endWatch('gap', 'the change was put back by a signal before the worker was taken');
  const open = [
    ...describeOpenRest(state, evidence, hits),
    ...describeOpenStay(state),
    ...cases.flatMap((about) => describeOpenWork(about, findingsOf(about), now)),
  ];
  const deadline = state.deadline ?? now;
  const sweeps =
    open.length > 0 ? [] : cases.map((about) => ({ about, of: sweepOf(state, about, findingsOf(about)) }));
  const first = sweeps.find(({ of }) => of.length > 0);
  const sweep = first?.of ?? [];
  if (sweep.length > 0 && now < deadline) return askWithinShare(state, sweep, now, deadline);
  const counters = open.length === 0 && sweep.length === 0 ? awaitCounters(state, cases, now) : null;
  if (counters !== null && now < deadline) return counters;
  if (open.length === 0 && sweep.length === 0 && counters === null)
    return endWatch('settled', 'nothing more can change the outcome');
  const asks = new Map<string, Ask>();
  for (const one of [
    ...listGeneralAsks(state, hits),
    ...cases.flatMap((about) => asksOf(state, about, cases.length)),
  ])
    asks.set(keyOf(one.subject), one);
  const untried = first === undefined ? [] : untriedOf(state, first.about, sweep);
  const unread = now < deadline ? [] : [...listUnreadSubjects(state, [...asks.values()]), ...untried];
  if (unread.length > 0) return { do: 'observe', asks: unread.map(fresh), by: now };
  if (now >= deadline)
    return endWatch(
      'deadline',
      `limits.verdictWithin ended while the drill waited for ${[...open, ...sweep.map(describeSubject), ...describeOpenCounters(counters)].join(', ')}`,
    );
  return {
    do: 'observe',
    asks: [...asks.values()],
    by: Math.min(deadline, now + QUIET_FOR, findNextLook(state, now)),
  };
}

/** When a task is first seen going down its agents are read at once: only then is it known what they held. */
function listUnreadAgentAsks(evidence: Evidence, hits: readonly Sighting<Task>[]): readonly Ask[] {
  return hits.flatMap(({ value: task }) => {
    const from = evidence.firstLook('task', task.arn, isGoingDown)?.answeredAt ?? 0;
    const listed = evidence.values('agents-of-task', task.arn).flatMap(({ agents }) => agents);
    const tagged = evidence.every('agent').filter(({ value }) => value.tags[TASK_ARN_TAG] === task.arn);
    const own = new Set([...listed, ...tagged.map(({ id }) => id)]);
    return [...own]
      .filter((id) => !evidence.reads('agent', id).some(({ sentAt }) => sentAt >= from))
      .map((id) => fresh({ kind: 'agent', id }));
  });
}

/**
 * And so is the job that it held: the read after the stop that proves it in flight. Where the signal comes later, behind a load
 * balancer or after containers that depend on the agent's, it is read again then.
 */
function listUnreadJobAsks(evidence: Evidence): readonly Ask[] {
  return viewFromHits(evidence).flatMap((stopped) => {
    const { target } = stopped;
    if (target?.jobId == null) return [];
    const told = evidence.firstLook('task', target.taskArn, isGoingDown)?.answeredAt ?? 0;
    const from = Math.max(told, findSignalledLook(stopped)?.at ?? 0);
    const read = evidence.reads('job', target.jobId).some(({ sentAt }) => sentAt >= from);
    return read ? [] : [fresh({ kind: 'job', id: target.jobId })];
  });
}

function describeOpenRest(
  state: DrillState,
  evidence: Evidence,
  hits: readonly Sighting<Task>[],
): readonly string[] {
  const fault = faultOf(state.plan);
  const over =
    fault === null ||
    isSparedForMore(state, evidence) ||
    fault.hasFinished(
      state,
      hits.map(({ value }) => value),
    );
  const moving = listOwnBuilds(state).filter((build) => !isAtRest(build));
  const wanted = state.plan.scenario.expect.build === 'passed' ? moving : [];
  return [
    ...(over ? [] : [`the ${fault.name} to be over`]),
    // Off the list and not yet seen going down: what it held may be lost.
    ...listMissingTasks(state).map((arn) => `task ${arn} to be seen again`),
    ...hits.filter(({ value }) => !hasTaskEnded(value)).map(({ value }) => `task ${value.arn} to be STOPPED`),
    ...wanted.map(({ number }) => `build ${String(number)} to end`),
  ];
}

/**
 * The target has its next job and is protected for it, and the change has no other task to take: the drill does not wait for a
 * moment between two jobs.
 */
function isSparedForMore(state: DrillState, evidence: Evidence): boolean {
  if (!isToBeSpared(state.plan) || findNextJob(evidence) === undefined) return false;
  const fault = faultOf(state.plan);
  const others = reachOf(evidence).filter((arn) => arn !== state.target?.taskArn);
  const isLeft = (arn: string): boolean => {
    const task = findFact(state.world, 'task', arn);
    return task !== undefined && isGoingDown(task);
  };
  return fault?.name === 'scale-in' || others.every(isLeft);
}

/** The change was put back, and a read since then shows that nothing had taken the target: nothing will. */
function isPutBackTooEarly(state: DrillState): boolean {
  const arn = state.target?.taskArn ?? '';
  if (!hasBeenPutBack(state) || !hasReadSince(state, 'task', arn, state.takenUpAt)) return false;
  const task = findFact(state.world, 'task', arn);
  return task !== undefined && !isGoingDown(task);
}

/** A worker that is to be spared: its job must end, and its history say when. */
function describeOpenStay(state: DrillState): readonly string[] {
  const id = isToBeSpared(state.plan) ? (state.target?.jobId ?? null) : null;
  const job = id === null ? undefined : findFact(state.world, 'job', id);
  const isOver = job !== undefined && hasJobEnded(job) && findRecordedEnd(job) !== null;
  return id === null || isOver ? [] : [`job ${id} to end`];
}

/** While it is left alone its job, task and protection are followed as those of a stopped one are; then also what its agent does next. */
function listStayAsks({ plan, target, world }: DrillState, every: number): readonly Ask[] {
  if (!isToBeSpared(plan) || target?.jobId == null) return [];
  const { jobId, taskArn, agentId } = target;
  const job = findFact(world, 'job', jobId);
  return [
    ...(job !== undefined && hasJobEnded(job)
      ? [paced({ kind: 'agent', id: agentId }, every * AGENT_EVERY)]
      : []),
    paced({ kind: 'job', id: jobId }, every),
    paced({ kind: 'task', id: taskArn }, every),
    paced({ kind: 'protection', id: taskArn }, every),
  ];
}

function listGeneralAsks(state: DrillState, hits: readonly Sighting<Task>[]): readonly Ask[] {
  const every = state.plan.scenario.limits.pollEvery;
  return [
    ...listFollowAsks(state, every),
    ...listStayAsks(state, every),
    ...listOwnBuildAsks(state, every),
    ...hits
      .filter(({ value }) => !hasTaskEnded(value))
      .map(({ value }) => paced({ kind: 'task', id: value.arn }, every)),
    ...hits
      .filter(({ value }) => findFact(state.world, 'task-definition', value.definition) === undefined)
      .map(({ value }) => paced({ kind: 'task-definition', id: value.definition }, every)),
  ];
}
