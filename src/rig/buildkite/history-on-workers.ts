import { addPastBuild, commandStep } from './history.ts';
import type { PastJob, PastStep } from './history.ts';
import { serverNow } from './model.ts';
import type { Agent, Pipeline, World } from './model.ts';
import { BadPipelineFile } from './pipeline-file.ts';
import { fits } from './progress.ts';

/** A past job with its place: all times are epoch milliseconds of Buildkite's clock. */
interface Placed extends PastJob {
  readonly pipeline: Pipeline;
  readonly agent: Agent;
  readonly startedAt: number;
}

/** What a pipeline's rig file says of the past. */
export interface PipelineHistory {
  readonly pipeline: Pipeline;
  readonly history: readonly PastStep[];
}

/**
 * Lays down the past jobs that ran on the agents which are there now, in turns and one after another with the given gap,
 * the newest ending one gap ago; the agents then have been connected since before their first one (BK-38).
 */
export function layDownOnWorkers(world: World, histories: readonly PipelineHistory[]): void {
  const freeUntil = new Map<Agent, number>();
  const placed = histories.flatMap(({ pipeline, history }) =>
    history.flatMap((past) => placeStep(world, pipeline, past, freeUntil)),
  );
  placed.sort((a, b) => a.startedAt - b.startedAt);
  for (const job of placed) addToAgent(world, job);
}

function placeStep(
  world: World,
  pipeline: Pipeline,
  { step: key, took, onWorkers }: PastStep,
  freeUntil: Map<Agent, number>,
): readonly Placed[] {
  if (onWorkers === undefined) return [];
  const step = commandStep(pipeline, key);
  const agents = [...world.agents.values()].filter(
    (agent) => agent.state === 'connected' && fits(agent, step.agents),
  );
  return took.toReversed().map((ms, index) => {
    const agent = agents[index % agents.length];
    if (agent === undefined) throw new BadPipelineFile(`history: no agent is there for the step "${key}"`);
    const startedAt = (freeUntil.get(agent) ?? serverNow(world)) - onWorkers.gap - ms;
    freeUntil.set(agent, startedAt);
    agent.createdAt = Math.min(agent.createdAt, startedAt - onWorkers.gap);
    agent.connectedAt = agent.createdAt;
    return { pipeline, step, ms, agent, startedAt };
  });
}

function addToAgent(world: World, { pipeline, step, ms, agent, startedAt }: Placed): void {
  const byHost = startedAt - world.knobs.clockOffsetMs + agent.hostClockMs;
  for (const job of addPastBuild(world, pipeline, [{ step, ms }], startedAt)) {
    job.agent = agent;
    job.assignedAt = startedAt - world.knobs.clockOffsetMs;
    agent.lastSuccessAt = Math.max(agent.lastSuccessAt ?? 0, job.assignedAt + ms);
    job.startedAt = new Date(byHost).toISOString();
    job.finishedAt = new Date(byHost + ms).toISOString();
    agent.jobs.push(job);
  }
}
