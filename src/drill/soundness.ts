import type { Build } from '../model/entities/build.ts';
import { jobEnded, type Job } from '../model/entities/job.ts';

/** Why the build is not sound enough to be struck, or null: it must hold no failed, lost or soft-failed attempt that no retry replaced. */
export function unsound(build: Build, jobs: readonly Job[]): string | null {
  if (['failing', 'failed', 'canceling', 'canceled'].includes(build.state))
    return `build ${String(build.number)} is ${build.rawState} already`;
  const replaced = new Set(jobs.map((job) => job.retryOf).filter((id) => id !== null));
  const hurt = jobs.find(
    (job) => job.buildId === build.id && jobEnded(job) && bad(job) && !job.retried && !replaced.has(job.id),
  );
  if (hurt === undefined) return null;
  const how = hurt.softFailed ? 'soft-failed' : 'failed or lost';
  return `step ${hurt.stepKey ?? hurt.label ?? hurt.id} has a ${how} attempt already (exit status ${hurt.exitStatus ?? 'none'})`;
}

function bad(job: Job): boolean {
  if (job.state === 'skipped' || job.state === 'broken') return false;
  return job.softFailed || !job.passed;
}
