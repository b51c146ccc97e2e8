import type { Case } from '../checks/check.ts';
import { attemptsOf, type Attempt } from '../evidence/attempts.ts';
import { evidenceOf, type Evidence } from '../evidence/evidence.ts';
import { asStruck, jobsLookedAt, stopsShown, tasksLookedAt } from '../evidence/found.ts';
import { agentLeft } from '../model/entities/agent.ts';
import { buildEnded } from '../model/entities/build.ts';
import type { Instant } from '../model/instants.ts';
import { jobEnded, type Job } from '../model/entities/job.ts';
import { taskEnded, type Task } from '../model/entities/task.ts';
import { endWatch } from '../state/inject.ts';
import type { DrillState } from '../state/state.ts';
import { paced, QUIET_FOR, type Ask, type Step } from '../state/step.ts';
import { keyOf, seen, type Subject } from '../model/world.ts';

/** What a found stop still waits for, and what is asked for it. */
interface Open {
  readonly what: string;
  readonly subject: Subject;
}

/** `gameday assert`: wait until the build is over and everything that its stops touched has been read. */
export function decideFound(state: DrillState, now: Instant): Step {
  const evidence = evidenceOf(state.journal);
  const every = state.plan.scenario.limits.pollEvery;
  const open = [
    ...openBuild(state, evidence),
    ...openJobs(evidence),
    ...openAgents(evidence),
    ...openTasks(state, evidence),
    ...openStops(state, evidence, now),
  ];
  if (open.length === 0)
    return endWatch('settled', 'the build is over, and every stop that ECS shows has been followed');
  const deadline = state.deadline ?? now;
  if (now >= deadline)
    return endWatch('deadline', `limits.verdictWithin ended while it waited for ${open[0]?.what ?? ''}`);
  const asks = new Map<string, Ask>(open.map(({ subject }) => [keyOf(subject), paced(subject, every)]));
  return {
    do: 'observe',
    asks: [...asks.values()],
    by: Math.min(deadline, now + QUIET_FOR, now + Math.max(1_000, every * 5)),
  };
}

/** Inside the very build only the step's jobs can be waited for: the build cannot end before we do. */
function openBuild(state: DrillState, evidence: Evidence): readonly Open[] {
  const { inject } = state.plan.scenario;
  const build = seen(state.world, 'build', state.buildId ?? '');
  const subject: Subject = { kind: 'build', id: state.buildId ?? '' };
  if (build === undefined) return [{ what: 'the build to be read', subject }];
  if (inject.fault === 'found' && inject.own) {
    const jobs = jobsLookedAt(evidence);
    return jobs.length > 0 && jobs.every(jobEnded) ? [] : [{ what: "the step's jobs to end", subject }];
  }
  return buildEnded(build) || build.state === 'blocked' ? [] : [{ what: 'the build to end', subject }];
}

function openJobs(evidence: Evidence): readonly Open[] {
  return jobsLookedAt(evidence)
    .filter((job) => job.agentId !== null && !historyRead(evidence, job))
    .map((job) => ({ what: `the history of job ${job.id}`, subject: { kind: 'job', id: job.id } }));
}

function historyRead(evidence: Evidence, job: Job): boolean {
  const whole = evidence.sightings('job', job.id).findLast((sighting) => sighting.value.events !== null);
  return whole !== undefined && jobEnded(whole.value);
}

function openAgents(evidence: Evidence): readonly Open[] {
  const ids = new Set(
    jobsLookedAt(evidence)
      .map(({ agentId }) => agentId)
      .filter((id) => id !== null),
  );
  return [...ids]
    .filter((id) => evidence.last('agent', id) === null)
    .map((id) => ({ what: `agent ${id} to be read`, subject: { kind: 'agent', id } }));
}

/** A task that ECS has forgotten (about an hour after its end) shows no stop; it is asked once. */
function openTasks(state: DrillState, evidence: Evidence): readonly Open[] {
  return tasksLookedAt(evidence)
    .filter(
      (arn) =>
        evidence.last('task', arn) === null &&
        state.marks[keyOf({ kind: 'task', id: arn })]?.trouble?.kind !== 'not-found',
    )
    .map((arn) => ({ what: `task ${arn} to be read`, subject: { kind: 'task', id: arn } }));
}

function openStops(state: DrillState, evidence: Evidence, now: Instant): readonly Open[] {
  return stopsShown(evidence).flatMap((stop) => {
    const struck = asStruck(evidence, stop, { by: 'found' });
    if (struck === null) return [];
    const about: Case = { evidence: struck, attempts: attemptsOf(struck) };
    return [
      ...openDefinition(evidence, stop.value),
      ...openEnd(state, struck, stop.value, now),
      ...openRetries(about),
    ];
  });
}

function openDefinition(evidence: Evidence, task: Task): readonly Open[] {
  if (evidence.last('task-definition', task.definition) !== null) return [];
  return [{ what: 'the task definition', subject: { kind: 'task-definition', id: task.definition } }];
}

function openEnd(state: DrillState, evidence: Evidence, task: Task, now: Instant): readonly Open[] {
  if (!taskEnded(task))
    return [{ what: `task ${task.arn} to be STOPPED`, subject: { kind: 'task', id: task.arn } }];
  const agentId = evidence.target?.agentId ?? '';
  const agent = evidence.last('agent', agentId);
  const ended = evidence.sightings('task', task.arn).find(({ value }) => taskEnded(value))?.answeredAt ?? now;
  const waited = now - ended > state.plan.lostAfter;
  if (agent !== null && (waited || (agentLeft(agent.value) && agent.value.jobs !== null))) return [];
  return [{ what: `agent ${agentId} to leave`, subject: { kind: 'agent', id: agentId } }];
}

function openRetries({ evidence, attempts }: Case): readonly Open[] {
  const unread = (attempt: Attempt): boolean =>
    attempt.role !== 'elsewhere' && !historyRead(evidence, attempt.job);
  return attempts
    .filter(unread)
    .map(({ job }) => ({ what: `job ${job.id} to end`, subject: { kind: 'job', id: job.id } }));
}
