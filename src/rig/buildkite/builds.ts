import { newUuid } from './ids.ts';
import { addJob, cancelJob, isOver, retryJob } from './jobs.ts';
import { isCommand, serverNow, tell } from './model.ts';
import type { Actor, Build, CommandJob, Job, Pipeline, User, World } from './model.ts';
import { advance, isOpenBlock } from './progress.ts';
import type { Step, TriggerStep } from './steps.ts';

/** Something that Buildkite would refuse, in words for its caller. */
export class NotPossible extends Error {
  override readonly name = 'NotPossible';
}

/** What a new build is made of. */
export interface NewBuild {
  readonly branch?: string | null;
  readonly commit?: string | null;
  readonly message?: string | null;
  readonly env?: Readonly<Record<string, string>>;
  readonly metaData?: readonly { readonly key: string; readonly value: string }[];
  readonly author?: { readonly name: string; readonly email: string } | null;
  readonly source: Build['source'];
  readonly triggeredFrom?: Job;
  readonly createdBy: User;
  readonly rebuiltFrom?: Build;
}

/** Creates a build and its jobs; running builds of the branch give way where the pipeline says so. */
export function createBuild(world: World, pipeline: Pipeline, wish: NewBuild): Build {
  const now = serverNow(world);
  const build: Build = {
    uuid: newUuid(),
    number: pipeline.builds.length + 1,
    pipeline,
    branch: wish.branch ?? pipeline.defaultBranch,
    commit: wish.commit ?? 'HEAD',
    message: wish.message ?? '',
    env: wish.env ?? {},
    author: wish.author ?? null,
    createdBy: wish.createdBy,
    createdAt: now,
    source: wish.source,
    triggeredFrom: wish.triggeredFrom ?? null,
    rebuiltFrom: wish.rebuiltFrom ?? null,
    metaData: new Map((wish.metaData ?? []).map(({ key, value }) => [key, value])),
    ...{ annotations: [], artifacts: [] },
    steps: [],
    jobs: [],
    state: 'SCHEDULED',
    ...{ blockedState: null, startedAt: null, failingAt: null, finishedAt: null },
    ...{ canceledAt: null, canceledBy: null, cancelReason: null },
  };
  giveWay(world, pipeline, build);
  pipeline.builds.push(build);
  world.builds.set(build.uuid, build);
  addSteps(world, build, pipeline.steps);
  tell(world, 'build-created', {
    buildId: build.uuid,
    number: build.number,
    pipeline: pipeline.slug,
    branch: build.branch,
  });
  advance(world, build);
  return build;
}

function giveWay(world: World, pipeline: Pipeline, newer: Build): void {
  for (const build of pipeline.builds.filter(({ branch }) => branch === newer.branch)) {
    if (pipeline.skipIntermediateBuilds && build.state === 'SCHEDULED') skipBuild(world, build);
    const runs = ['SCHEDULED', 'RUNNING', 'FAILING', 'BLOCKED'].includes(build.state);
    if (pipeline.cancelIntermediateBuilds && runs)
      cancelBuild(world, build, null, 'A newer build was created');
  }
}

function skipBuild(world: World, build: Build): void {
  for (const job of build.jobs) {
    if (job.agent !== null) job.agent.job = null;
    job.state = 'SKIPPED';
  }
  build.state = 'SKIPPED';
  build.finishedAt = serverNow(world);
}

/** Puts steps at the end of a build, or right after the step that uploaded them, with their jobs. */
export function addSteps(world: World, build: Build, steps: readonly Step[], after?: string): void {
  const place = build.steps.findIndex(({ uuid }) => uuid === after);
  const entries = steps.map((step) => ({ step, uuid: newUuid() }));
  build.steps.splice(place === -1 ? build.steps.length : place + 1, 0, ...entries);
  for (const { step, uuid: stepUuid } of entries) {
    const runs = step.kind === 'command' ? step : undefined;
    const values = runs === undefined || runs.matrix.length === 0 ? [null] : runs.matrix;
    const parallelism = 'parallelism' in step ? step.parallelism : null;
    const indexes = parallelism === null ? [null] : [...Array(parallelism).keys()];
    for (const matrix of values) {
      for (const parallelIndex of indexes) addJob(world, build, step, { stepUuid, matrix, parallelIndex });
    }
  }
}

/** Starts the build of a trigger step: by the same author, on the other pipeline's default branch unless the step says more. Null: there is no such pipeline. */
export function startTriggered(world: World, job: Job & { readonly step: TriggerStep }): Build | null {
  const { pipeline, build } = job.step;
  const of = world.pipelines.find(({ slug }) => slug === pipeline);
  if (of === undefined) return null;
  const { label, parallelIndex, parallelTotal } = job;
  const parallel = {
    BUILDKITE_PARALLEL_JOB: String(parallelIndex),
    BUILDKITE_PARALLEL_JOB_COUNT: String(parallelTotal),
  };
  return createBuild(world, of, {
    branch: fillBranch(build.branch, job.build),
    commit: build.commit,
    message: build.message ?? label ?? '',
    env: { ...build.env, ...(parallelIndex === null ? {} : parallel) },
    metaData: Object.entries(build.metaData).map(([key, value]) => ({ key, value })),
    author: job.build.author,
    createdBy: job.build.createdBy,
    source: 'trigger_job',
    triggeredFrom: job,
  });
}

/** Variables are filled in when steps are uploaded; of them the branch alone is needed here. */
function fillBranch(branch: string | null, { branch: own }: Build): string | null {
  return branch?.replace(/\$BUILDKITE_BRANCH\b|\$\{BUILDKITE_BRANCH\}/g, () => own) ?? null;
}

/** Cancels a build; `by` null is Buildkite itself. */
export function cancelBuild(world: World, build: Build, by: User | null, reason: string | null): void {
  if (['PASSED', 'FAILED', 'CANCELED', 'CANCELING', 'SKIPPED'].includes(build.state)) {
    throw new NotPossible(`Build can't be canceled because it's already ${build.state.toLowerCase()}.`);
  }
  build.canceledAt = serverNow(world);
  build.canceledBy = by;
  build.cancelReason = reason;
  const actor: Actor = by === null ? { type: 'SYSTEM' } : { type: 'USER', user: by };
  for (const job of build.jobs) cancelJob(world, job, actor);
  advance(world, build);
}

/** Creates a build like an older one. */
export function rebuild(world: World, older: Build, by: User, source: 'api' | 'ui'): Build {
  const { branch, commit, message, env, author } = older;
  const metaData = [...older.metaData].map(([key, value]) => ({ key, value }));
  return createBuild(world, older.pipeline, {
    ...{ branch, commit, message, env, author, metaData, source },
    ...{ createdBy: by, rebuiltFrom: older },
  });
}

/** Retries one finished job because a person asked. */
export function retryByHand(world: World, job: Job, user: User): CommandJob {
  if (!isCommand(job)) throw new NotPossible('Only command jobs can be retried.');
  const { retry } = job.step;
  if (job.retried) throw new NotPossible('This job has already been retried.');
  if (!isOver(job)) throw new NotPossible('This job is not finished and cannot be retried.');
  if (!retry.manual || (job.passed && !retry.manualOnPassed))
    throw new NotPossible('This job cannot be retried.');
  // A retry in a canceled build brings the build back.
  job.build.canceledAt = null;
  job.build.canceledBy = null;
  const next = retryJob(world, job, { type: 'MANUAL', user });
  advance(world, job.build);
  if (!isCommand(next)) throw new NotPossible('Only command jobs can be retried.');
  return next;
}

/** Cancels one job because a person asked. */
export function cancelByHand(world: World, job: Job, user: User): void {
  if (!isCommand(job) || isOver(job)) throw new NotPossible('This job cannot be canceled.');
  cancelJob(world, job, { type: 'USER', user });
  advance(world, job.build);
}

/** Opens a block. */
export function unblock(world: World, job: Job, user: User): void {
  if (!isOpenBlock(job)) throw new NotPossible('This job cannot be unblocked.');
  job.state = 'UNBLOCKED';
  job.passed = true;
  job.unblockedAt = serverNow(world);
  job.unblockedBy = user;
  advance(world, job.build);
}
