import { registerAgent } from './agents.ts';
import { addEndedBuild } from './history.ts';
import { newUuid } from './ids.ts';
import { addJob } from './jobs.ts';
import { serverNow } from './model.ts';
import type { Agent, Build, Exit, Job, Pipeline, World } from './model.ts';
import { isSoftFailure, matchingRule } from './retry.ts';
import type { CommandStep } from './steps.ts';

/** A pipeline's past in which agents were lost, at a planted rate (BK-69); durations in milliseconds. */
export interface PlantedPast {
  readonly builds: number;
  /** One build began so long after the other, the last one right before the rig. */
  readonly every: number;
  /** How long each job took. */
  readonly took: number;
  /** The chance of each job run to be lost with its agent. */
  readonly loss: number;
  /** From so long ago on the chance was another one. */
  readonly change?: { readonly ago: number; readonly loss: number } | undefined;
  /** So long ago that many more builds began, one a second, and the first run of each of their jobs was lost. */
  readonly spikes: readonly { readonly ago: number; readonly builds: number }[];
  /** The chance of each job run to fail by itself, with exit status 1. */
  readonly failure: number;
  /** The chance of each job run whose agent itself says -1, without a signal or a reason, as an old one may. */
  readonly oddExit: number;
  /** The chance that a person retries what no rule did. */
  readonly retriedByHand: number;
  /** Of the losses, the share whose agent disconnected under its job. */
  readonly disconnected: number;
  /** Versions of the agents, in turns. */
  readonly versions: readonly string[];
  readonly branches: readonly string[];
  readonly seed: number;
}

/** How an attempt ends. */
type End = 'passed' | 'failed' | 'lost' | 'disconnected' | 'odd';

const LOST: Exit = { exitStatus: '-1', signal: null, signalReason: null };
const EXITS: Readonly<Record<End, Exit>> = {
  passed: { exitStatus: '0', signal: null, signalReason: null },
  failed: { exitStatus: '1', signal: null, signalReason: null },
  lost: LOST,
  disconnected: LOST,
  odd: LOST,
};
/** Buildkite gives an agent up three minutes after its last heartbeat. */
const GIVEN_UP_AFTER_MS = 180_000;
/** So many agents are there at a time; a lost one is followed by another. */
const AGENTS = 50;

/** Gives a pipeline builds that were over before the rig began, with losses, retries and failures by chance. */
export function layDownPast(world: World, pipeline: Pipeline, past: PlantedPast): void {
  const random = createRandom(past.seed);
  const now = serverNow(world);
  const agents: Agent[] = [];
  const steps = pipeline.steps.filter((step): step is CommandStep => step.kind === 'command');
  for (const { ago, isSpike } of planBuilds(past)) {
    const branch = pick(past.branches, random()) ?? pipeline.defaultBranch;
    const build = addEndedBuild(world, pipeline, branch, now - ago);
    const chance = past.change !== undefined && ago <= past.change.ago ? past.change.loss : past.loss;
    const endOf = (isFirst: boolean): End => {
      if ((isSpike && isFirst) || random() < chance)
        return random() < past.disconnected ? 'disconnected' : 'lost';
      return random() < past.oddExit ? 'odd' : random() < past.failure ? 'failed' : 'passed';
    };
    const draw = { past, random, agentOf: () => agentFor(world, agents, past, random), endOf };
    for (const step of steps) addAttempts(world, build, step, draw);
    close(build);
  }
  // None of them is there any more: what the rig's own workers do is theirs alone.
  for (const agent of agents) if (agent?.state === 'connected') leave(agent, now);
}

/** How long ago each build began, the first one first. */
function planBuilds({ builds, every, spikes }: PlantedPast): readonly { ago: number; isSpike: boolean }[] {
  const regular = Array.from({ length: builds }, (_, nth) => ({ ago: (nth + 1) * every, isSpike: false }));
  const more = spikes.flatMap((spike) =>
    Array.from({ length: spike.builds }, (_, nth) => ({ ago: spike.ago - nth * 1000, isSpike: true })),
  );
  return [...regular, ...more].toSorted((a, b) => b.ago - a.ago);
}

function leave(agent: Agent, at: number): void {
  agent.state = 'disconnected';
  agent.disconnectedAt = at;
}

/** What chance decides of the attempts of a build. */
interface Draw {
  readonly past: PlantedPast;
  readonly random: () => number;
  readonly agentOf: () => Agent;
  readonly endOf: (isFirst: boolean) => End;
}

function addAttempts(
  world: World,
  build: Build,
  step: CommandStep,
  { past, random, agentOf, endOf }: Draw,
): void {
  const stepUuid = newUuid();
  build.steps.push({ step, uuid: stepUuid });
  let job = addJob(world, build, step, { stepUuid });
  for (let at = build.createdAt; ;) {
    at = end(job, agentOf(), at, past.took, endOf(job.retrySource === null));
    if (job.passed) return;
    const match = matchingRule(step, job, world.knobs.rulesWithoutExitStatus);
    const byHand = match === undefined && !job.softFailed && random() < past.retriedByHand;
    if (match === undefined && !byHand) return;
    const ruleUses = [...job.ruleUses];
    if (match !== undefined) ruleUses[match.index] = (ruleUses[match.index] ?? 0) + 1;
    job.retried = true;
    if (byHand) job.retriedBy = world.users.colleague;
    const type = byHand ? 'MANUAL' : 'AUTOMATIC';
    job = addJob(world, build, step, { stepUuid, retryOf: { job, type, ruleUses } });
  }
}

/** Ends an attempt; returns when, by Buildkite's clock. */
function end(job: Job, agent: Agent, startedAt: number, took: number, how: End): number {
  const isLost = how === 'lost';
  const endedAt = startedAt + took + (isLost ? GIVEN_UP_AFTER_MS : 0);
  job.state = 'FINISHED';
  job.passed = how === 'passed';
  job.exit = EXITS[how];
  job.agent = agent;
  job.softFailed = !job.passed && job.step.kind === 'command' && isSoftFailure(job.step.softFail, job.exit);
  job.createdAt = startedAt;
  job.scheduledAt = startedAt;
  job.runnableAt = startedAt;
  job.startedAt = new Date(startedAt + agent.hostClockMs).toISOString();
  job.finishedAt = new Date(endedAt + (isLost ? 0 : agent.hostClockMs)).toISOString();
  if (isLost) {
    agent.state = 'lost';
    agent.lostAt = endedAt;
  } else if (how === 'disconnected') {
    leave(agent, endedAt);
  }
  const event = { uuid: newUuid(), at: endedAt };
  if (isLost || how === 'disconnected') {
    const type = isLost ? 'AGENT_LOST' : 'AGENT_DISCONNECTED';
    job.events.push({ ...event, type, typename: 'JobEventGeneric', actor: { type: 'SYSTEM' }, exit: LOST });
  } else if (how === 'odd') {
    const actor = { type: 'AGENT', agent } as const;
    job.events.push({ ...event, type: 'FINISHED', typename: 'JobEventFinished', actor, exit: LOST });
  }
  return endedAt;
}

function close(build: Build): void {
  const last = build.jobs.filter(({ retried }) => !retried);
  build.state = last.every(({ passed, softFailed }) => passed || softFailed) ? 'PASSED' : 'FAILED';
  build.finishedAt = Math.max(
    build.createdAt,
    ...build.jobs.map(({ finishedAt }) => Date.parse(finishedAt ?? '')),
  );
}

/** Any of the agents that are there; where one was lost, a new one takes its place. */
function agentFor(world: World, agents: Agent[], past: PlantedPast, random: () => number): Agent {
  const place = Math.floor(random() * AGENTS);
  const known = agents[place];
  if (known?.state === 'connected') return known;
  const version = past.versions[place % past.versions.length] ?? '3.78.0';
  const agent = registerAgent(world, {
    name: `past-${world.agents.size + 1}`,
    hostname: `ip-10-0-0-${place}`,
    pid: '1',
    version,
    userAgent: `buildkite-agent/${version}`,
    tags: ['queue=default'],
    priority: null,
    ignoreInDispatches: true,
  });
  agent.state = 'connected';
  agents[place] = agent;
  return agent;
}

/** One of them, by a number from 0 to 1. */
function pick<T>(all: readonly T[], at: number): T | undefined {
  return all[Math.floor(at * all.length)];
}

/** The same numbers for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
