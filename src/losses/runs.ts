import type { PastAttempt, PastBuild } from '../buildkite/port.ts';
import type { Job } from '../model/entities/job.ts';

/** Why a loss does not show in its build, or that it does. */
export type Hidden =
  /** A rule of the pipeline retried the job, and the retry did not redden the build. */
  | 'retry'
  /** A person retried the job, and the retry did not redden the build. */
  | 'person'
  /** `soft_fail` lets the build pass. */
  | 'soft-fail'
  /** Nothing hides it. */
  | 'no'
  /** A retry of it has not ended yet. */
  | 'open';

/** A job run that was lost, or may have been. */
export interface LostRun {
  readonly job: string;
  /** False: the list of builds does not tell, and the job's history has to be asked for. */
  readonly isSure: boolean;
  /** When Buildkite ended the run. */
  readonly at: number;
  readonly agent: string | null;
  /** From its start to its end, milliseconds. */
  readonly ms: number;
  readonly hidden: Hidden;
  /** A person retried this run. */
  readonly isRetriedByPerson: boolean;
}

/** One job run that has ended. */
export interface Run {
  readonly step: string;
  readonly queue: string;
  readonly version: string;
  /** When it began, by Buildkite's clock as far as that can be told. */
  readonly at: number;
  readonly lost: LostRun | null;
}

/** What a build adds to the count. */
export interface BuildRuns {
  readonly pipeline: string;
  readonly branch: string;
  readonly createdAt: number;
  readonly isFailed: boolean;
  /** A job that nobody retried failed the build otherwise than by a loss. */
  readonly hasOtherFailure: boolean;
  readonly runs: readonly Run[];
  /** Jobs that are no run with an end of its own, by why. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Runs whose agent's clock contradicts Buildkite's. */
  readonly clockErrors: number;
}

/** States of a job that has ended, as REST names them, in which an agent had it to the end. */
const RAN: ReadonlySet<string> = new Set(['passed', 'failed', 'finished', 'timed_out']);
const NEVER_RAN: ReadonlySet<string> = new Set([
  ...['skipped', 'broken', 'expired', 'waiting_failed', 'blocked_failed', 'unblocked_failed'],
]);

/** Finds the job runs of a build, and which of them were lost (verdict rule 2, as far as REST shows it). */
export function readRuns(build: PastBuild): BuildRuns {
  const nextOf = new Map(build.attempts.flatMap((one) => (one.retryOf === null ? [] : [[one.retryOf, one]])));
  const leftOut: Record<string, number> = {};
  const runs: Run[] = [];
  let [clockErrors, hasOtherFailure] = [0, false];
  for (const attempt of build.attempts) {
    const lost = lossOf(attempt);
    const why = lost === 'no' ? whyLeftOut(attempt) : null;
    if (why !== null) {
      leftOut[why] = (leftOut[why] ?? 0) + 1;
      continue;
    }
    const { at, isOdd } = beginOf(attempt, build);
    if (isOdd) clockErrors += 1;
    const { agent } = attempt;
    runs.push({
      step: attempt.step ?? '(no key)',
      queue: agent?.queue ?? 'default',
      version: agent?.version ?? '(unknown)',
      at,
      lost: lost === 'no' ? null : makeLostRun(attempt, lost === 'yes', nextOf, at),
    });
    if (lost === 'no' && isRed(attempt)) hasOtherFailure = true;
  }
  const { pipeline, branch, createdAt, state } = build;
  const isFailed = state === 'failed';
  return { pipeline, branch, createdAt, isFailed, hasOtherFailure, runs, leftOut, clockErrors };
}

/** Whether Buildkite lost the agent while it had this job; `ask`: only the job's history tells. */
function lossOf(attempt: PastAttempt): 'yes' | 'no' | 'ask' {
  const { state, exitStatus, signal, signalReason, agent, startedAt, finishedAt } = attempt;
  const isEnded = RAN.has(state) || state === 'canceled';
  // A signal or a reason tells that the agent itself reported the end; older answers do not have these fields.
  if (!isEnded || startedAt === null || exitStatus !== -1 || signal != null || signalReason != null)
    return 'no';
  const isTold = signal === null && signalReason === null;
  // Canceled and timed-out jobs end so too, if their agent is lost before it has obeyed, or was lost before the person came.
  const isPlain = state === 'failed' || state === 'finished';
  const isAgentLost = agent?.lostAt != null && finishedAt !== null && areClose(agent.lostAt, finishedAt);
  return isTold && isPlain && isAgentLost ? 'yes' : 'ask';
}

/** Two times that Buildkite writes when it gives an agent up: the agent's and its job's end. An agent's own clock rarely agrees so well. */
function areClose(one: number, other: number): boolean {
  return Math.abs(one - other) <= CLOCK_ERROR_MS;
}

/** Clocks that are set by NTP are closer than this. */
const CLOCK_ERROR_MS = 60_000;

function whyLeftOut({ state, startedAt }: PastAttempt): string | null {
  if (state === 'canceled') return 'canceled';
  if (NEVER_RAN.has(state)) return 'never started';
  if (!RAN.has(state)) return 'not ended';
  return startedAt === null ? 'never started' : null;
}

/**
 * When a run began. The start is the agent's own word, so it is held between what Buildkite knows: not before the job could
 * be taken, and not after its build had ended.
 */
function beginOf(
  { startedAt, runnableAt }: PastAttempt,
  { createdAt, finishedAt }: PastBuild,
): { readonly at: number; readonly isOdd: boolean } {
  const earliest: number = runnableAt ?? createdAt;
  const told: number = startedAt ?? earliest;
  const at = holdBetween(told, earliest, finishedAt ?? Infinity);
  return { at, isOdd: !areClose(at, told) };
}

function holdBetween(at: number, earliest: number, latest: number): number {
  return Math.max(earliest, Math.min(at, latest));
}

function makeLostRun(
  attempt: PastAttempt,
  isSure: boolean,
  nextOf: ReadonlyMap<string, PastAttempt>,
  begin: number,
): LostRun {
  const end: number = attempt.finishedAt ?? begin;
  const next = nextOf.get(attempt.id);
  return {
    job: attempt.id,
    isSure,
    at: end,
    agent: attempt.agent?.id ?? null,
    ms: Math.max(0, end - begin),
    hidden: hiddenBy(attempt, nextOf),
    isRetriedByPerson: next?.retryType === 'manual',
  };
}

function hiddenBy(attempt: PastAttempt, nextOf: ReadonlyMap<string, PastAttempt>): Hidden {
  let [last, byPerson] = [attempt, false];
  for (let turn = 0; turn < MOST_ATTEMPTS; turn += 1) {
    const next = nextOf.get(last.id);
    if (next === undefined) break;
    byPerson ||= next.retryType === 'manual';
    last = next;
  }
  if (last !== attempt && last.state === 'passed') return byPerson ? 'person' : 'retry';
  if (last.softFailed) return 'soft-fail';
  return RAN.has(last.state) || NEVER_RAN.has(last.state) || last.state === 'canceled' ? 'no' : 'open';
}

/** A chain of retries has no circle; an answer that says so is not followed for ever. */
const MOST_ATTEMPTS = 1000;

/** A hard failure that no retry has replaced. */
function isRed({ state, softFailed, retried }: PastAttempt): boolean {
  return (state === 'failed' || state === 'timed_out' || state === 'finished') && !softFailed && !retried;
}

/** Whether a job whose end the list left open was lost, by its history (verdict rules 2 and 17). */
export function isLostByHistory(job: Job): boolean {
  const events = job.events ?? [];
  const lost = events.find(({ type }) => type === 'AGENT_LOST');
  const finish = events.findLast(({ type, actor }) => type === 'FINISHED' && actor === 'agent');
  if (lost !== undefined)
    return finish === undefined || (finish.at !== null && lost.at !== null && finish.at < lost.at);
  // The agent itself reported the end: an old one that names no signal.
  if (finish !== undefined) return false;
  if (events.some(({ type }) => type === 'AGENT_DISCONNECTED')) return true;
  return job.state === 'finished' && job.signal === null && job.signalReason === null;
}
