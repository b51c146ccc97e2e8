import { hasBuildEnded } from '../model/entities/build.ts';
import { hasJobEnded } from '../model/entities/job.ts';
import { findFinalAttempt, isJudged, hasTrulyPassed, type Attempt } from '../evidence/attempts.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { no, unasked, unknown, yes, type Answered, type Case, type Check } from './check.ts';
import { isHandedOver } from './handover.ts';
import { findHeldInstead, inFlight } from './in-flight.ts';

/** Whether the build is green: it passed, or it is still open and the final retry of the lost attempt passed (verdict, stage C). */
export function isGreen(about: Case, attempt: Attempt): boolean {
  const build = about.evidence.last('build', attempt.job.buildId);
  if (build?.value.state === 'passed') return true;
  const open = build === null || !hasBuildEnded(build.value);
  const last = findFinalAttempt(attempt, about.attempts);
  const failing = build?.value.state === 'failing' || build?.value.state === 'canceling';
  return open && !failing && last !== attempt && hasTrulyPassed(last.job);
}

const FINAL: ReadonlySet<string> = new Set([
  'FINISHED',
  'CANCELED',
  'TIMED_OUT',
  'AGENT_LOST',
  'AGENT_DISCONNECTED',
  'EXPIRED',
]);

/** Whether the attempt has ended and its history was read after that: an earlier read could miss AGENT_LOST. */
export function hasWholeStory({ job }: Attempt): boolean {
  return hasJobEnded(job) && (job.events ?? []).some((event) => FINAL.has(event.type));
}

function nameAttempt(attempt: Attempt): string {
  const step = attempt.job.stepKey ?? attempt.job.label ?? 'a job';
  return `${step} attempt ${String(attempt.number)} (job ${attempt.job.id})`;
}

function judgeLostAttempt(about: Case, attempt: Attempt): Answered {
  const { loss, job, seen } = attempt;
  const proof = `${nameAttempt(attempt)} was lost: ${loss?.by ?? ''}; exit status ${job.exitStatus ?? 'none'}, signal ${job.signal ?? 'none'}`;
  const events = [about.evidence.injection?.sentSeq ?? null, loss?.seq ?? null, seen.seq];
  if (!isGreen(about, attempt)) return no('lost', `${proof}; its build is not green`, events);
  const last = findFinalAttempt(attempt, about.attempts);
  const how =
    last === attempt
      ? 'soft_fail'
      : last.job.retryType === 'manual'
        ? "a person's retry"
        : 'an automatic retry';
  return no('masked-loss', `${proof}; ${how} made its build green`, [...events, last.seen.seq]);
}

/** A lost job of the drill's own builds that a second agent, restarted in the target's task, took after the stop. */
function isOwnLate({ target, buildIds }: Evidence, { role, job, loss }: Attempt): boolean {
  if (role !== 'late' || loss === null || job.agentId === null) return false;
  return job.agentId !== target?.agentId && buildIds.includes(job.buildId);
}

export const noJobLost: Check = {
  name: 'no-job-lost',
  asks: 'Was no judged job lost?',
  needed: true,
  judge(about) {
    const { evidence, attempts } = about;
    if (evidence.injection === null) return unasked('nothing was injected');
    const instead = inFlight.judge(about).holds === 'yes' ? null : findHeldInstead(about);
    const judged = attempts.filter(
      (attempt) => isJudged(attempt) || isOwnLate(evidence, attempt) || attempt === instead,
    );
    const losses = judged.filter((attempt) => attempt.loss !== null);
    const counted = losses.filter(
      (attempt) => evidence.plan.scenario.expect.handover !== 'allowed' || !isHandedOver(attempt, about),
    );
    const worst = counted.find((attempt) => !isGreen(about, attempt)) ?? counted[0];
    if (worst !== undefined) return judgeLostAttempt(about, worst);
    if (losses.length > 0)
      return yes(
        `${String(losses.length)} lost and handed over to an automatic retry on another task`,
        losses.flatMap((attempt) => [
          attempt.loss?.seq ?? null,
          findFinalAttempt(attempt, attempts).seen.seq,
        ]),
        losses.map(
          (attempt) => `${nameAttempt(attempt)} was lost (${attempt.loss?.by ?? ''}); the loss counts`,
        ),
      );
    const open = judged.find((attempt) => !hasWholeStory(attempt));
    if (judged.length === 0)
      return evidence.target?.jobId === null
        ? yes('the worker had no job that could be lost', [evidence.injection.sentSeq])
        : unknown('no judged job was seen');
    if (open !== undefined)
      return unknown(`${nameAttempt(open)} had not ended, or its history was not read after its end`, [
        open.seen.seq,
      ]);
    return yes(
      `${judged.map((attempt) => `${nameAttempt(attempt)} ended ${attempt.job.rawState}, exit status ${attempt.job.exitStatus ?? 'none'}`).join('; ')}; none was lost`,
      judged.map((attempt) => attempt.seen.seq),
    );
  },
};
