import type { Agent } from '../model/entities/agent.ts';
import { hasJobEnded, isJobHeld, type Job, type JobEvent } from '../model/entities/job.ts';
import type { BuildkiteInstant } from '../model/instants.ts';
import { hasTaskEnded } from '../model/entities/task.ts';
import { findAgentContainer } from './agent-container.ts';
import { listTargetAgents, taskOf } from './agents.ts';
import { byBuildkite, clocksOf } from './clocks.ts';
import type { Evidence, Sighting } from './evidence.ts';
import { findEndTime, findGotTime, findStartTime } from './job-times.ts';
import { stopOf } from './stop.ts';

/** Why an attempt is looked at (verdict rules 1 and 6). */
export type Role =
  /** The attempt that is the target. */
  | 'target'
  /** Another attempt that an agent of the target task held at the stop. */
  | 'neighbour'
  /** A retry of a judged attempt that an agent of the target task took. */
  | 'retry-on-doomed'
  /** Accepted or started by an agent of the target task after the stop. */
  | 'late'
  /** A retry of a judged attempt elsewhere. */
  | 'retry'
  /** Another job of the build, on a task that was not stopped. */
  | 'elsewhere';

/** The evidence that Buildkite lost the agent while it had the job. */
export interface Loss {
  readonly by: string;
  readonly seq: number;
}

export interface Attempt {
  readonly role: Role;
  readonly job: Job;
  readonly seen: Sighting<Job>;
  readonly loss: Loss | null;
  /** 1 for the first attempt of its step, 2 for its retry ... */
  readonly number: number;
}

const JUDGED: ReadonlySet<Role> = new Set(['target', 'neighbour', 'retry-on-doomed']);

/** Whether the verdict answers for this attempt. */
export function isJudged(attempt: Attempt): boolean {
  return JUDGED.has(attempt.role);
}

/** Every attempt that matters to the verdict, in the order in which it became known. */
export function attemptsOf(evidence: Evidence): readonly Attempt[] {
  const known = drawn.get(evidence) ?? drawAttempts(evidence);
  drawn.set(evidence, known);
  return known;
}

const drawn = new WeakMap<Evidence, readonly Attempt[]>();

function drawAttempts(evidence: Evidence): readonly Attempt[] {
  const doomed = new Set(listTargetAgents(evidence));
  const jobs = evidence.every('job').map((seen) => addHistory(evidence, seen));
  const roles = new Map<string, Role>();
  for (const seen of jobs) {
    const role = findOwnRole(evidence, seen, doomed);
    if (role !== null) roles.set(seen.value.id, role);
  }
  followRetries(jobs, roles, doomed);
  const retryOf = new Map(jobs.map(({ value }) => [value.id, value.retryOf]));
  return jobs
    .filter((seen) => roles.has(seen.value.id))
    .map((seen) => ({
      role: roles.get(seen.value.id) ?? 'elsewhere',
      job: seen.value,
      seen,
      loss: lossOf(evidence, seen),
      number: numberOf(seen.value, retryOf),
    }));
}

/** What a job showed so far, whatever its last look shows: what stood in its history once stands. */
interface JobStory {
  /** The history that the last whole read showed; null where none did. */
  readonly events: Job['events'];
  readonly ever: readonly JobEvent[];
  /** Agents that were seen to hold it. */
  readonly heldBy: readonly string[];
  readonly hasReturned: boolean;
}

/** By what the last look showed: no two runs of looks share a value. */
const stories = new WeakMap<Job, JobStory>();
const UNTOLD: JobStory = { events: null, ever: [], heldBy: [], hasReturned: false };

function storyOf(evidence: Evidence, jobId: string): JobStory {
  const last = evidence.last('job', jobId)?.value;
  if (last === undefined) return UNTOLD;
  const story = stories.get(last) ?? drawStory(evidence.values('job', jobId));
  stories.set(last, story);
  return story;
}

function drawStory(shown: readonly Job[]): JobStory {
  const ever = shown.flatMap(({ events }) => events ?? []);
  return {
    events: shown.findLast(({ events }) => events !== null)?.events ?? null,
    ever,
    heldBy: shown.filter(isJobHeld).flatMap(({ agentId }) => agentId ?? []),
    hasReturned: isFinishedAfterLoss(ever),
  };
}

function isFinishedAfterLoss(events: readonly JobEvent[]): boolean {
  const lost = events.find(({ type }) => type === 'AGENT_LOST')?.at ?? null;
  if (lost === null) return false;
  return events.some(
    ({ type, actor, at }) => type === 'FINISHED' && actor === 'agent' && at !== null && at >= lost,
  );
}

/** A listing shows a job without its history: the history of the last whole read still stands beside it. */
function addHistory(evidence: Evidence, seen: Sighting<Job>): Sighting<Job> {
  if (seen.value.events !== null) return seen;
  const { events } = storyOf(evidence, seen.id);
  return events === null ? seen : { ...seen, value: { ...seen.value, events } };
}

function findOwnRole(evidence: Evidence, seen: Sighting<Job>, doomed: ReadonlySet<string>): Role | null {
  const job = seen.value;
  if (job.id === evidence.target?.jobId) return 'target';
  const injection = evidence.injection;
  if (job.agentId !== null && doomed.has(job.agentId)) {
    if (injection === null) return null;
    if (injection.by !== 'stop-task') return findRoleByTimes(evidence, job);
    const isDoomed = ({ agentId }: Job): boolean => agentId !== null && doomed.has(agentId);
    const latest = evidence.lastLook('job', job.id, isDoomed, injection.intendedSeq);
    if (latest !== undefined) return isJobHeld(latest.value) ? 'neighbour' : null;
    return hasEndedBeforeStop(evidence, job) ? null : 'late';
  }
  // Assigned to a doomed agent after the stop and handed back: seen by its history alone.
  if (injection !== null && hasBeenHandedBack(evidence, job, doomed)) return 'late';
  return evidence.buildId === job.buildId ? 'elsewhere' : null;
}

/** At a stop that was not aimed in the same breath, the job's own times tell whether it was held, is long over, or came later. */
function findRoleByTimes(evidence: Evidence, job: Job): Role | null {
  if (hasEndedBeforeStop(evidence, job)) return null;
  const [got, stop] = [findGotTime(job), stopOf(evidence)];
  if (got === null) return 'late';
  return stop !== null && clocksOf(evidence).orderAsMeasured(got, stop) === 'after' ? 'late' : 'neighbour';
}

/** Clearly over before the stop: by the clocks, or because the same agent began the target's job after it. */
function hasEndedBeforeStop(evidence: Evidence, job: Job): boolean {
  const [end, stop] = [findEndTime(job), stopOf(evidence)];
  if (end === null || !hasJobEnded(job)) return false;
  const clocks = clocksOf(evidence);
  const target = evidence.target?.jobId;
  const own = target == null ? undefined : evidence.last('job', target)?.value;
  const began = own === undefined || own.agentId !== job.agentId ? null : findStartTime(own);
  if (began !== null && began.clock === end.clock) return clocks.order(end, began) === 'before';
  return stop !== null && clocks.order(end, stop) === 'before';
}

function hasBeenHandedBack(evidence: Evidence, job: Job, doomed: ReadonlySet<string>): boolean {
  return storyOf(evidence, job.id).heldBy.some((agentId) => doomed.has(agentId));
}

function followRetries(
  jobs: readonly Sighting<Job>[],
  roles: Map<string, Role>,
  doomed: ReadonlySet<string>,
): void {
  const followed: ReadonlySet<Role> = new Set(['target', 'neighbour', 'retry-on-doomed', 'retry']);
  const retries = jobs.filter(({ value }) => value.retryOf !== null);
  for (let grew = true; grew;) {
    grew = false;
    for (const { value: job } of retries) {
      const source = job.retryOf === null ? undefined : roles.get(job.retryOf);
      if (source === undefined || !followed.has(source)) continue;
      const role: Role = job.agentId !== null && doomed.has(job.agentId) ? 'retry-on-doomed' : 'retry';
      const now = roles.get(job.id);
      if (now === role || now === 'target' || now === 'neighbour') continue;
      roles.set(job.id, role);
      grew = true;
    }
  }
}

function numberOf(job: Job, retryOf: ReadonlyMap<string, string | null>): number {
  let number = 1;
  for (let source = job.retryOf; source !== null; number += 1) {
    source = retryOf.get(source) ?? null;
    if (number > 50) break;
  }
  return number;
}

/** Verdict rule 2: lost is a job's property, and each kind of proof is named. */
function lossOf(evidence: Evidence, seen: Sighting<Job>): Loss | null {
  const job = seen.value;
  const { hasReturned: isBack, ever: events } = storyOf(evidence, job.id);
  if (isBack) return null;
  const at = (shows: (job: Job) => boolean): number =>
    evidence.firstLook('job', job.id, shows)?.seq ?? seen.seq;
  if (events.some((event) => event.type === 'AGENT_LOST'))
    return {
      by: 'event AGENT_LOST',
      seq: at((one) => (one.events ?? []).some((event) => event.type === 'AGENT_LOST')),
    };
  const finishedByAgent = events.some((event) => event.type === 'FINISHED' && event.actor === 'agent');
  if (events.some((event) => event.type === 'AGENT_DISCONNECTED') && !finishedByAgent)
    return { by: 'event AGENT_DISCONNECTED without a finish by the agent', seq: seen.seq };
  if (hasJobEnded(job) && job.exitStatus === '-1' && job.signal === null && job.signalReason === null)
    return {
      by: 'exit status -1 without a signal or a signal reason',
      seq: at((one) => one.exitStatus === '-1'),
    };
  return findLossByAgent(evidence, job) ?? findLossByDeath(evidence, job);
}

/** Buildkite lost the agent, but then the agent itself finished the job: neither a loss nor a pass (verdict rule 17). */
export function hasReturned(evidence: Evidence, jobId: string): boolean {
  return storyOf(evidence, jobId).hasReturned;
}

/** Its container was dead with the job in hand before somebody canceled the hung build: the cancel changes nothing (verdict rule 17). */
export function findLossByDeath(evidence: Evidence, job: Job): Loss | null {
  const canceledAt = job.canceledAt ?? timeOf(job, 'CANCELED') ?? timeOf(job, 'CANCELATION');
  const wasHeld = job.agentId !== null && job.agentId === evidence.target?.agentId;
  if (!wasHeld || canceledAt === null || job.passed) return null;
  const agent = findAgentContainer(evidence);
  if (agent?.endedBy == null || agent.container?.exitCode == null || agent.container.exitCode === 0)
    return null;
  if (clocksOf(evidence).orderAsMeasured(agent.endedBy, byBuildkite(canceledAt)) !== 'before') return null;
  return {
    by: `its container had exited ${String(agent.container.exitCode)} with the job unfinished, before it was canceled`,
    seq: agent.task.seq,
  };
}

function timeOf({ events }: Job, type: string): BuildkiteInstant | null {
  return (events ?? []).find((event) => event.type === type)?.at ?? null;
}

/** Its agent's `lostAt` set while the job was unfinished when the container had ended. */
function findLossByAgent(evidence: Evidence, job: Job): Loss | null {
  if (hasJobEnded(job) || job.agentId === null) return null;
  const agent = evidence.last('agent', job.agentId);
  if (agent === null || agent.value.lostAt === null) return null;
  if (!hasContainerEnded(evidence, agent.value)) return null;
  return { by: "its agent's lostAt", seq: agent.seq };
}

function hasContainerEnded(evidence: Evidence, agent: Agent): boolean {
  const arn = taskOf(evidence, agent);
  const task = arn === null ? null : evidence.last('task', arn);
  return task !== null && (hasTaskEnded(task.value) || task.value.executionStoppedAt !== null);
}

/** The last attempt in the chain of retries that begins with this one; itself where it has none. */
export function findFinalAttempt(attempt: Attempt, attempts: readonly Attempt[]): Attempt {
  let last = attempt;
  for (let hops = 0; hops < 50; hops += 1) {
    const next = attempts.find((other) => other.job.retryOf === last.job.id);
    if (next === undefined) return last;
    last = next;
  }
  return last;
}

/** Whether Buildkite says that the attempt passed, and not by way of `soft_fail`. */
export function hasTrulyPassed(job: Job): boolean {
  return (
    job.state === 'finished' &&
    job.passed &&
    !job.softFailed &&
    (job.exitStatus === '0' || job.exitStatus === null)
  );
}
