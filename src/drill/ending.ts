import { findAgentContainer } from '../evidence/agent-container.ts';
import { isExcused, isHandedOver } from '../checks/handover.ts';
import { findJobBeforeBlock } from '../checks/build-passed.ts';
import type { Case } from '../checks/check.ts';
import { hasWholeStory } from '../checks/no-job-lost.ts';
import { listTargetAgents } from '../evidence/agents.ts';
import { findFinalAttempt, isJudged, type Attempt } from '../evidence/attempts.ts';
import { hasAgentLeft } from '../model/entities/agent.ts';
import { hasBuildEnded } from '../model/entities/build.ts';
import type { Instant } from '../model/instants.ts';
import { hasJobEnded } from '../model/entities/job.ts';
import { hasTaskEnded } from '../model/entities/task.ts';
import type { Finding } from '../journal/events.ts';
import { rowOf, type Reason } from '../model/reasons.ts';

/** Statuses of containers arrive in batches of 10 to 30 s, which may come after the task's own, milliseconds. */
const BATCH = 30_000;

/** What must still happen before nothing can change the outcome; empty: the watch is over. */
export function describeOpenWork(about: Case, findings: readonly Finding[], now: Instant): readonly string[] {
  if (isDecidedEarly(about, findings)) return [];
  if (hasMissed(findings)) return describeOpenAfterMiss(about, now);
  const judged = about.attempts.filter(isJudged);
  const lost = judged.filter((attempt) => attempt.loss !== null);
  const container = describeOpenContainer(about, now);
  if (lost.length > 0) {
    // A handover can still pass: a pass wants the build's colour, and every job that the doomed worker took.
    const passing = isExcused(about) ? [...describeOpenBuild(about), ...describeOpenAgents(about, now)] : [];
    return [
      ...container,
      ...describeOpenJobs(about, lost),
      ...describeOpenAfterLoss(about, lost),
      ...describeOpenRetries(about),
      ...passing,
    ];
  }
  const jobs = describeOpenJobs(about, about.attempts);
  if (jobs.length > 0 || container.length > 0) return [...jobs, ...container];
  const build = describeOpenBuild(about);
  // If the container did not exit cleanly, the drain has failed: the agent will not leave, so only the build is awaited.
  const dead = findings.some((finding) => finding.check === 'container-clean' && finding.holds === 'no');
  return dead ? build : [...build, ...describeOpenAgents(about, now)];
}

/** The first stage cannot be overtaken, and of the second only a loss elsewhere (a judged job may still be lost). */
function isDecidedEarly(about: Case, findings: readonly Finding[]): boolean {
  return findings.some((finding) => {
    const { raises: reason } = finding;
    if (reason === null || reason === 'unrelated-loss' || MISSED.has(reason)) return false;
    if (reason === 'build-canceled' && !isCancelShown(about, finding)) return false;
    // Whether the container was dead with the job in hand before a person came is known when the task has ended.
    if (OF_PERSONS.has(reason) && !isTaskOver(about)) return false;
    const { stage } = rowOf(reason);
    return stage === 'A' || stage === 'B';
  });
}

/** Reasons of somebody else's action that earlier evidence outranks (verdict rule 17). */
const OF_PERSONS: ReadonlySet<Reason> = new Set(['build-canceled', 'stopped-by-other']);
/** The injection missed the job that was aimed at: what it hit instead is watched (verdict rule 16). */
const MISSED: ReadonlySet<Reason> = new Set(['missed-target', 'finished-before-stop']);

function isTaskOver({ evidence }: Case): boolean {
  const agent = findAgentContainer(evidence);
  return agent !== null && hasTaskEnded(agent.task.value);
}

function hasMissed(findings: readonly Finding[]): boolean {
  return findings.some(({ check, raises }) => check === 'in-flight' && raises !== null && MISSED.has(raises));
}

/** Until the task has ended, its agent's jobs were listed after that, and those that it held instead are over. */
function describeOpenAfterMiss(about: Case, now: Instant): readonly string[] {
  const { evidence } = about;
  const container = describeOpenContainer(about, now);
  const jobs = describeOpenJobs(about, about.attempts);
  if (container.length > 0) return [...jobs, ...container];
  const arn = evidence.injection?.taskArn ?? '';
  const ended = evidence.firstLook('task', arn, hasTaskEnded)?.answeredAt ?? now;
  const listed = evidence
    .reads('agent', evidence.target?.agentId ?? '')
    .some(({ ok, sentAt }) => ok && sentAt >= ended);
  return listed ? jobs : [...jobs, "the jobs of the target's agent to be listed"];
}

/** A job shows that it was canceled, and only its build by whom: the build is looked at once more. */
function isCancelShown({ evidence }: Case, { events }: Finding): boolean {
  const id = evidence.buildId ?? '';
  if (['canceled', 'canceling'].includes(evidence.last('build', id)?.value.state ?? '')) return true;
  return evidence.reads('build', id).some(({ ok }) => ok, Math.max(0, ...events));
}

/** Nothing more is to be learned of it: its history was read after its end. A lost one's need not name the end. */
function isHistoryComplete({ evidence }: Case, attempt: Attempt): boolean {
  if (attempt.loss === null) return hasWholeStory(attempt);
  return evidence.values('job', attempt.job.id).some((job) => hasJobEnded(job) && job.events !== null);
}

function describeOpenJobs(about: Case, attempts: readonly Attempt[]): readonly string[] {
  return attempts
    .filter((attempt) => isJudged(attempt) || attempt.role === 'late')
    .filter((attempt) => !isHistoryComplete(about, attempt))
    .map((attempt) => `job ${attempt.job.id} to end`);
}

function describeOpenAfterLoss(about: Case, lost: readonly Attempt[]): readonly string[] {
  const build = about.evidence.buildId === null ? null : about.evidence.last('build', about.evidence.buildId);
  const over = build !== null && hasBuildEnded(build.value);
  return lost
    .filter((attempt) => {
      const last = findFinalAttempt(attempt, about.attempts);
      const own = about.evidence.last('build', attempt.job.buildId);
      if (own !== null && hasBuildEnded(own.value))
        return last !== attempt && !isHistoryComplete(about, last) && !isHandedOver(attempt, about);
      return !over && (last === attempt || !isHistoryComplete(about, last));
    })
    .map((attempt) => `the build, or the retry of job ${attempt.job.id}, to be final`);
}

/** Where a handover is allowed, the agent of a retry must be known: on another task is proven, never assumed. */
function describeOpenRetries({ evidence, attempts }: Case): readonly string[] {
  if (evidence.plan.scenario.expect.handover !== 'allowed') return [];
  return attempts
    .filter(({ role, job }) => role === 'retry' && job.agentId !== null)
    .filter(({ job }) => evidence.reads('agent', job.agentId ?? '').last === null)
    .map(({ job }) => `agent ${job.agentId ?? ''} of the retry to be read`);
}

function describeOpenBuild({ evidence, attempts }: Case): readonly string[] {
  if (evidence.plan.scenario.expect.build === 'any' || evidence.buildId === null) return [];
  const build = evidence.last('build', evidence.buildId);
  if (build !== null && hasBuildEnded(build.value)) return [];
  const moving = build?.value.state === 'blocked' ? findJobBeforeBlock(evidence.buildId, attempts) : null;
  if (moving === undefined) return [];
  return ['the build to end'];
}

function describeOpenContainer({ evidence }: Case, now: Instant): readonly string[] {
  const agent = findAgentContainer(evidence);
  if (agent === null) return ['the task to be read'];
  if (!hasTaskEnded(agent.task.value)) return ['the task to be STOPPED'];
  if (agent.container !== null && agent.container.exitCode !== null) return [];
  const ended = evidence.firstLook('task', agent.task.value.arn, hasTaskEnded);
  const waited = now - (ended?.answeredAt ?? now);
  return waited >= BATCH + evidence.plan.scenario.limits.pollEvery * 3 ? [] : ["the container's exit code"];
}

function describeOpenAgents({ evidence }: Case, now: Instant): readonly string[] {
  return listTargetAgents(evidence)
    .filter((id) => {
      const agent = evidence.last('agent', id);
      if (agent === null) return true;
      if (hasAgentLeft(agent.value)) return agent.value.jobs === null;
      const task = findAgentContainer(evidence)?.task;
      const ended = task === undefined ? undefined : evidence.firstLook('task', task.value.arn, hasTaskEnded);
      // A dead worker's agent is marked lost within Buildkite's own time; it is looked at after that, and longer is not waited.
      const lostBy = (ended?.answeredAt ?? now) + evidence.plan.lostAfter;
      const isLookedAt = evidence.reads('agent', id).some(({ sentAt }) => sentAt >= lostBy);
      return !isLookedAt || now < lostBy + evidence.plan.scenario.limits.pollEvery * 3;
    })
    .map((id) => `agent ${id} to leave`);
}
