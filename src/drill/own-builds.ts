import { hasBuildEnded, type Build } from '../model/entities/build.ts';
import { hasJobEnded, type Job } from '../model/entities/job.ts';
import type { DrillState } from '../state/state.ts';
import { paced, type Ask } from '../state/step.ts';
import { listFacts, findFact, type Subject } from '../model/world.ts';

/**
 * Buildkite gives a user 5,000 points in five minutes. A job with its history costs about 35, an agent with its jobs up
 * to 60, a build about 4 a job; at the usual two seconds between polls these paces come to less than 5,000 in all.
 */
export const MS_PER_POINT = 150;

/** The drill's builds as they were last seen. */
export function listOwnBuilds({ world, buildIds }: DrillState): readonly Build[] {
  return buildIds.map((id) => findFact(world, 'build', id)).filter((build) => build !== undefined);
}

/** Every job of theirs. */
function listOwnJobs({ world, buildIds }: DrillState): readonly Job[] {
  return listFacts(world, 'job').filter(({ buildId }) => buildIds.includes(buildId));
}

/** Their subjects. */
export function listBuildSubjects({ buildIds }: DrillState): readonly Subject[] {
  return buildIds.map((id) => ({ kind: 'build', id }));
}

/** Whether nothing more happens in it before the verdict: it is over, or waits for a person. */
export function isAtRest(build: Build): boolean {
  return hasBuildEnded(build) || build.state === 'blocked';
}

/** Why one of them is not sound enough to be stopped, or null. */
export function findUnsoundBuild(state: DrillState): string | null {
  const jobs = listOwnJobs(state);
  for (const build of listOwnBuilds(state)) {
    const hurt = explainUnsoundBuild(
      build,
      jobs.filter(({ buildId }) => buildId === build.id),
    );
    if (hurt !== null) return hurt;
  }
  return null;
}

/**
 * Asks after the drill's builds. A listing costs about four points a job, so large or many builds are read less often than
 * a small one; of several, those that are over are read no more.
 */
export function listOwnBuildAsks(state: DrillState, every: number): readonly Ask[] {
  const builds = listOwnBuilds(state);
  const over = new Set(state.buildIds.length === 1 ? [] : builds.filter(hasBuildEnded).map(({ id }) => id));
  const points = builds
    .filter(({ id }) => !over.has(id))
    .reduce((sum, { jobs }) => sum + 4 * jobs.length + 2, 0);
  const pace = Math.max(every, points * MS_PER_POINT - 500);
  return listBuildSubjects(state)
    .filter(({ id }) => !over.has(id))
    .map((subject) => paced(subject, pace));
}

/** Why the build is not sound enough to be stopped, or null: it must hold no failed, lost or soft-failed attempt that no retry replaced. */
export function explainUnsoundBuild(build: Build, jobs: readonly Job[]): string | null {
  if (['failing', 'failed', 'canceling', 'canceled'].includes(build.state))
    return `build ${String(build.number)} is ${build.rawState} already`;
  const replaced = new Set(jobs.map((job) => job.retryOf).filter((id) => id !== null));
  const hurt = jobs.find(
    (job) =>
      job.buildId === build.id &&
      hasJobEnded(job) &&
      hasAttemptFailed(job) &&
      !job.retried &&
      !replaced.has(job.id),
  );
  if (hurt === undefined) return null;
  const how = hurt.softFailed ? 'soft-failed' : 'failed or lost';
  return `step ${hurt.stepKey ?? hurt.label ?? hurt.id} has a ${how} attempt already (exit status ${hurt.exitStatus ?? 'none'})`;
}

function hasAttemptFailed(job: Job): boolean {
  if (job.state === 'skipped' || job.state === 'broken') return false;
  return job.softFailed || !job.passed;
}
