import { newUuid } from './ids.ts';
import { addJob } from './jobs.ts';
import { serverNow } from './model.ts';
import type { Build, Job, Pipeline, World } from './model.ts';
import { BadPipelineFile } from './pipeline-file.ts';
import type { CommandStep } from './steps.ts';

/** How long jobs of one step took that were over, and had passed, before the rig began; the oldest first. */
export interface PastStep {
  readonly step: string;
  readonly took: readonly number[];
  /** They ran on the agents that are there now, one after another with this gap; without it, nobody knows on which. */
  readonly onWorkers?: { readonly gap: number } | undefined;
}

const HOUR_MS = 3_600_000;

/** One job that is over. */
export interface PastJob {
  readonly step: CommandStep;
  readonly ms: number;
}

/** Gives a pipeline the builds that it had: the n-th holds the n-th job of each step; one began every hour. */
export function layDownHistory(world: World, pipeline: Pipeline, history: readonly PastStep[]): void {
  const apart = history.filter(({ onWorkers }) => onWorkers === undefined);
  const steps = apart.map(({ step, took }) => ({ step: commandStep(pipeline, step), took }));
  const most = Math.max(0, ...steps.map(({ took }) => took.length));
  const beganAt = serverNow(world) - HOUR_MS * most - Math.max(0, ...steps.flatMap(({ took }) => took));
  for (let nth = 0; nth < most; nth += 1) {
    const jobs = steps.flatMap(({ step, took }) => {
      const ms = took[nth];
      return ms === undefined ? [] : [{ step, ms }];
    });
    addPastBuild(world, pipeline, jobs, beganAt + nth * HOUR_MS);
  }
}

/** The command step with this key, for which a history is given. */
export function commandStep(pipeline: Pipeline, key: string): CommandStep {
  const found = pipeline.steps.find((step) => step.key === key);
  if (found?.kind === 'command') return found;
  throw new BadPipelineFile(`history: pipeline "${pipeline.slug}" has no command step with the key "${key}"`);
}

/** Adds a build that has passed, all of whose jobs began at the same time (epoch milliseconds of Buildkite's clock). */
export function addPastBuild(
  world: World,
  pipeline: Pipeline,
  past: readonly PastJob[],
  startedAt: number,
): readonly Job[] {
  const build = addEndedBuild(world, pipeline, pipeline.defaultBranch, startedAt);
  build.finishedAt = startedAt + Math.max(0, ...past.map(({ ms }) => ms));
  return past.map(({ step, ms }) => {
    const uuid = newUuid();
    build.steps.push({ step, uuid });
    const job = addJob(world, build, step, { stepUuid: uuid });
    job.state = 'FINISHED';
    job.passed = true;
    job.exit = { exitStatus: '0', signal: null, signalReason: null };
    job.createdAt = startedAt;
    job.scheduledAt = startedAt;
    job.runnableAt = startedAt;
    job.startedAt = new Date(startedAt).toISOString();
    job.finishedAt = new Date(startedAt + ms).toISOString();
    return job;
  });
}

/** A build of the past without steps yet, passed. */
export function addEndedBuild(world: World, pipeline: Pipeline, branch: string, createdAt: number): Build {
  const build: Build = {
    uuid: newUuid(),
    number: pipeline.builds.length + 1,
    pipeline,
    branch,
    commit: 'HEAD',
    message: 'before the rig began',
    env: {},
    author: null,
    createdBy: world.users.colleague,
    createdAt,
    source: 'api',
    triggeredFrom: null,
    rebuiltFrom: null,
    metaData: new Map(),
    ...{ annotations: [], artifacts: [] },
    steps: [],
    jobs: [],
    state: 'PASSED',
    startedAt: createdAt,
    finishedAt: createdAt,
    ...{ blockedState: null, failingAt: null, canceledAt: null, canceledBy: null, cancelReason: null },
  };
  pipeline.builds.push(build);
  world.builds.set(build.uuid, build);
  return build;
}
