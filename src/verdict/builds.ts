import { hasBuildEnded, type Build } from '../model/entities/build.ts';
import { hasJobEnded } from '../model/entities/job.ts';
import { buildPassed } from '../checks/build-passed.ts';
import { isGreen } from '../checks/no-job-lost.ts';
import { notCanceled } from '../checks/undisturbed.ts';
import {
  attemptsOf,
  findFinalAttempt,
  isJudged,
  hasTrulyPassed,
  type Attempt,
} from '../evidence/attempts.ts';
import type { Case } from '../checks/check.ts';
import { findDecisiveCall } from '../evidence/hits.ts';
import type { Evidence, Sighting } from '../evidence/evidence.ts';
import type { Finding, Verdict } from '../journal/events.ts';
import { explainCase } from './explain.ts';
import type { Judged } from './case.ts';
import { rankVerdict, verdictOf } from './made.ts';
import type { Reason } from '../model/reasons.ts';
import type { BuildLine } from './result.ts';

/** Checks that make a worker's own drain. */
const DRAINED = ['no-job-lost', 'target-passed', 'agent-left', 'container-clean'] as const;

/** Whether the worker drained, even if its build is red because of another task. */
export function isDrained({ reason, findings }: Verdict): boolean {
  if (reason === 'drained' || reason === 'handed-over') return true;
  return DRAINED.every((check) => findings.some((one) => one.check === check && one.holds === 'yes'));
}

/** A job of one build that a stop met in flight. */
interface Hit {
  readonly attempt: Attempt;
  readonly of: Judged;
  readonly attempts: readonly Attempt[];
}

/** Whether somebody else than the command stopped the task: the command did not touch its jobs. */
export function isOfOthers({ stopped, verdict }: Judged): boolean {
  return verdict.reason === 'stopped-by-other' && findDecisiveCall(stopped)?.call.kind === 'run-command';
}

/** Jobs of a build that were in flight on a task when it was stopped, or were lost there after it; each once. */
function hitsOn(buildId: string, judged: readonly Judged[]): readonly Hit[] {
  const hits = new Map<string, Hit>();
  for (const of of judged.filter(
    (one) => one.verdict.reason !== 'finished-before-stop' && !isOfOthers(one),
  )) {
    const attempts = attemptsOf(of.stopped);
    for (const attempt of attempts) {
      const isHit = isJudged(attempt) || (attempt.role === 'late' && attempt.loss !== null);
      if (attempt.job.buildId === buildId && isHit && !hits.has(attempt.job.id))
        hits.set(attempt.job.id, { attempt, of, attempts });
    }
  }
  return [...hits.values()];
}

/** What happened to each of the drill's builds. */
export function listBuildLines(evidence: Evidence, judged: readonly Judged[]): BuildLine[] {
  return evidence.buildIds.flatMap((id) => {
    const seen = evidence.last('build', id);
    return seen === null ? [] : [lineOf(seen.value, hitsOn(id, judged))];
  });
}

function lineOf(build: Build, hits: readonly Hit[]): BuildLine {
  const lost = hits.filter(({ attempt }) => attempt.loss !== null);
  const masked = lost.filter(({ attempt, attempts, of }) =>
    isGreen({ evidence: of.stopped, attempts }, attempt),
  );
  const drained = hits.filter(
    ({ attempt, of }) => attempt.loss === null && hasTrulyPassed(attempt.job) && isDrained(of.verdict),
  );
  return {
    url: build.url,
    number: build.number,
    state: build.rawState,
    hit: hits.length,
    drained: drained.length,
    lost: lost.length - masked.length,
    masked: masked.length,
    killed: build.state !== 'passed' && hits.some(isFatal),
  };
}

/** Whether the job was not finished there, and no retry passed. */
function isFatal({ attempt, attempts }: Hit): boolean {
  const last = findFinalAttempt(attempt, attempts);
  if (hasTrulyPassed(last.job)) return false;
  return attempt.loss !== null || hasJobEnded(last.job);
}

/**
 * The worst over the stopped tasks and over those of the drill's builds that none of them stands for. A build that is red
 * counts as a failure only where some stop is proven: else nothing is known of what the fault did.
 */
export function withEveryBuild(worst: Verdict, evidence: Evidence, judged: readonly Judged[]): Verdict {
  const proven = judged.some(({ verdict }) => isProven(verdict));
  const beside = evidence.buildIds
    .map((id) => judgeOtherBuild(evidence, id, judged))
    .filter((one) => one !== null)
    .filter(({ outcome }) => proven || outcome !== 'failed')
    .sort((a, b) => rankVerdict(a) - rankVerdict(b));
  const first = beside[0];
  if (first === undefined || rankVerdict(first) >= rankVerdict(worst)) return worst;
  const notes = [`of the stopped tasks the worst is ${worst.reason}: ${worst.said}`];
  return { ...first, notes: [...first.notes, ...worst.notes, ...notes] };
}

function isProven({ findings }: Verdict): boolean {
  return ['landed', 'in-flight'].every((check) =>
    findings.some((one) => one.check === check && (one.holds === 'yes' || one.holds === 'unasked')),
  );
}

/** The verdict on a build of which no stopped task ran a job; null if the build passed, or its state is not judged. */
function judgeOtherBuild(evidence: Evidence, id: string, judged: readonly Judged[]): Verdict | null {
  if (evidence.plan.scenario.expect.build === 'any') return null;
  if (judged.some(({ stopped }) => stopped.buildId === id)) return null;
  // A job of this build that was lost on a stopped task is reported there.
  if (hitsOn(id, judged).some(isFatal)) return null;
  const own = { ...evidence, buildId: id, target: null, injection: null };
  const about = { evidence: own, attempts: attemptsOf(own) };
  const findings = [buildPassed, notCanceled].map((check) => ({ check: check.name, ...check.judge(about) }));
  const seen = evidence.last('build', id);
  if (seen === null) return makeVerdict('observation-gap', `build ${id} was never read`, findings);
  const canceled = findings.find(({ raises }) => raises === 'build-canceled');
  if (canceled !== undefined)
    return {
      ...makeVerdict('build-canceled', canceled.said, findings),
      cause: explainCase(about, 'build-canceled'),
    };
  const [passed] = findings;
  if (passed === undefined || passed.holds === 'yes') return null;
  if (passed.raises === 'build-failed') return judgeRedBuild(passed, about, findings);
  return judgeUnfinishedBuild(evidence, seen, passed, findings);
}

/** The build lost a job on a task that was not stopped, or failed by itself. */
function judgeRedBuild(passed: Finding, about: Case, findings: readonly Finding[]): Verdict {
  const { attempts } = about;
  const lost = attempts.find(
    (attempt) => attempt.loss !== null && !hasTrulyPassed(findFinalAttempt(attempt, attempts).job),
  );
  if (lost === undefined)
    return {
      ...makeVerdict('build-failed', passed.said, findings),
      cause: explainCase(about, 'build-failed'),
    };
  const said = `job ${lost.job.id} (${lost.job.stepKey ?? 'no step key'}), on a task that was not stopped, was lost: ${lost.loss?.by ?? ''}`;
  const finding: Finding = {
    check: 'loss-elsewhere',
    holds: 'no',
    raises: 'unrelated-loss',
    said,
    notes: [],
    events: [lost.seen.seq],
  };
  return makeVerdict('unrelated-loss', said, [...findings, finding]);
}

function judgeUnfinishedBuild(
  evidence: Evidence,
  { value }: Sighting<Build>,
  passed: Finding,
  findings: readonly Finding[],
): Verdict {
  const { last } = evidence.reads('build', value.id);
  if (last?.ok === false && !hasBuildEnded(value)) {
    const said = `the last read of build ${String(value.number)} failed: ${last.error?.message ?? 'no answer'}`;
    return makeVerdict('observation-gap', said, findings);
  }
  return makeVerdict('verdict-timeout', passed.said, findings);
}

function makeVerdict(reason: Reason, said: string, findings: readonly Finding[]): Verdict {
  return verdictOf(reason, said, { findings });
}
