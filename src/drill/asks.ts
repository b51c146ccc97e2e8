import { listTargetAgents } from '../evidence/agents.ts';
import { isJudged, type Attempt } from '../evidence/attempts.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Case } from '../checks/check.ts';
import { hasWholeStory } from '../checks/no-job-lost.ts';
import { hasAgentLeft } from '../model/entities/agent.ts';
import { hasBuildEnded } from '../model/entities/build.ts';
import type { Instant } from '../model/instants.ts';
import { hasJobEnded, type Job } from '../model/entities/job.ts';
import { hasTaskEnded } from '../model/entities/task.ts';
import { isPolled, listListingAsks, listOwnBuildAsks, MS_PER_POINT } from './own-builds.ts';
import type { DrillState } from '../state/state.ts';
import { paced, type Ask } from '../state/step.ts';
import type { Subject } from '../model/world.ts';

/** An agent is asked every so many polls. */
export const AGENT_EVERY = 4;
/** A job that polls of the build show anyway is asked for its history every so many polls. */
const LISTED_EVERY = 8;
/** Looking through all agents of an organization for those on one host costs up to 1,000 points: this often at the most, milliseconds. */
const HOST_EVERY = 1_000 * MS_PER_POINT;
/** What is seldom news is asked every so many polls. */
const SELDOM = 3;

/** Timers inside the ending (a missing exit code, a silent agent) run on while nothing changes. */
export function findNextLook(state: DrillState, now: Instant): Instant {
  return now + Math.max(1_000, state.plan.scenario.limits.pollEvery * 5);
}

/**
 * What is asked after one stopped task: the drill's builds, itself, the attempts on it and their retries, its agents. Where
 * several tasks are stopped, `among` is how many: they share the points.
 */
export function asksOf(state: DrillState, about: Case, among = 1): readonly Ask[] {
  const every = state.plan.scenario.limits.pollEvery;
  const asks = [
    ...listOwnBuildAsks(state, every),
    ...(isListingNeeded(state, about) ? listListingAsks(state, every) : []),
    ...listOtherBuildAsks(state, about, every),
    ...listTaskAsks(about, every, among),
    ...about.attempts
      .filter((attempt) => attempt.role !== 'elsewhere')
      .flatMap((attempt) => listAttemptAsks(about, attempt, every, among)),
    ...listAgentAsks(about, every, among),
    ...listRetryAgentAsks(about, every),
  ];
  const byKey = new Map<string, Ask>();
  for (const ask of asks) byKey.set(`${ask.subject.kind}:${ask.subject.id}`, ask);
  return [...byKey.values()];
}

/** Polls show the jobs of the drill's own step. Jobs of other steps are listed where one of them is judged, and while a block waits for them. */
function isListingNeeded({ plan }: DrillState, { evidence, attempts }: Case): boolean {
  const isBlocked = evidence.buildIds.some((id) => evidence.last('build', id)?.value.state === 'blocked');
  const own = attempts.filter(
    ({ role, job }) => role !== 'elsewhere' && evidence.buildIds.includes(job.buildId),
  );
  return isBlocked || own.some(({ job }) => !isPolled(plan, job));
}

/** Builds that are not ours and lost a job: whether they are green tells whether that is hidden. */
function listOtherBuildAsks(
  { buildIds }: DrillState,
  { evidence, attempts }: Case,
  every: number,
): readonly Ask[] {
  const others = new Set(
    attempts.filter((attempt) => isJudged(attempt) && attempt.loss !== null).map(({ job }) => job.buildId),
  );
  return [...others]
    .filter((id) => !buildIds.includes(id) && !isBuildOver(evidence, id))
    .map((id) => paced({ kind: 'build-jobs', id }, every * SELDOM));
}

function isBuildOver(evidence: Evidence, buildId: string): boolean {
  const build = evidence.last('build', buildId);
  return build !== null && hasBuildEnded(build.value);
}

function listTaskAsks({ evidence }: Case, every: number, among: number): readonly Ask[] {
  const arn = evidence.injection?.taskArn;
  if (arn === undefined) return [];
  const task = evidence.last('task', arn);
  const container = task?.value.containers.find(({ name }) => name === evidence.target?.container);
  const done = task !== null && hasTaskEnded(task.value) && container?.exitCode != null;
  const agents: Subject = { kind: 'agents-of-task', id: arn };
  const byHost = evidence.plan.scenario.cluster.mapping === 'hostname';
  const pace = byHost ? Math.max(every * SELDOM, HOST_EVERY) : every * SELDOM * among;
  return done ? [] : [paced({ kind: 'task', id: arn }, every), paced(agents, pace)];
}

function isShownByPolls({ buildIds, plan }: Evidence, job: Job): boolean {
  return buildIds.includes(job.buildId) && isPolled(plan, job);
}

/** Its history is read once more after its end; before that polls of the build show its state. */
function listAttemptAsks({ evidence }: Case, attempt: Attempt, every: number, among: number): readonly Ask[] {
  const { job } = attempt;
  const subject: Subject = { kind: 'job', id: job.id };
  if (!hasJobEnded(job))
    return [paced(subject, every * among * (isShownByPolls(evidence, job) ? LISTED_EVERY : SELDOM))];
  const { last: read } = evidence.reads('job', job.id);
  const direct = evidence.last('job', job.id);
  const complete = read?.ok === true && direct?.value.events != null && hasJobEnded(direct.value);
  // The history may lag behind the job: it is whole when it names the end. A loss need not be named there.
  const isTold = attempt.loss === null ? hasWholeStory(attempt) : (job.events ?? []).length > 0;
  return complete && isTold ? [] : [paced(subject, every)];
}

/** While its task goes on an agent is seldom news; once that has ended, the agent must have left. */
function listAgentAsks({ evidence }: Case, every: number, among: number): readonly Ask[] {
  const task = evidence.last('task', evidence.injection?.taskArn ?? '');
  const share = task !== null && hasTaskEnded(task.value) ? 1 : among;
  const ended = evidence.firstLook('task', evidence.injection?.taskArn ?? '', hasTaskEnded);
  return listTargetAgents(evidence).flatMap((id) => {
    const agent = evidence.last('agent', id);
    // After a missed injection its jobs are listed once more when the task has ended.
    const isListed =
      ended !== undefined &&
      evidence.reads('agent', id).some(({ ok, sentAt }) => ok && sentAt >= ended.answeredAt);
    if (
      agent !== null &&
      hasAgentLeft(agent.value) &&
      agent.value.jobs !== null &&
      (ended === undefined || isListed)
    )
      return [];
    return [paced({ kind: 'agent', id }, every * AGENT_EVERY * share)];
  });
}

/** A retry's agent must be known once, to tell whether it lives on the doomed task. */
function listRetryAgentAsks({ evidence, attempts }: Case, every: number): readonly Ask[] {
  return attempts
    .filter(({ role }) => role === 'retry' || role === 'retry-on-doomed')
    .map(({ job }) => job.agentId)
    .filter((id) => id !== null)
    .filter((id) => evidence.last('agent', id) === null)
    .map((id) => paced({ kind: 'agent', id }, every));
}
