import type { Case } from '../checks/check.ts';
import { attemptsOf, type Attempt } from '../evidence/attempts.ts';
import { evidenceOf, type Evidence } from '../evidence/evidence.ts';
import { viewFromStop, listStepJobs, listShownStops, listAssertedTasks } from '../evidence/found.ts';
import { hasAgentLeft } from '../model/entities/agent.ts';
import { hasBuildEnded } from '../model/entities/build.ts';
import type { Instant } from '../model/instants.ts';
import { hasJobEnded, type Job } from '../model/entities/job.ts';
import { isGoingDown, hasTaskEnded, type Task } from '../model/entities/task.ts';
import type { DrillState } from '../state/state.ts';
import { askNow, endWatch, fresh, paced, QUIET_FOR, type Ask, type Step } from '../state/step.ts';
import { findingsOf } from '../verdict/case.ts';
import { describeSubject, sweepOf } from './sweep.ts';
import { keyOf, findFact, type Subject } from '../model/world.ts';

/** What a found stop still waits for, and what is asked for it. */
interface Open {
  readonly what: string;
  readonly subject: Subject;
}

/** `gameday assert`: wait until the build is over and everything that its stops touched has been read. */
export function decideFound(state: DrillState, now: Instant): Step {
  const evidence = evidenceOf(state.index);
  const every = state.plan.scenario.limits.pollEvery;
  const proof = listStopProofAsks(evidence);
  if (proof.length > 0) return { do: 'observe', asks: proof, by: now };
  const building = listOpenBuild(state, evidence);
  const open = [
    ...building,
    ...listOpenJobs(evidence),
    ...listOpenAgents(evidence),
    ...listOpenTasks(state, evidence, building.length === 0),
    ...listOpenStops(state, evidence, now),
  ];
  const deadline = state.deadline ?? now;
  const sweep = open.length === 0 ? sweepStops(state, evidence) : [];
  if (sweep.length > 0 && now < deadline) return askNow(state, sweep, now);
  if (open.length === 0 && sweep.length === 0)
    return endWatch('settled', 'the build is over, and every stop that ECS shows has been followed');
  if (now >= deadline)
    return endWatch(
      'deadline',
      `limits.verdictWithin ended while the drill waited for ${open[0]?.what ?? sweep.map(describeSubject)[0] ?? ''}`,
    );
  const asks = new Map<string, Ask>(
    [...open.map(({ subject }) => subject), ...listHostSubjects(evidence)].map((subject) => [
      keyOf(subject),
      paced(subject, TASKS.has(subject.kind) ? every * SELDOM : every),
    ]),
  );
  return {
    do: 'observe',
    asks: [...asks.values()],
    by: Math.min(deadline, now + QUIET_FOR, now + Math.max(1_000, every * 5)),
  };
}

/** Tasks that still run are looked at every so many polls. */
const SELDOM = 2;
const TASKS: ReadonlySet<Subject['kind']> = new Set(['task', 'tasks-of']);

/** By host name an agent is looked for among the tasks of the service, and a retry may run on a new one. */
function listHostSubjects({ plan }: Evidence): readonly Subject[] {
  return plan.scenario.cluster.mapping === 'hostname' ? [{ kind: 'tasks-of', id: plan.lockKey }] : [];
}

/** A stop that comes while it looks: the job that the task held is read at once, for that read proves it in flight. */
function listStopProofAsks(evidence: Evidence): readonly Ask[] {
  return listShownStops(evidence).flatMap((stop) => {
    const { target } = viewFromStop(evidence, stop, { by: 'found' }) ?? { target: null };
    const from = evidence.firstLook('task', stop.value.arn, isGoingDown);
    // One that was over when it was first seen can be proven by the clocks alone.
    if (target?.jobId == null || from === undefined || hasTaskEnded(from.value)) return [];
    const isRead = evidence.reads('job', target.jobId).some(({ sentAt }) => sentAt >= from.answeredAt);
    return isRead ? [] : [fresh({ kind: 'job', id: target.jobId })];
  });
}

/** Everything once more before a pass (verdict rule 15), for each stop that was found. */
function sweepStops(state: DrillState, evidence: Evidence): readonly Subject[] {
  for (const stop of listShownStops(evidence)) {
    const stopped = viewFromStop(evidence, stop, { by: 'found' });
    if (stopped === null) continue;
    const about: Case = { evidence: stopped, attempts: attemptsOf(stopped) };
    const subjects = sweepOf(state, about, findingsOf(about));
    if (subjects.length > 0) return subjects;
  }
  return [];
}

/** Inside the very build only the step's jobs can be waited for: the build cannot end before we do. */
function listOpenBuild(state: DrillState, evidence: Evidence): readonly Open[] {
  const build = findFact(state.world, 'build', state.buildId ?? '');
  const subject: Subject = { kind: 'build', id: state.buildId ?? '' };
  if (build === undefined) return [{ what: 'the build to be read', subject }];
  if (state.plan.mode === 'assert' && state.plan.assertion.own) {
    const jobs = listStepJobs(evidence);
    return jobs.length > 0 && jobs.every(hasJobEnded) ? [] : [{ what: "the step's jobs to end", subject }];
  }
  return hasBuildEnded(build) || build.state === 'blocked' ? [] : [{ what: 'the build to end', subject }];
}

/** Every attempt's history, and every attempt that a retry names and no list showed. */
function listOpenJobs(evidence: Evidence): readonly Open[] {
  const jobs = listStepJobs(evidence);
  const unread = jobs
    .filter((job) => job.agentId !== null && !hasReadHistory(evidence, job))
    .map(({ id }) => id);
  const hidden = jobs
    .map(({ retryOf }) => retryOf)
    .filter((id) => id !== null && evidence.last('job', id) === null)
    .filter((id) => !evidence.reads('job', id ?? '').some(({ error }) => error?.kind === 'not-found'));
  return [...new Set([...unread, ...hidden])]
    .filter((id) => id !== null)
    .map((id) => ({ what: `the history of job ${id}`, subject: { kind: 'job', id } }));
}

function hasReadHistory(evidence: Evidence, job: Job): boolean {
  const whole = evidence.lastLook('job', job.id, ({ events }) => events !== null);
  return whole !== undefined && hasJobEnded(whole.value);
}

function listOpenAgents(evidence: Evidence): readonly Open[] {
  const ids = new Set(
    listStepJobs(evidence)
      .map(({ agentId }) => agentId)
      .filter((id) => id !== null),
  );
  return [...ids]
    .filter((id) => evidence.last('agent', id) === null)
    .map((id) => ({ what: `agent ${id} to be read`, subject: { kind: 'agent', id } }));
}

/**
 * Tasks that run when it begins are read until the build is over, and once more after that: a stop may come at any time. One
 * that ECS has forgotten (about an hour after its end) shows no stop; it is asked once.
 */
function listOpenTasks(state: DrillState, evidence: Evidence, isBuildOver: boolean): readonly Open[] {
  const over = isBuildOver ? findBuildEnd(state, evidence) : Infinity;
  return listAssertedTasks(evidence)
    .filter((arn) => {
      const mark = state.marks[keyOf({ kind: 'task', id: arn })];
      const task = evidence.last('task', arn);
      if (task !== null && hasTaskEnded(task.value)) return false;
      if (mark?.trouble?.kind === 'not-found') return false;
      return task === null || (mark?.okSentAt ?? 0) < over;
    })
    .map((arn) => ({ what: `task ${arn} to be read`, subject: { kind: 'task', id: arn } }));
}

/** When the build was first seen over; inside the very build, when the step's jobs were last seen. */
function findBuildEnd(state: DrillState, evidence: Evidence): Instant {
  const seenOver = evidence.firstLook(
    'build',
    state.buildId ?? '',
    (build) => hasBuildEnded(build) || build.state === 'blocked',
  );
  if (seenOver !== undefined) return seenOver.answeredAt;
  const jobs = listStepJobs(evidence).map(
    ({ id }) => evidence.firstLook('job', id, hasJobEnded)?.answeredAt ?? 0,
  );
  return Math.max(0, ...jobs);
}

function listOpenStops(state: DrillState, evidence: Evidence, now: Instant): readonly Open[] {
  return listShownStops(evidence).flatMap((stop) => {
    const stopped = viewFromStop(evidence, stop, { by: 'found' });
    if (stopped === null) return [];
    const about: Case = { evidence: stopped, attempts: attemptsOf(stopped) };
    return [
      ...listOpenDefinition(evidence, stop.value),
      ...listOpenEnd(state, stopped, stop.value, now),
      ...listOpenRetries(about),
    ];
  });
}

function listOpenDefinition(evidence: Evidence, task: Task): readonly Open[] {
  if (evidence.last('task-definition', task.definition) !== null) return [];
  return [{ what: 'the task definition', subject: { kind: 'task-definition', id: task.definition } }];
}

function listOpenEnd(state: DrillState, evidence: Evidence, task: Task, now: Instant): readonly Open[] {
  if (!hasTaskEnded(task))
    return [{ what: `task ${task.arn} to be STOPPED`, subject: { kind: 'task', id: task.arn } }];
  const agentId = evidence.target?.agentId ?? '';
  const agent = evidence.last('agent', agentId);
  const ended = evidence.firstLook('task', task.arn, hasTaskEnded)?.answeredAt ?? now;
  const waited = now - ended > state.plan.lostAfter;
  if (agent !== null && (waited || (hasAgentLeft(agent.value) && agent.value.jobs !== null))) return [];
  return [{ what: `agent ${agentId} to leave`, subject: { kind: 'agent', id: agentId } }];
}

function listOpenRetries({ evidence, attempts }: Case): readonly Open[] {
  const unread = (attempt: Attempt): boolean =>
    attempt.role !== 'elsewhere' && !hasReadHistory(evidence, attempt.job);
  return attempts
    .filter(unread)
    .map(({ job }) => ({ what: `job ${job.id} to end`, subject: { kind: 'job', id: job.id } }));
}
