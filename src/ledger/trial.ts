import { attemptsOf, isJudged } from '../evidence/attempts.ts';
import type { Finding, Verdict } from '../journal/events.ts';
import { REASONS } from '../model/reasons.ts';
import type { Judged } from '../verdict/case.ts';
import { hasDrained } from '../verdict/drains.ts';
import type { DrillResult } from '../verdict/result.ts';
import type { LedgerDocument } from './document.ts';

type Lost = LedgerDocument['lostGivenStop'];
type Drains = LedgerDocument['drains'];

/** What a drill says about both claims. */
export interface Trial {
  readonly proven: boolean;
  readonly lostGivenStop: Lost;
  readonly drains: Drains;
  readonly jobs: number;
  readonly jobsLost: number;
}

const NO_TRIAL: Trial = {
  ...{ proven: false, lostGivenStop: 'no-trial', drains: 'no-trial' },
  ...{ jobs: 0, jobsLost: 0 },
};

/** Outcomes that decide what happened to the worker. */
const DECIDED: ReadonlySet<string> = new Set(['passed', 'failed', 'outlasted']);

/**
 * One drill is one trial, for its jobs share a cause: it fails if any job failed. A proven failure stands whatever the verdict;
 * what held counts only where the verdict of the whole drill is decided too, and is undecided else.
 */
export function judgeTrial(
  { injection, outcome, reason }: Pick<DrillResult, 'injection' | 'outcome' | 'reason'>,
  stops: readonly Judged[],
): Trial {
  // A protected worker was left alone, so nothing of it was tried.
  if (injection !== 'proven' || reason === 'spared') return NO_TRIAL;
  const tried = stops.filter(isTried);
  if (tried.length === 0) return NO_TRIAL;
  const isDecided = DECIDED.has(outcome);
  const settle = <A extends Lost | Drains>(answer: A): A | 'undecided' =>
    isDecided || answer === 'failed' || answer === 'no-trial' ? answer : 'undecided';
  const jobs = listJobs(tried);
  return {
    proven: true,
    lostGivenStop: settle(worstOf(tried.map(judgeLoss), ['failed', 'undecided', 'held', 'no-trial'])),
    drains: settle(worstOf(tried.map(judgeDrain), ['failed', 'undecided', 'outlasted', 'held', 'no-trial'])),
    jobs: jobs.size,
    jobsLost: [...jobs.values()].filter(Boolean).length,
  };
}

/** A stop counts unless its own verdict says that it does not (stage A): another's stop, a job that was over, a worker that had ended. */
function isTried({ verdict }: Judged): boolean {
  return REASONS[verdict.reason].stage !== 'A';
}

/** The jobs in flight at the stops, and whether each was lost. */
function listJobs(tried: readonly Judged[]): ReadonlyMap<string, boolean> {
  const judged = tried.filter(({ stopped }) => stopped.target?.jobId != null);
  return new Map(
    judged.flatMap(({ stopped }) =>
      attemptsOf(stopped)
        .filter(isJudged)
        .map(({ job, loss }) => [job.id, loss !== null] as const),
    ),
  );
}

/**
 * A job that the stop cut off did not survive it, even if Buildkite does not call it lost; nor did one that was handed over, as
 * only its retry passed.
 */
const CUT: ReadonlySet<string> = new Set([
  ...['lost', 'masked-loss', 'canceled-by-agent', 'broken-by-stop', 'handed-over'],
]);

function judgeLoss(stop: Judged): Lost {
  const { stopped, verdict } = stop;
  if (stopped.target?.jobId == null) return 'no-trial';
  if (!DECIDED.has(verdict.outcome)) return 'undecided';
  if (isCut(stop)) return 'failed';
  const holds = ['no-job-lost', 'target-passed'].every((check) => findAnswer(verdict, check) === 'yes');
  // A job that failed for a reason of its own was not lost, but did not show that it would have passed either.
  return holds ? 'held' : 'undecided';
}

function judgeDrain(stop: Judged): Drains {
  const { verdict } = stop;
  if (!DECIDED.has(verdict.outcome)) return 'undecided';
  // A worker that cut a job which it got after the stop is not drained, though it finished the one in flight.
  if (isCut(stop) || verdict.reason === 'not-drained') return 'failed';
  if (verdict.outcome === 'outlasted') return 'outlasted';
  if (hasDrained(verdict)) return 'held';
  return verdict.reason === 'build-failed' ? 'undecided' : 'failed';
}

function isCut({ stopped, verdict }: Judged): boolean {
  return (
    CUT.has(verdict.reason) ||
    attemptsOf(stopped).some((attempt) => isJudged(attempt) && attempt.loss !== null)
  );
}

function findAnswer({ findings }: Verdict, check: string): Finding['holds'] | null {
  return findings.find((one) => one.check === check)?.holds ?? null;
}

function worstOf<A>(answers: readonly A[], order: readonly A[]): A {
  return order.find((answer) => answers.includes(answer)) as A;
}
