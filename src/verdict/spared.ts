import { buildPassed } from '../checks/build-passed.ts';
import type { Answered, Case } from '../checks/check.ts';
import { no, unasked, unknown, yes } from '../checks/check.ts';
import { formatClockTime, seconds } from '../checks/times.ts';
import { notCanceled } from '../checks/undisturbed.ts';
import { attemptsOf, hasTrulyPassed } from '../evidence/attempts.ts';
import type { Evidence } from '../evidence/evidence.ts';
import {
  findDecisiveCall,
  findOvertaking,
  hitsOf,
  mayBeByScheduler,
  quoteServiceEvent,
} from '../evidence/hits.ts';
import {
  findDanger,
  findInForce,
  findNextJob,
  findProtectionBefore,
  findRunningAfter,
  orderOfStop,
} from '../evidence/spared.ts';
import type { Finding, Verdict } from '../journal/events.ts';
import { nameCall } from '../model/call.ts';
import { hasJobEnded, type Job } from '../model/entities/job.ts';
import { isGoingDown, type Protection } from '../model/entities/task.ts';
import type { CheckName } from '../model/names.ts';
import { judgeObservation, type Judged } from './case.ts';
import { explainCase } from './explain.ts';
import { rankVerdict, verdictOf } from './made.ts';
import { decideStage } from './stages.ts';

const NEEDED: ReadonlySet<CheckName> = new Set<CheckName>([
  ...(['landed', 'in-flight', 'spared', 'target-passed', 'build-passed', 'observed'] as const),
]);

/** The verdict on a worker that is to be spared: what took it, or another one, while its job ran decides first. */
export function judgeSpared(evidence: Evidence, stops: readonly Judged[]): Verdict {
  const hurt = stops.filter(isHurt).toSorted((a, b) => rankVerdict(a.verdict) - rankVerdict(b.verdict))[0];
  if (hurt !== undefined) return judgeHurt(hurt);
  const about: Case = { evidence, attempts: attemptsOf(evidence) };
  const checks: readonly (readonly [CheckName, (about: Case) => Answered])[] = [
    ['landed', judgeInForce],
    ['in-flight', judgeDanger],
    ['still-idle', () => unasked('the drill aimed at a job')],
    ['spared', judgeStay],
    ['target-passed', judgeTarget],
    ['loss-elsewhere', judgeLoss],
    ['build-passed', (one) => buildPassed.judge(one)],
    ['not-canceled', (one) => notCanceled.judge(one)],
  ];
  const findings: readonly Finding[] = [
    ...checks.map(([check, judge]) => ({ check, ...judge(about) })),
    judgeObservation(about),
  ];
  const { reason, by } = decideStage(findings, NEEDED, 'spared');
  const stayed = findings.find(({ check }) => check === 'spared');
  const said = by?.said ?? stayed?.said ?? '';
  const cause = explainCase(about, reason);
  return verdictOf(reason, said, { findings, cause, notes: findings.flatMap(({ notes }) => notes) });
}

function jobOf(evidence: Evidence): Job | undefined {
  return evidence.last('job', evidence.target?.jobId ?? '')?.value;
}

/** A stop that came while the job ran, as far as that is proven; or in its last moments, and the job did not pass. */
function isHurt({ stopped, verdict }: Judged): boolean {
  const job = jobOf(stopped);
  const task = stopped.last('task', stopped.target?.taskArn ?? '')?.value;
  if (job === undefined || task === undefined) return false;
  if (!mayBeByScheduler(task)) return verdict.stage === 'A' || verdict.stage === 'B';
  const order = orderOfStop(stopped, task.arn, job);
  return order === 'before' || (verdict.outcome === 'failed' && hasJobEnded(job) && !hasTrulyPassed(job));
}

/** What its own stop came to, where that is a failure that outranks this one or shows nothing of ours; else it was not spared. */
function judgeHurt({ stopped, verdict }: Judged): Verdict {
  const arn = stopped.target?.taskArn ?? '';
  const seen = stopped.last('task', arn);
  const said = `the scheduler took task ${arn} at ${formatClockTime(seen?.value.stoppingAt ?? 0)}, while job ${jobOf(stopped)?.id ?? ''} ran on it`;
  const cause = explainCase({ evidence: stopped, attempts: attemptsOf(stopped) }, 'not-spared');
  const isOurs = verdict.stage !== 'A' && verdict.stage !== 'B';
  if (!isOurs) return verdict;
  const notes = [...verdict.notes];
  if (verdict.outcome === 'failed' && rankVerdict(verdict) < rankVerdict(verdictOf('not-spared', said))) {
    const why = cause?.ranked[0]?.said ?? '';
    return { ...verdict, notes: [...notes, `not spared: ${said}; ${why}`] };
  }
  const finding: Finding = { check: 'spared', ...no('not-spared', said, [seen?.seq ?? null]) };
  return verdictOf('not-spared', said, { cause, notes, findings: [...verdict.findings, finding] });
}

function untilOf({ expiresAt }: Protection): string {
  return expiresAt === null ? '' : ` until ${formatClockTime(expiresAt)} UTC`;
}

/** Whether our change stood from its first look to the end of the job. */
function judgeInForce({ evidence }: Case): Answered {
  const decisive = findDecisiveCall(evidence);
  const name = evidence.plan.scenario.cluster.service ?? '';
  const look = findInForce(evidence);
  if (decisive === null) return unknown('nothing was injected');
  if (look === undefined) {
    const { last } = evidence.reads('service', name);
    if (last?.ok === false || (last?.seq ?? 0) < decisive.intendedSeq)
      return unknown(
        `the service was not read after our call: ${last?.error?.message ?? 'no read was made'}`,
        [],
        'observation-gap',
      );
    return no(
      'stop-not-confirmed',
      `no look at the service shows what our call set${quoteServiceEvent(evidence)}`,
      [decisive.sentSeq],
    );
  }
  const ended = evidence.firstLook('job', evidence.target?.jobId ?? '', hasJobEnded)?.seq ?? Infinity;
  const other = findOvertaking(evidence, decisive, ended);
  if (other !== null) return no('stopped-by-other', other.said, [decisive.sentSeq, other.seq]);
  const back = evidence
    .events('GD_UNDO_INTENDED')
    .find(({ seq }) => seq < (evidence.watchEnded?.seq ?? Infinity));
  const task = evidence.last('task', evidence.target?.taskArn ?? '')?.value;
  if (back !== undefined && task !== undefined && !isGoingDown(task)) {
    const said = 'the change was put back by a signal before the worker was taken';
    return unknown(said, [back.seq], 'observation-gap');
  }
  return yes(`${nameCall(decisive.call)} was in force from ${formatClockTime(look.answeredAt)} on`, [
    decisive.intendedSeq,
    decisive.sentSeq,
    look.seq,
  ]);
}

/** Whether the job ran on the target while the scheduler was free to take it: else it was never in danger. */
function judgeDanger({ evidence }: Case): Answered {
  const inForce = findInForce(evidence);
  const job = jobOf(evidence);
  if (inForce === undefined || job === undefined) return unknown('nothing shows our change in force');
  const running = findRunningAfter(evidence, inForce);
  if (running === undefined)
    return no('finished-before-stop', 'nothing shows that the job still ran when our change was in force', [
      inForce.seq,
    ]);
  const other = hitsOf(evidence).find(
    ({ value }) =>
      value.arn !== evidence.target?.taskArn && orderOfStop(evidence, value.arn, job) !== 'after',
  );
  const isScaleIn = findDecisiveCall(evidence)?.call.kind === 'set-desired-count';
  if (isScaleIn && other !== undefined)
    return no(
      'missed-target',
      `the scheduler took ${other.value.arn}, which nothing protected, so that the target was never in danger: let it be the only one that may be taken (inject.steered), or every other one protected`,
      [other.seq],
    );
  const danger = findDanger(evidence);
  if (danger === null)
    return no(
      'finished-before-stop',
      'the job was over before the scheduler was free to take its worker: use a longer step',
      [inForce.seq, running.seq],
    );
  const said = `the scheduler was free to take the worker for ${seconds(danger.ms)} while its job ran`;
  if (!danger.isEnough)
    return no('finished-before-stop', `${said}, which is too short to show anything: use a longer step`, [
      danger.look.seq,
      running.seq,
    ]);
  return yes(said, [danger.look.seq, running.seq], [], 'read');
}

/** Whether the task was protected, stayed until its job was over, and was taken after that. */
function judgeStay({ evidence }: Case): Answered {
  const { target } = evidence;
  const job = jobOf(evidence);
  const arn = target?.taskArn ?? '';
  const before = findProtectionBefore(evidence);
  const task = evidence.last('task', arn);
  if (job === undefined || !hasJobEnded(job))
    return unknown('the job was not over when it was last read', [], 'verdict-timeout');
  if (before === undefined)
    return unknown('the protection of the task was not read before the change', [], 'observation-gap');
  if (!before.value.enabled)
    return unknown(
      'the task was not protected when the change was made: that it was left alone is chance',
      [before.seq],
      'evidence-missing',
    );
  if (task === null) return unknown('the task was never read', [], 'observation-gap');
  const order = orderOfStop(evidence, arn, job);
  const until = `it was protected${untilOf(before.value)} when the change was made`;
  if (order === null) return judgeNotTaken(evidence, arn, until);
  if (order !== 'after')
    return unknown(
      'the clocks do not tell whether the task was taken before its job was over',
      [before.seq, task.seq],
      'evidence-missing',
    );
  if (!mayBeByScheduler(task.value))
    return unknown(
      `the task ended for another reason: ${task.value.stopCode ?? 'no stop code'}`,
      [task.seq],
      'evidence-missing',
    );
  return yes(
    `the task was left alone until its job was over, and then taken at ${formatClockTime(task.value.stoppingAt ?? 0)}; ${until}`,
    [before.seq, task.seq],
  );
}

function judgeNotTaken(evidence: Evidence, arn: string, until: string): Answered {
  const last = evidence.last('protection', arn);
  const next = findNextJob(evidence);
  if (next !== undefined)
    return yes(
      `the task was left alone until its job was over, and has job ${next.id} since, for which it is protected anew; ${until}`,
      [last?.seq ?? null, next.seq],
      [describeEnd(evidence)],
    );
  const still =
    last?.value.enabled === true
      ? `it was still protected${untilOf(last.value)}: nobody lifted it`
      : 'it was not protected any more';
  return unknown(
    `the task was left alone, but the scheduler had not taken it after its job when limits.verdictWithin ended; ${still}; ${until}`,
    [last?.seq ?? null],
    'verdict-timeout',
  );
}

/** What becomes of a change for which the scheduler found no moment. */
function describeEnd(evidence: Evidence): string {
  return findDecisiveCall(evidence)?.call.kind === 'set-desired-count'
    ? 'the scheduler did not take the worker between two jobs; the desired count is put back'
    : 'the scheduler did not take the worker between two jobs; the deployment goes on without the drill';
}

function judgeTarget({ evidence }: Case): Answered {
  const seen = evidence.last('job', evidence.target?.jobId ?? '');
  if (seen === null || !hasJobEnded(seen.value)) return unknown('the job was not over when it was last read');
  const { rawState, exitStatus } = seen.value;
  const said = `the job ended ${rawState}, exit status ${exitStatus ?? 'none'}`;
  if (hasTrulyPassed(seen.value) && exitStatus === '0') return yes(said, [seen.seq]);
  if (seen.value.state !== 'finished' || exitStatus === null || exitStatus === '-1')
    return unknown(said, [seen.seq]);
  return no('build-failed', `${said}; its worker was not taken, and the cause is undecided`, [seen.seq]);
}

/** A job that was lost although its worker was not taken is not the doing of our change. */
function judgeLoss({ evidence, attempts }: Case): Answered {
  const lost = attempts.find(({ loss, job }) => loss !== null && evidence.buildIds.includes(job.buildId));
  if (lost === undefined) return yes('no job was lost', []);
  return no(
    'unrelated-loss',
    `job ${lost.job.id} was lost, and its worker had not been taken: ${lost.loss?.by ?? ''}`,
    [lost.seen.seq],
  );
}
