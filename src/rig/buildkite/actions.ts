import { gunzipSync } from 'node:zlib';
import { loseAgent, loseForAMoment, stopAgent } from './agents.ts';
import * as builds from './builds.ts';
import { isOver, timeOutJob } from './jobs.ts';
import type { Agent, Build, Job, Pipeline, User, World } from './model.ts';
import { isOpenBlock } from './progress.ts';

/** What people and Buildkite itself do during a drill, as the rig file's script and the control endpoint ask for it. */
export type Action = { readonly do: string } & Readonly<Record<string, unknown>>;

type Verb = (world: World, action: Action) => unknown;

const VERBS: Readonly<Record<string, Verb>> = {
  'create-build': (world, action) => {
    const pipeline = pipelineFor(world, action);
    const env = entriesOf(action['env']);
    const metaData = Object.entries(entriesOf(action['metaData'])).map(([key, value]) => ({ key, value }));
    const [branch, commit, message] = ['branch', 'commit', 'message'].map(
      (key) => textOf(action, key) ?? null,
    );
    const wish = { branch: branch ?? null, commit: commit ?? null, message: message ?? null, env, metaData };
    return summary(
      builds.createBuild(world, pipeline, { ...wish, source: 'ui', createdBy: world.users.colleague }),
    );
  },
  'cancel-build': (world, action) => {
    const build = buildFor(world, action);
    const byBuildkite = action['by'] === 'buildkite';
    builds.cancelBuild(
      world,
      build,
      byBuildkite ? null : userOf(world),
      byBuildkite ? 'A newer build was created' : null,
    );
    return summary(build);
  },
  rebuild: (world, action) => summary(builds.rebuild(world, buildFor(world, action), userOf(world), 'ui')),
  'retry-job': (world, action) => ({
    jobId: builds.retryByHand(world, jobFor(world, action, isOver), userOf(world)).uuid,
  }),
  'cancel-job': (world, action) => {
    const job = jobFor(world, action, (candidate) => !isOver(candidate));
    builds.cancelByHand(world, job, userOf(world));
    return { jobId: job.uuid };
  },
  'time-out-job': (world, action) => {
    const job = jobFor(world, action, ({ state }) => state === 'RUNNING');
    timeOutJob(job);
    return { jobId: job.uuid };
  },
  unblock: (world, action) => {
    // A script's rule carries the step of the event that it waited for, which is not the block.
    const job = jobFor(world, { ...action, step: undefined }, isOpenBlock);
    builds.unblock(world, job, userOf(world));
    return { jobId: job.uuid };
  },
  'stop-agent': (world, action) => {
    const agent = agentFor(world, action);
    stopAgent(world, agent, action['by'] === 'api' ? null : userOf(world), action['graceful'] !== false);
    return { agentId: agent.uuid };
  },
  'cut-heartbeats': (world, action) => {
    const agent = agentFor(world, action);
    agent.heartbeatsCut = true;
    return { agentId: agent.uuid };
  },
  'refuse-heartbeats': (world, action) => {
    const agent = agentFor(world, action);
    agent.heartbeatsRefused = true;
    return { agentId: agent.uuid };
  },
  'agent-lost-and-returned': (world, action) => {
    const agent = agentFor(world, action);
    loseForAMoment(world, agent);
    return { agentId: agent.uuid };
  },
  'forget-agent': (world, action) => {
    const agent = agentFor(world, action);
    loseAgent(world, agent);
    return { agentId: agent.uuid };
  },
  annotations: (world, action) =>
    buildFor(world, action).annotations.map(({ context, style, body }) => ({ context, style, body })),
  log: (world, action) => logOf(jobFor(world, action, () => true)),
  state: (world) => stateOf(world),
};

/** Does one verb; what cannot be done is an error in words. */
export function act(world: World, action: Action): unknown {
  const verb = VERBS[action.do];
  if (verb === undefined) throw new builds.NotPossible(`Buildkite's half of the rig knows no "${action.do}"`);
  return verb(world, action);
}

function userOf(world: World): User {
  return world.users.colleague;
}

function textOf(action: Action, key: string): string | undefined {
  const value = action[key];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

function entriesOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, String(entry)]));
}

function pipelineFor(world: World, action: Action): Pipeline {
  const slug = textOf(action, 'pipeline');
  const found = world.pipelines.find((pipeline) => slug === undefined || pipeline.slug === slug);
  if (found === undefined) throw new builds.NotPossible(`no pipeline "${slug ?? ''}"`);
  return found;
}

/** The build named by uuid or number, or the newest. */
function buildFor(world: World, action: Action): Build {
  const wanted = textOf(action, 'build');
  const pipeline = textOf(action, 'pipeline');
  const found = [...world.builds.values()].findLast(
    (build) =>
      (wanted === undefined || build.uuid === wanted || String(build.number) === wanted) &&
      (pipeline === undefined || build.pipeline.slug === pipeline),
  );
  if (found === undefined) throw new builds.NotPossible('no such build');
  return found;
}

/** The job named by uuid, or the newest one of the step (of any step where none is named) that suits the verb. */
function jobFor(world: World, action: Action, suits: (job: Job) => boolean): Job {
  const uuid = textOf(action, 'jobId');
  const step = textOf(action, 'step');
  const build = textOf(action, 'build') === undefined ? undefined : buildFor(world, action);
  const found = [...world.jobs.values()].findLast(
    (job) =>
      (uuid === undefined || job.uuid === uuid) &&
      (step === undefined || job.step.key === step || job.label === step) &&
      (build === undefined || job.build === build) &&
      !job.retried &&
      suits(job),
  );
  if (found === undefined)
    throw new builds.NotPossible(`no job of step "${step ?? 'any'}" that this could be done to`);
  return found;
}

/** The agent named by id, the one with the task, the one that runs the step, or the one whose job started last. */
function agentFor(world: World, action: Action): Agent {
  const uuid = textOf(action, 'agent') ?? textOf(action, 'agentId');
  const taskArn = textOf(action, 'taskArn');
  const there = [...world.agents.values()].filter(
    ({ state }) => state === 'connected' || state === 'stopping',
  );
  if (uuid !== undefined) return known(there.find((agent) => agent.uuid === uuid));
  if (taskArn !== undefined) return known(there.find(({ tags }) => tags.includes(`ecs:task-arn=${taskArn}`)));
  const job = jobFor(world, action, ({ agent, startedAt }) => startedAt !== null && agent !== null);
  return known(job.agent ?? undefined);
}

function known(agent: Agent | undefined): Agent {
  if (agent === undefined) throw new builds.NotPossible('no such agent is connected');
  return agent;
}

function logOf(job: Job): string {
  const chunks = job.chunks.toSorted((a, b) => a.sequence - b.sequence);
  return chunks.map(({ body }) => (isGzip(body) ? gunzipSync(body) : body).toString('utf8')).join('');
}

function isGzip(body: Buffer): boolean {
  return body[0] === 0x1f && body[1] === 0x8b;
}

function summary(build: Build): Readonly<Record<string, unknown>> {
  return { buildId: build.uuid, number: build.number, state: build.state };
}

function stateOf(world: World): Readonly<Record<string, unknown>> {
  const jobs = [...world.jobs.values()].map((job) => ({
    ...{
      jobId: job.uuid,
      step: job.step.key,
      state: job.state,
      exit: job.exit,
      agentId: job.agent?.uuid ?? null,
    },
    events: job.events.map(({ type }) => type),
  }));
  const agents = [...world.agents.values()].map(({ uuid, name, state, version, tags }) => ({
    ...{ agentId: uuid, name, state, version, tags },
  }));
  return { builds: [...world.builds.values()].map(summary), jobs, agents };
}
