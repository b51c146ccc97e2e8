import { formatClockTime } from '../checks/times.ts';
import { evidenceOf } from '../evidence/evidence.ts';
import { describeStopTimeout, findStopTimes, type StopTimes } from '../evidence/kill-time.ts';
import type { Fault } from '../faults/fault.ts';
import type { Target } from '../journal/events.ts';
import { hasAgentLeft } from '../model/entities/agent.ts';
import { hasJobEnded, type Job } from '../model/entities/job.ts';
import { formatWholeSeconds, type Instant } from '../model/instants.ts';
import { findFact, listFacts } from '../model/world.ts';
import { FAULT_TRAITS } from '../scenario/inject.ts';
import { isToBeSpared } from '../scenario/plan.ts';
import type { DrillState } from '../state/state.ts';
import { findUsualTimeOfJob } from '../state/usual-time.ts';

/** Exactly what will be done, what the container gets and when, and which jobs run there. */
export function describeInjection(
  state: DrillState,
  fault: Fault,
  target: Target,
  now: Instant,
): readonly string[] {
  const { plan } = state;
  return [
    ...fault.describeCalls(state),
    describeSignals(state, fault, target),
    ...(isToBeSpared(plan) ? [describeProtection(state, target)] : []),
    `cluster ${plan.scenario.cluster.name} in ${plan.region}${describeAccount(target)}${plan.label === null ? '' : ` [${plan.label}]`}`,
    ...(plan.lockStore === undefined ? [] : [`its lock is shared with other machines in ${plan.lockStore}`]),
    ...describeJobs(state, fault, target, now),
  ];
}

/** When the stop signal comes is known of a stop that gameday asks for itself; every other one is begun by ECS or FIS, in its own time. */
function describeSignals(state: DrillState, { name }: Fault, target: Target): string {
  const times = findStopTimes(evidenceOf(state.index));
  const task = findFact(state.world, 'task', target.taskArn);
  const container = `container ${target.container}`;
  const kill =
    times === null
      ? 'when SIGKILL follows is not known, as its task definition was not read'
      : `SIGKILL ${formatWholeSeconds(times.granted)} later if it still runs (${describeStopTimeout(times)})`;
  const isStopTask =
    FAULT_TRAITS[name].takes === 'target' || (name === 'spot-reclaim' && task?.instanceArn === null);
  if (!isStopTask) return `${container} gets SIGTERM when its task is stopped, and ${kill}`;
  // Only a service's task can be behind a load balancer: it is deregistered first (ECS Developer Guide, task life cycle).
  const isOfService = task?.group?.startsWith('service:') === true;
  return `${container} gets SIGTERM ${sayStart(times)}${isOfService ? ' (behind a load balancer: after its deregistration)' : ''}, and ${kill}`;
}

function sayStart(times: StopTimes | null): string {
  if (times === null || times.before === 0) return 'now';
  return `within ${formatWholeSeconds(times.before)}, after the containers that depend on it`;
}

/** The account stands in the ARN of a task (arn:PARTITION:ecs:REGION:ACCOUNT:task/...). */
function describeAccount({ taskArn }: Target): string {
  const account = taskArn.split(':')[4] ?? '';
  return account === '' ? '' : `, account ${account}`;
}

function describeProtection({ world }: DrillState, { taskArn }: Target): string {
  const protection = findFact(world, 'protection', taskArn);
  if (protection === undefined) return 'it is to be spared, and whether it is protected is not known';
  if (!protection.enabled) return 'it is to be spared, and is not protected from scale-in';
  const { expiresAt } = protection;
  return `it is to be spared: protected from scale-in${expiresAt === null ? '' : ` until ${formatClockTime(expiresAt)} UTC`}`;
}

/** The target's job first, then every other one that is known to run on what the fault reaches. */
function describeJobs(state: DrillState, fault: Fault, target: Target, now: Instant): readonly string[] {
  const { world } = state;
  const reach = fault.reach(state);
  const there = (reach.length === 0 ? [target.taskArn] : reach).flatMap(
    (arn) => findFact(world, 'agents-of-task', arn)?.agents ?? [],
  );
  const agents = [...new Set([target.agentId, ...there])];
  const jobs = listFacts(world, 'job')
    .filter((job) => job.agentId !== null && agents.includes(job.agentId) && !hasJobEnded(job))
    .toSorted((a, b) => Number(b.id === target.jobId) - Number(a.id === target.jobId));
  const busy = agents
    .map((id) => findFact(world, 'agent', id))
    .filter((agent) => agent?.isRunningJob === true && !hasAgentLeft(agent))
    .filter((agent) => jobs.every(({ agentId }) => agentId !== agent?.id));
  return [
    ...jobs.map((job) => describeJob(state, target, job, now)),
    ...busy.map((agent) => `agent ${agent?.name ?? ''} there runs a job that was not read`),
  ];
}

function describeJob(state: DrillState, target: Target, job: Job, now: Instant): string {
  const runs = job.id === target.jobId ? 'it runs' : 'also running there:';
  const where = job.url === null ? '' : ` (${job.url})`;
  return `${runs} ${job.stepKey ?? job.label ?? 'a job'}${where}${describeTime(state, job, now)}`;
}

/** How long the job has been seen running, and how much of its step's usual time is left, where that is known. */
function describeTime(state: DrillState, job: Job, now: Instant): string {
  const since = state.inFlightSince[job.id];
  if (since === undefined) return '';
  const ran = now - since;
  const usual = findUsualTimeOfJob(state, job);
  const sofar = `, for ${formatWholeSeconds(ran)} so far`;
  if (usual === null) return sofar;
  const left = ran > usual.ms ? 'longer than usual' : `about ${formatWholeSeconds(usual.ms - ran)} left`;
  return `${sofar}, ${left} (usually ${formatWholeSeconds(usual.ms)}, ${usual.by})`;
}
