import { CONTAINER_NAME_TAG, TASK_ARN_TAG, type Agent } from '../model/entities/agent.ts';
import { isHostOf } from '../model/entities/host.ts';
import type { Job } from '../model/entities/job.ts';
import { isGoingDown, type Task } from '../model/entities/task.ts';
import { byBuildkite, byEcs, clocksOf } from './clocks.ts';
import type { Evidence, Sighting } from './evidence.ts';
import { findEndTime, findStartTime } from './job-times.ts';
import { containerOf } from './own-container.ts';
import { matchesStep } from '../model/step-name.ts';
import { stepOfPlan } from '../scenario/plan.ts';
import type { Target } from '../journal/events.ts';

/** A task that ends by itself, or never began, was not stopped by anybody (`stopCode`). */
const BY_ITSELF: ReadonlySet<string> = new Set(['EssentialContainerExited', 'TaskFailedToStart']);

/** ARNs of the tasks that `assert` looks at: those given, else those of the agents that had the build's jobs. */
export function listAssertedTasks(evidence: Evidence): readonly string[] {
  const { plan } = evidence;
  if (plan.mode !== 'assert') return [];
  if (plan.assertion.tasks.length > 0) return plan.assertion.tasks;
  const agents = new Set(listStepJobs(evidence).map(({ agentId }) => agentId));
  const arns = evidence
    .every('agent')
    .filter(({ id }) => agents.has(id))
    .map(({ value }) => taskArnOf(evidence, value));
  return [...new Set(arns.filter((arn) => arn !== null))];
}

/** The task that an agent's tag names; without one, where agents are mapped by host name, the only task that goes by its host and was there when it connected. */
function taskArnOf(evidence: Evidence, agent: Agent): string | null {
  const tag = agent.tags[TASK_ARN_TAG];
  if (tag !== undefined) return tag;
  const { connectedAt } = agent;
  if (evidence.plan.scenario.cluster.mapping !== 'hostname' || connectedAt === null) return null;
  const { order } = clocksOf(evidence);
  const there = evidence
    .every('task')
    .filter(
      ({ value: { hostnames, createdAt, stoppedAt } }) =>
        isHostOf(agent.hostname, hostnames) &&
        (createdAt === null || order(byEcs(createdAt), byBuildkite(connectedAt)) !== 'after') &&
        (stoppedAt === null || order(byEcs(stoppedAt), byBuildkite(connectedAt)) !== 'before'),
    );
  return there.length === 1 ? (there[0]?.value.arn ?? null) : null;
}

/** The builds' jobs, those of the step alone where one is named. */
export function listStepJobs(evidence: Evidence): readonly Job[] {
  const step = stepOfPlan(evidence.plan);
  return evidence
    .every('job')
    .map(({ value }) => value)
    .filter((job) => evidence.buildIds.includes(job.buildId) && (step === null || matchesStep(step, job)));
}

/** The tasks among them that somebody stopped, not before `since`. */
export function listShownStops(evidence: Evidence): readonly Sighting<Task>[] {
  const { plan } = evidence;
  const since = plan.mode === 'assert' ? plan.assertion.since : null;
  return listAssertedTasks(evidence)
    .map((arn) => evidence.last('task', arn))
    .filter((seen) => seen !== null)
    .filter(({ value }) => isGoingDown(value) && !BY_ITSELF.has(value.stopCode ?? ''))
    .filter(({ value }) => since === null || (value.stoppingAt ?? value.stoppedAt ?? since) >= since);
}

/** Of which stop the journal is looked at: one that was found, or one that the scheduler made at our call (the event that intended it). */
export type Made = { readonly by: 'found' } | { readonly by: 'scheduler'; readonly intendedSeq: number };

/**
 * The journal as seen from one stop: that task is the stopped one, and a job that it held is the target: one of the build's
 * step first, and for a stop of our own making any job. Null where it held none and was not aimed at as an idle one.
 */
export function viewFromStop(
  evidence: Evidence,
  { value: task }: Sighting<Task>,
  made: Made,
): Evidence | null {
  const at = task.stoppingAt ?? task.stoppedAt;
  if (at === null) return null;
  const [stop, clocks] = [byEcs(at), clocksOf(evidence)];
  // Where agents are mapped by host name they have no tag, but were listed under their task, or share its host.
  const listed = new Set(evidence.values('agents-of-task', task.arn).flatMap(({ agents }) => agents));
  const agents = evidence
    .every('agent')
    .filter(
      ({ id, value }) => (taskArnOf(evidence, value) ?? (listed.has(id) ? task.arn : null)) === task.arn,
    );
  const others = made.by === 'found' ? [] : evidence.every('job').map(({ value }) => value);
  const held = [...listStepJobs(evidence), ...others].find((job) => {
    const [began, ended] = [findStartTime(job), findEndTime(job)];
    if (!agents.some(({ id }) => id === job.agentId) || began === null) return false;
    if (clocks.orderAsMeasured(began, stop) === 'after') return false;
    return ended === null || clocks.order(ended, stop) !== 'before';
  });
  const target = findIdleTarget(evidence, task) ?? targetOf(evidence, task, held, made);
  if (target === null) return null;
  const injection = {
    taskArn: task.arn,
    reason: task.stoppedReason ?? '',
    sentAt: null,
    answeredAt: null,
    result: 'unknown' as const,
    answer: null,
    intendedSeq: made.by === 'found' ? 0 : made.intendedSeq,
    sentSeq: null,
    landedSeq: null,
    sent: 0,
    by: made.by,
  };
  // Its own build is the one that its checks are asked of.
  const own = evidence.buildIds.find((id) => held?.id === target.jobId && id === held?.buildId);
  return { ...evidence, target, injection, buildId: own ?? evidence.buildId };
}

/** A worker that was aimed at without a job stays that: one that it got meanwhile is another that was hit. */
function findIdleTarget({ target }: Evidence, { arn }: Task): Target | null {
  return target?.jobId === null && target.taskArn === arn ? target : null;
}

function targetOf(evidence: Evidence, task: Task, held: Job | undefined, made: Made): Target | null {
  if (held?.agentId == null) return null;
  return {
    jobId: held.id,
    agentId: held.agentId,
    taskArn: task.arn,
    ...readTargetContainer(evidence, task),
    why: made.by === 'found' ? 'ECS shows that its task was stopped' : 'the scheduler stopped its task',
  };
}

function readTargetContainer(evidence: Evidence, task: Task): Pick<Target, 'container' | 'containerBy'> {
  const agent = evidence.every('agent').find(({ value }) => value.tags[TASK_ARN_TAG] === task.arn);
  const found = containerOf(
    task.containers.map(({ name }) => name),
    task.definition,
    evidence.last('task-definition', task.definition)?.value,
    agent?.value.tags[CONTAINER_NAME_TAG],
    evidence.plan.scenario.cluster.container,
  );
  return found === null
    ? { container: '', containerBy: 'only-essential' }
    : { container: found.name, containerBy: found.by };
}
