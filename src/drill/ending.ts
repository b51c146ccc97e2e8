import { agentContainer } from '../evidence/agent-container.ts';
import { excused, handedOver } from '../checks/handover.ts';
import { beforeTheBlock } from '../checks/build-passed.ts';
import type { Case } from '../checks/check.ts';
import { wholeStory } from '../checks/no-job-lost.ts';
import { agentsOfStruckTask } from '../evidence/agents.ts';
import { finalAttempt, isJudged, type Attempt } from '../evidence/attempts.ts';
import { agentLeft } from '../model/entities/agent.ts';
import { buildEnded } from '../model/entities/build.ts';
import type { Instant } from '../model/instants.ts';
import { jobEnded } from '../model/entities/job.ts';
import { taskEnded } from '../model/entities/task.ts';
import type { Finding } from '../journal/events.ts';
import { rowOf, type Reason } from '../model/reasons.ts';

/** Statuses of containers arrive in batches of 10 to 30 s, which may come after the task's own, milliseconds. */
const BATCH = 30_000;

/** What must still happen before nothing can change the outcome; empty: the watch is over. */
export function stillOpen(about: Case, findings: readonly Finding[], now: Instant): readonly string[] {
  if (decidedEarly(about, findings)) return [];
  if (missed(findings)) return afterMiss(about, now);
  const judged = about.attempts.filter(isJudged);
  const lost = judged.filter((attempt) => attempt.loss !== null);
  const container = openContainer(about, now);
  if (lost.length > 0) {
    // A handover can still pass: a pass wants the build's colour, and every job that the doomed worker took.
    const passing = excused(about) ? [...openBuild(about), ...openAgents(about, now)] : [];
    return [
      ...container,
      ...openJobs(about, lost),
      ...openAfterLoss(about, lost),
      ...openRetries(about),
      ...passing,
    ];
  }
  const jobs = openJobs(about, about.attempts);
  if (jobs.length > 0 || container.length > 0) return [...jobs, ...container];
  const build = openBuild(about);
  // If the container did not exit cleanly, the drain has failed: the agent will not leave, so only the build is awaited.
  const dead = findings.some((finding) => finding.check === 'container-clean' && finding.holds === 'no');
  return dead ? build : [...build, ...openAgents(about, now)];
}

/** The first stage cannot be overtaken, and of the second only a loss elsewhere (a judged job may still be lost). */
function decidedEarly(about: Case, findings: readonly Finding[]): boolean {
  return findings.some((finding) => {
    const { raises: reason } = finding;
    if (reason === null || reason === 'unrelated-loss' || MISSED.has(reason)) return false;
    if (reason === 'build-canceled' && !cancelIsTold(about, finding)) return false;
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
  const agent = agentContainer(evidence);
  return agent !== null && taskEnded(agent.task.value);
}

function missed(findings: readonly Finding[]): boolean {
  return findings.some(({ check, raises }) => check === 'in-flight' && raises !== null && MISSED.has(raises));
}

/** Until the task has ended, its agent's jobs were listed after that, and those that it held instead are over. */
function afterMiss(about: Case, now: Instant): readonly string[] {
  const { evidence } = about;
  const container = openContainer(about, now);
  const jobs = openJobs(about, about.attempts);
  if (container.length > 0) return [...jobs, ...container];
  const arn = evidence.strike?.taskArn ?? '';
  const ended = evidence.firstLook('task', arn, taskEnded)?.answeredAt ?? now;
  const listed = evidence
    .reads('agent', evidence.target?.agentId ?? '')
    .some(({ ok, sentAt }) => ok && sentAt >= ended);
  return listed ? jobs : [...jobs, "the jobs of the target's agent to be listed"];
}

/** A job shows that it was canceled, and only its build by whom: the build is looked at once more. */
function cancelIsTold({ evidence }: Case, { events }: Finding): boolean {
  const id = evidence.buildId ?? '';
  if (['canceled', 'canceling'].includes(evidence.last('build', id)?.value.state ?? '')) return true;
  return evidence.reads('build', id).some(({ ok }) => ok, Math.max(0, ...events));
}

/** Nothing more is to be learned of it: its history was read after its end. A lost one's need not name the end. */
function told({ evidence }: Case, attempt: Attempt): boolean {
  if (attempt.loss === null) return wholeStory(attempt);
  return evidence.values('job', attempt.job.id).some((job) => jobEnded(job) && job.events !== null);
}

function openJobs(about: Case, attempts: readonly Attempt[]): readonly string[] {
  return attempts
    .filter((attempt) => isJudged(attempt) || attempt.role === 'late')
    .filter((attempt) => !told(about, attempt))
    .map((attempt) => `job ${attempt.job.id} to end`);
}

function openAfterLoss(about: Case, lost: readonly Attempt[]): readonly string[] {
  const build = about.evidence.buildId === null ? null : about.evidence.last('build', about.evidence.buildId);
  const over = build !== null && buildEnded(build.value);
  return lost
    .filter((attempt) => {
      const last = finalAttempt(attempt, about.attempts);
      const own = about.evidence.last('build', attempt.job.buildId);
      if (own !== null && buildEnded(own.value))
        return last !== attempt && !told(about, last) && !handedOver(attempt, about);
      return !over && (last === attempt || !told(about, last));
    })
    .map((attempt) => `the build, or the retry of job ${attempt.job.id}, to be final`);
}

/** Where a handover is allowed, the agent of a retry must be known: on another task is proven, never assumed. */
function openRetries({ evidence, attempts }: Case): readonly string[] {
  if (evidence.plan.scenario.expect.handover !== 'allowed') return [];
  return attempts
    .filter(({ role, job }) => role === 'retry' && job.agentId !== null)
    .filter(({ job }) => evidence.reads('agent', job.agentId ?? '').last === null)
    .map(({ job }) => `agent ${job.agentId ?? ''} of the retry to be read`);
}

function openBuild({ evidence, attempts }: Case): readonly string[] {
  if (evidence.plan.scenario.expect.build === 'any' || evidence.buildId === null) return [];
  const build = evidence.last('build', evidence.buildId);
  if (build !== null && buildEnded(build.value)) return [];
  const moving = build?.value.state === 'blocked' ? beforeTheBlock(evidence.buildId, attempts) : null;
  if (moving === undefined) return [];
  return ['the build to end'];
}

function openContainer({ evidence }: Case, now: Instant): readonly string[] {
  const agent = agentContainer(evidence);
  if (agent === null) return ['the task to be read'];
  if (!taskEnded(agent.task.value)) return ['the task to be STOPPED'];
  if (agent.container !== null && agent.container.exitCode !== null) return [];
  const ended = evidence.firstLook('task', agent.task.value.arn, taskEnded);
  const waited = now - (ended?.answeredAt ?? now);
  return waited >= BATCH + evidence.plan.scenario.limits.pollEvery * 3 ? [] : ["the container's exit code"];
}

function openAgents({ evidence }: Case, now: Instant): readonly string[] {
  return agentsOfStruckTask(evidence)
    .filter((id) => {
      const agent = evidence.last('agent', id);
      if (agent === null) return true;
      if (agentLeft(agent.value)) return agent.value.jobs === null;
      const task = agentContainer(evidence)?.task;
      const ended = task === undefined ? undefined : evidence.firstLook('task', task.value.arn, taskEnded);
      // A dead worker's agent is marked lost within Buildkite's own time; longer is not waited.
      return (
        now - (ended?.answeredAt ?? now) <
        evidence.plan.lostAfter + evidence.plan.scenario.limits.pollEvery * 3
      );
    })
    .map((id) => `agent ${id} to leave`);
}
