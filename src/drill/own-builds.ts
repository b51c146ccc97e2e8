import { hasBuildEnded, type Build } from '../model/entities/build.ts';
import { hasJobEnded, type Job } from '../model/entities/job.ts';
import type { Instant } from '../model/instants.ts';
import type { DrillState } from '../state/state.ts';
import { paced, type Ask } from '../state/step.ts';
import { keyOfStep } from '../model/step-name.ts';
import { stepOfPlan, type Plan } from '../scenario/plan.ts';
import { listFacts, findFact, keyOf, type FactKind, type Subject } from '../model/world.ts';

/**
 * Buildkite gives a user 5,000 points in five minutes. A job with its history costs about 35, an agent with its jobs up
 * to 60, a listing 3 a job; at the usual two seconds between polls these paces come to less than 5,000 in all.
 */
export const MS_PER_POINT = 150;
/** What a poll of one build costs whose step has one job with an agent: at two seconds between them 150 points a minute. */
const POINTS_OF_A_POLL = 5;

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

/** Keys of the steps whose jobs each poll of a build lists. None: the drill is about no step of its own, so all jobs are listed, and less often. */
export function listPolledSteps(plan: Plan): readonly string[] {
  const step = stepOfPlan(plan);
  const key = step === null ? null : keyOfStep(step);
  const isAboutFleet = plan.mode !== 'assert' && plan.scenario.when.trigger === 'fleet-busy';
  return key === null || isAboutFleet ? [] : [key];
}

/** Which jobs a read of this kind lists. `gameday assert` judges every job of the build. */
export function jobsWanted(kind: FactKind, plan: Plan): 'all' | readonly string[] {
  return kind === 'build-jobs' || plan.mode === 'assert' ? 'all' : listPolledSteps(plan);
}

/** Whether polls show this job: it belongs to a step of theirs. */
export function isPolled(plan: Plan, { stepKey }: Job): boolean {
  return stepKey !== null && listPolledSteps(plan).includes(stepKey);
}

/**
 * Asks after the drill's builds and the jobs of its step. A job costs up to two points, so a very parallel step or many
 * builds are read less often; of several builds, those that are over are read no more.
 */
export function listOwnBuildAsks(state: DrillState, every: number): readonly Ask[] {
  const { buildIds, plan } = state;
  const over = new Set(
    buildIds.length === 1
      ? []
      : listOwnBuilds(state)
          .filter(hasBuildEnded)
          .map(({ id }) => id),
  );
  const open = listBuildSubjects(state).filter(({ id }) => !over.has(id));
  const jobs = listOwnJobs(state).filter((job) => isPolled(plan, job) && !over.has(job.buildId));
  const points = 3 * open.length + 2 * jobs.length;
  const pace =
    buildIds.length === 1
      ? every * Math.max(1, points / POINTS_OF_A_POLL)
      : Math.max(every, points * MS_PER_POINT - 500);
  const listings = listPolledSteps(plan).length === 0 ? listListingAsks(state, every) : [];
  return [...open.map((subject) => paced(subject, pace)), ...listings];
}

/** Asks after all jobs of the drill's builds again and again, at a pace that the budget bears: about three points a job. */
export function listListingAsks(state: DrillState, every: number): readonly Ask[] {
  const open = listOwnBuilds(state).filter((build) => !hasBuildEnded(build));
  const points = open.reduce((sum, { jobs }) => sum + 3 * (jobs?.length ?? 0) + 8, 0);
  const pace = Math.max(every, points * MS_PER_POINT - 500);
  return open.map(({ id }) => paced({ kind: 'build-jobs', id }, pace));
}

/** The drill's builds of which all jobs were not listed since then. */
export function listUnlistedBuilds({ buildIds, marks }: DrillState, since: Instant): readonly Subject[] {
  return buildIds
    .map((id): Subject => ({ kind: 'build-jobs', id }))
    .filter((subject) => (marks[keyOf(subject)]?.okSentAt ?? -Infinity) < since);
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
