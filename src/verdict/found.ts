import { attemptsOf, type Attempt } from '../evidence/attempts.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Finding, Verdict } from '../journal/events.ts';
import { listStepJobs, listShownStops } from '../evidence/found.ts';
import { buildPassed } from '../checks/build-passed.ts';
import { notCanceled } from '../checks/undisturbed.ts';
import type { Judged } from './case.ts';
import { verdictOf } from './made.ts';
import type { Reason } from '../model/reasons.ts';

/** `assert`: each stop that ECS shows is judged like an injection, the worst decides; without one it can only be said that nothing was lost. */
export function judgeAssertion(evidence: Evidence, stops: readonly Judged[]): Verdict {
  return requireDrain(evidence, worstOf(evidence, stops));
}

/** `--require drained`: a pass that is less than a drain becomes inconclusive. */
function requireDrain({ plan }: Evidence, given: Verdict): Verdict {
  if (plan.mode !== 'assert' || plan.assertion.require === 'not-lost') return given;
  if (given.reason === 'not-lost')
    return makeVerdict(
      'stop-not-confirmed',
      `a drain is required (--require drained), and ECS shows no stop: ${given.said}`,
      given.findings,
      given.notes,
    );
  if (given.reason === 'outlasted' || given.reason === 'handed-over')
    return makeVerdict(
      'drain-not-proven',
      `a drain is required (--require drained), and this is ${given.reason}: ${given.said}`,
      given.findings,
      given.notes,
    );
  return given;
}

function worstOf(evidence: Evidence, judged: readonly Judged[]): Verdict {
  const worst = judged[0]?.verdict;
  if (worst === undefined) return judgeWithoutStop(evidence, listShownStops(evidence).length);
  if (judged.length === 1) return worst;
  return {
    ...worst,
    notes: [...worst.notes, `${String(judged.length)} stopped tasks were judged; this is the worst of them`],
  };
}

function makeVerdict(
  reason: Reason,
  said: string,
  findings: readonly Finding[],
  notes: readonly string[],
): Verdict {
  return verdictOf(reason, said, { findings, notes });
}

function judgeWithoutStop(evidence: Evidence, idle: number): Verdict {
  const notes =
    idle === 0 ? [] : [`${String(idle)} tasks were stopped, none of them held a job of the build`];
  const attempts = attemptsOf(evidence).filter(({ job }) =>
    listStepJobs(evidence).some(({ id }) => id === job.id),
  );
  const about = { evidence, attempts };
  const findings = [buildPassed, notCanceled].map((check) => ({ check: check.name, ...check.judge(about) }));
  const lost = attempts.filter((attempt) => attempt.loss !== null);
  if (evidence.watchEnded?.why !== 'settled') {
    const blind = evidence.reads('build', evidence.buildId ?? '').last?.ok === false;
    return makeVerdict(
      blind ? 'observation-gap' : 'verdict-timeout',
      'not everything was over when the watch ended',
      findings,
      notes,
    );
  }
  const first = lost[0];
  if (first !== undefined) return verdictOfLoss(evidence, first, findings, notes);
  const raised = findings.find((finding) => finding.raises !== null);
  if (raised?.raises != null) return makeVerdict(raised.raises, raised.said, findings, notes);
  const failed = attempts.find(
    ({ job }) => !job.passed && !attempts.some((other) => other.job.retryOf === job.id),
  );
  if (failed !== undefined)
    return makeVerdict(
      'build-failed',
      `job ${failed.job.id} ended ${failed.job.rawState}, exit status ${failed.job.exitStatus ?? 'none'}`,
      findings,
      notes,
    );
  if (attempts.length === 0)
    return makeVerdict('evidence-missing', 'the build has no job that could be judged', findings, notes);
  return makeVerdict(
    'not-lost',
    'the build passed and no attempt was lost; injection: none shown',
    findings,
    notes,
  );
}

function verdictOfLoss(
  evidence: Evidence,
  attempt: Attempt,
  findings: readonly Finding[],
  notes: readonly string[],
): Verdict {
  const green = evidence.last('build', attempt.job.buildId)?.value.state === 'passed';
  const said = `job ${attempt.job.id} was lost: ${attempt.loss?.by ?? ''}; ECS shows no stop of its task any more`;
  return makeVerdict(green ? 'masked-loss' : 'lost', said, findings, notes);
}
