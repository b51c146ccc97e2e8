import { hasBuildEnded, type Build } from '../model/entities/build.ts';
import { hasJobEnded, type Job } from '../model/entities/job.ts';
import type { Instant } from '../model/instants.ts';
import type { DrillState } from '../state/state.ts';
import { paced, type Ask } from '../state/step.ts';
import { countPoints } from '../state/points.ts';
import { isGlobOfSteps, keyOfStep, matchesStep, type StepName } from '../model/step-name.ts';
import { stepOfPlan, type Plan } from '../scenario/plan.ts';
import { listFacts, findFact, keyOf, type FactKind, type Subject, type World } from '../model/world.ts';

/**
 * Buildkite gives a user 5,000 points in five minutes. A job with its history costs about 35, an agent with its jobs up
 * to 60, a listing 3 a job; at the usual two seconds between polls these paces come to less than 5,000 in all.
 */
export const MS_PER_POINT = 150;
/** What a poll of one build costs whose step has one job with an agent: at two seconds between them 150 points a minute. */
const POINTS_OF_A_POLL = 5;
/** The same for listings that look for steps: about 160 points a minute beside the polls, whatever the size of the build. */
const LOOKING_MS_PER_POINT = 375;

/** What the drill has read of its builds. */
export interface SeenBuilds {
  readonly plan: Plan;
  readonly world: World;
  readonly buildIds: readonly string[];
}

/** The drill's builds as they were last seen. */
export function listOwnBuilds({ world, buildIds }: DrillState): readonly Build[] {
  return buildIds.map((id) => findFact(world, 'build', id)).filter((build) => build !== undefined);
}

/** Every job of theirs. */
function listOwnJobs({ world, buildIds }: SeenBuilds): readonly Job[] {
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

/** The step that polls ask for; null: the drill is about no step of its own, so all jobs are listed, and less often. */
function findPolledStep(plan: Plan): StepName | null {
  const isAboutFleet = plan.mode !== 'assert' && plan.scenario.when.trigger === 'fleet-busy';
  return isAboutFleet ? null : stepOfPlan(plan);
}

/**
 * Keys of the steps whose jobs each poll of the builds lists. Buildkite filters jobs by key alone (`JobStepSearch`): a glob
 * or a label stands for the keys of the jobs that a listing showed, and for none before that.
 */
export function listPolledSteps(seen: SeenBuilds): readonly string[] {
  const step = findPolledStep(seen.plan);
  const key = step === null ? null : keyOfStep(step);
  if (step === null || key !== null) return key === null ? [] : [key];
  const jobs = listOwnJobs(seen).filter((job) => matchesStep(step, job));
  return [...new Set(jobs.flatMap(({ stepKey }) => stepKey ?? []))];
}

/** Which jobs a read of this kind lists. `gameday assert` judges every job of the build. */
export function jobsWanted(kind: FactKind, seen: SeenBuilds): 'all' | readonly string[] {
  return kind === 'build-jobs' || seen.plan.mode === 'assert' ? 'all' : listPolledSteps(seen);
}

/** Whether polls show this job: it belongs to a step of theirs. */
export function isPolled(plan: Plan, job: Job): boolean {
  const step = findPolledStep(plan);
  return step !== null && job.stepKey !== null && matchesStep(step, job);
}

/**
 * Whether only listings of all jobs show what the drill waits for: jobs of no step in particular, jobs without a key, and
 * until the target is chosen those of steps that may be uploaded later.
 */
function isShownByListingsAlone(state: DrillState): boolean {
  const step = findPolledStep(state.plan);
  if (step === null) return true;
  if (keyOfStep(step) !== null) return false;
  const jobs = listOwnJobs(state).filter((job) => matchesStep(step, job));
  const mayCome = state.phase === 'armed' && (isGlobOfSteps(step) || jobs.every(hasJobEnded));
  return mayCome || jobs.some(({ stepKey }) => stepKey === null);
}

/** The listings without which it is not known whether there is a job of the step; none where polls show it. */
export function listNeededListings(state: DrillState): readonly Subject[] {
  if (state.plan.mode === 'assert' || !isShownByListingsAlone(state)) return [];
  return state.buildIds.map((id) => ({ kind: 'build-jobs', id }));
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
  // Which step a job belongs to costs a point more; it is not asked where there is only one.
  const points = 3 * open.length + (listPolledSteps(state).length > 1 ? 3 : 2) * jobs.length;
  const pace =
    buildIds.length === 1
      ? every * Math.max(1, points / POINTS_OF_A_POLL)
      : Math.max(every, points * MS_PER_POINT - 500);
  const msPerPoint = findPolledStep(plan) === null ? MS_PER_POINT : LOOKING_MS_PER_POINT;
  const listings = isShownByListingsAlone(state) ? listListingAsks(state, every, msPerPoint) : [];
  return [...open.map((subject) => paced(subject, pace)), ...listings];
}

/** Asks after all jobs of the drill's builds again and again, at a pace that the budget bears: about three points a job. */
export function listListingAsks(
  state: DrillState,
  every: number,
  msPerPoint: number = MS_PER_POINT,
): readonly Ask[] {
  const open = listOwnBuilds(state)
    .filter((build) => !hasBuildEnded(build))
    .map(({ id }): Subject => ({ kind: 'build-jobs', id }));
  const points = open.reduce((sum, subject) => sum + countPoints(subject, state.world), 0);
  const pace = Math.max(every, points * msPerPoint - 500);
  return open.map((subject) => paced(subject, pace));
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
