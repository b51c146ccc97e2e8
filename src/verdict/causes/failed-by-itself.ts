import { findFinalAttempt, hasTrulyPassed, type Attempt } from '../../evidence/attempts.ts';
import { hasJobEnded } from '../../model/entities/job.ts';
import { NO_FAULT, type Cause } from './cause.ts';
import type { Grounds } from './grounds.ts';

/** A job that ended with an exit status of its own: nothing shows whether the stop was the cause. */
export const failedByItself: Cause = {
  name: 'failed-by-itself',
  means: 'A job ended by itself with an exit status of its own.',
  explains: 'how the job ended',
  judge(grounds) {
    const { reason, evidence } = grounds;
    if (reason !== 'build-failed') return null;
    const failed = findFailedAttempt(grounds);
    const isStopped = failed !== null && failed.role !== 'elsewhere' && evidence.injection !== null;
    const build = evidence.buildId === null ? null : evidence.last('build', evidence.buildId);
    const where = isStopped
      ? 'on the target task'
      : evidence.injection === null
        ? 'and no stop of its task is shown'
        : 'on a task that was not stopped';
    const what =
      failed === null
        ? `build ${String(build?.value.number ?? '')} is red, and no job of it was seen to fail`
        : `${failed.job.stepKey ?? failed.job.label ?? `job ${failed.job.id}`} ended by itself with exit status ${failed.job.exitStatus ?? 'none'}, ${where}`;
    return {
      weight: failed !== null && !isStopped ? 'likely' : 'possible',
      said: `${what}: the stop did not end it, but may have disturbed what it needs`,
      events: [failed?.seen.seq ?? null, build?.seq ?? null],
      saves: 'the log of that job says why it failed; first make the build pass without a stop',
      experiment: NO_FAULT,
    };
  },
};

/** The target task's first, then any whose retries did not fix it. */
function findFailedAttempt({ attempts, hurt }: Grounds): Attempt | null {
  const isBad = (attempt: Attempt): boolean =>
    hasJobEnded(attempt.job) && !hasTrulyPassed(findFinalAttempt(attempt, attempts).job);
  if (hurt !== null && isBad(hurt)) return hurt;
  return attempts.find(isBad) ?? null;
}
