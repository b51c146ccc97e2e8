import { newUuid } from './ids.ts';
import { addJob } from './jobs.ts';
import { serverNow } from './model.ts';
import type { Build, Pipeline, World } from './model.ts';
import { BadPipelineFile } from './pipeline-file.ts';
import type { CommandStep } from './steps.ts';

/** How long jobs of one step took that were over, and had passed, before the rig began; the oldest first. */
export interface PastStep {
  readonly step: string;
  readonly took: readonly number[];
}

const HOUR_MS = 3_600_000;

interface Past {
  readonly step: CommandStep;
  readonly took: readonly number[];
}

/** Gives a pipeline the builds that it had: the n-th holds the n-th job of each step; one began every hour. */
export function layDownHistory(world: World, pipeline: Pipeline, history: readonly PastStep[]): void {
  const steps = history.map(({ step, took }) => ({ step: commandStep(pipeline, step), took }));
  const most = Math.max(0, ...steps.map(({ took }) => took.length));
  const beganAt = serverNow(world) - HOUR_MS * most - Math.max(0, ...steps.flatMap(({ took }) => took));
  for (let nth = 0; nth < most; nth += 1) pastBuild(world, pipeline, steps, nth, beganAt + nth * HOUR_MS);
}

function commandStep(pipeline: Pipeline, key: string): CommandStep {
  const found = pipeline.steps.find((step) => step.key === key);
  if (found?.kind === 'command') return found;
  throw new BadPipelineFile(`history: pipeline "${pipeline.slug}" has no command step with the key "${key}"`);
}

function pastBuild(
  world: World,
  pipeline: Pipeline,
  steps: readonly Past[],
  nth: number,
  startedAt: number,
): void {
  const took = steps.flatMap(({ step, took: all }) => {
    const ms = all[nth];
    return ms === undefined ? [] : [{ step, ms, uuid: newUuid() }];
  });
  const build: Build = {
    uuid: newUuid(),
    number: pipeline.builds.length + 1,
    pipeline,
    branch: 'main',
    commit: 'HEAD',
    message: 'before the rig began',
    env: {},
    author: null,
    createdBy: world.users.colleague,
    createdAt: startedAt,
    source: 'api',
    rebuiltFrom: null,
    metaData: new Map(),
    annotations: [],
    steps: took.map(({ step, uuid }) => ({ step, uuid })),
    jobs: [],
    state: 'PASSED',
    startedAt,
    finishedAt: startedAt + Math.max(0, ...took.map(({ ms }) => ms)),
    ...{ blockedState: null, failingAt: null, canceledAt: null, canceledBy: null, cancelReason: null },
  };
  pipeline.builds.push(build);
  world.builds.set(build.uuid, build);
  for (const { step, ms, uuid } of took) {
    const job = addJob(world, build, step, { stepUuid: uuid });
    job.state = 'FINISHED';
    job.passed = true;
    job.exit = { exitStatus: '0', signal: null, signalReason: null };
    job.scheduledAt = startedAt;
    job.runnableAt = startedAt;
    job.startedAt = new Date(startedAt).toISOString();
    job.finishedAt = new Date(startedAt + ms).toISOString();
  }
}
