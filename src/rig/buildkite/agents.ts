import { randomBytes } from 'node:crypto';
import { hostClockOf } from './host-clock.ts';
import { newToken, newUuid } from './ids.ts';
import { addEvent, addLossEvent, cancelJob, isHeld, loseJob, unassign } from './jobs.ts';
import { serverNow, taskArnOf, tell } from './model.ts';
import type { Actor, Agent, Job, User, World } from './model.ts';
import { advance, dispatch } from './progress.ts';

// Real time an agent has to accept what it was given, beside two ping intervals, for the ping has a jitter of one.
const ACCEPT_WITHIN_MS = 10_000;

/** What an agent says of itself when it registers. */
export interface Registration {
  readonly name: string;
  readonly hostname: string;
  readonly pid: string;
  readonly version: string;
  readonly userAgent: string;
  readonly tags: readonly string[];
  readonly priority: number | null;
  readonly ignoreInDispatches: boolean;
}

/** Registers an agent; it gets no job before it connects. */
export function registerAgent(world: World, wish: Registration): Agent {
  const name = wish.name
    .replaceAll('%hostname', wish.hostname)
    .replaceAll('%pid', wish.pid)
    .replaceAll(/%(random|n)/g, () => randomBytes(4).toString('hex'));
  const uuid = newUuid();
  const agent: Agent = {
    ...wish,
    tags: tagsOf(world, wish),
    name: name === '' ? `${wish.hostname}-${world.agents.size + 1}` : name,
    uuid,
    token: newToken('bkaa'),
    hostClockMs: hostClockOf(world, { tags: wish.tags, uuid }),
    createdAt: serverNow(world),
    state: 'never_connected',
    ...{ connectedAt: null, heartbeatAt: null, disconnectedAt: null, lostAt: null },
    ...{ stoppedGracefullyAt: null, stoppedGracefullyBy: null, stopForcedAt: null, stopForcedBy: null },
    ...{ stopAsked: false, job: null, jobs: [] },
    lastHeartbeat: Date.now(),
    heartbeatsCut: false,
    heartbeatsRefused: false,
    returns: false,
    idleSince: Date.now(),
    lastSuccessAt: null,
  };
  world.agents.set(agent.uuid, agent);
  world.sessions.set(agent.token, agent);
  return agent;
}

/** An agent that is started again in the container of one that has left may come without the tags of ECS (BK-50). */
function tagsOf(world: World, { tags }: Registration): readonly string[] {
  const taskArn = taskArnOf({ tags });
  if (!world.knobs.tagsFirstOnly || taskArn === undefined) return tags;
  const isAgain = [...world.agents.values()].some((other) => !isThere(other) && taskArnOf(other) === taskArn);
  return isAgain ? tags.filter((tag) => !tag.startsWith('ecs:')) : tags;
}

/** Whether lists of agents show this one: a lost or departed one is found by its id alone. */
export function isListed({ state }: Agent): boolean {
  return state === 'connected' || state === 'stopping';
}

/** The agent is there and may be given work. */
export function connectAgent(world: World, agent: Agent): void {
  if (agent.state !== 'never_connected') return;
  agent.state = 'connected';
  agent.connectedAt = serverNow(world);
  agent.idleSince = Date.now();
  agent.lastHeartbeat = Date.now();
  tell(world, 'agent-connected', factsOf(agent));
  dispatch(world);
}

/** Takes a heartbeat, the only sign of life: pings and calls about a job keep no agent (BK-40). */
export function hearHeartbeat(world: World, agent: Agent): void {
  if (agent.heartbeatsCut) return;
  if (agent.state === 'lost') takeBack(world, agent);
  agent.lastHeartbeat = Date.now();
  agent.heartbeatAt = serverNow(world);
}

/** Whether the agent's session still holds. */
export function isThere(agent: Agent): boolean {
  if (agent.state === 'lost') return agent.returns;
  return agent.state === 'connected' || agent.state === 'stopping' || agent.state === 'never_connected';
}

/** The agent leaves by its own call; a job that it still has is ended for it. */
export function disconnectAgent(world: World, agent: Agent): void {
  const reported = agent.state === 'stopping' || world.knobs.drainedAgentEnds === 'stopped';
  agent.state = reported ? 'stopped' : 'disconnected';
  agent.disconnectedAt = serverNow(world);
  tell(world, 'agent-disconnected', factsOf(agent));
  leaveJob(world, agent, 'AGENT_DISCONNECTED');
}

/** The agent says that it drains (v3.138 and later): nothing new for it, shown as stopping. */
export function reportStop(world: World, agent: Agent, force: boolean): void {
  const { gracefulReport, gracefulReportDelayMs } = world.knobs;
  if (gracefulReport === 'off') return;
  if (gracefulReportDelayMs === 0) takeReport(world, agent, force);
  else setTimeout(() => takeReport(world, agent, force), gracefulReportDelayMs).unref();
}

function takeReport(world: World, agent: Agent, force: boolean): void {
  if (agent.state === 'connected') agent.state = 'stopping';
  // The report may come when the agent has left already; one that was lost stays so.
  else if (agent.state === 'disconnected') agent.state = 'stopped';
  if (force) agent.stopForcedAt ??= serverNow(world);
  else agent.stoppedGracefullyAt ??= serverNow(world);
  giveBack(world, agent);
}

/** A user (null: somebody by the API, with the agent's own session) stops the agent: it hears of it at its next ping, and at once where its job is canceled too. */
export function stopAgent(world: World, agent: Agent, user: User | null, graceful: boolean): void {
  agent.stopAsked = true;
  if (agent.state === 'connected') agent.state = 'stopping';
  if (graceful) {
    agent.stoppedGracefullyAt ??= serverNow(world);
    agent.stoppedGracefullyBy ??= user;
  } else {
    agent.stopForcedAt ??= serverNow(world);
    agent.stopForcedBy ??= user;
  }
  giveBack(world, agent);
  const { job } = agent;
  if (graceful || job === null) return;
  const actor: Actor = user === null ? { type: 'AGENT', agent } : { type: 'USER', user };
  addEvent(world, job, 'AGENT_STOPPED', actor);
  cancelJob(world, job, actor);
  advance(world, job.build);
}

/** What was given and not yet accepted goes to another agent. */
function giveBack(world: World, agent: Agent): void {
  const { job } = agent;
  if (job === null || job.state !== 'ASSIGNED') return;
  unassign(world, job, 'ASSIGNED_EXPIRED');
  dispatch(world);
}

/** Looks for agents whose heartbeats have stayed away too long and for jobs that nobody accepted. */
export function sweep(world: World, deafForMs: number): void {
  const now = Date.now();
  const acceptWithinMs = ACCEPT_WITHIN_MS + 2 * world.knobs.pingIntervalMs;
  // While the rig itself stood still it could hear nobody: that time is no agent's silence.
  if (deafForMs > 0) for (const agent of world.agents.values()) agent.lastHeartbeat += deafForMs;
  for (const agent of world.agents.values()) {
    if (
      isThere(agent) &&
      agent.state !== 'never_connected' &&
      now - agent.lastHeartbeat >= world.lostAfterMs
    ) {
      loseAgent(world, agent);
    }
  }
  for (const job of world.jobs.values()) {
    if (job.state !== 'ASSIGNED' || now - (job.assignedAt ?? now) < acceptWithinMs) continue;
    unassign(world, job, 'ASSIGNED_EXPIRED');
    dispatch(world);
  }
}

/** Buildkite gives an agent up. */
export function loseAgent(world: World, agent: Agent): void {
  agent.state = 'lost';
  agent.returns = false;
  agent.lostAt = serverNow(world);
  if (world.knobs.lostDisconnectedAt === 'set') agent.disconnectedAt = agent.lostAt;
  tell(world, 'agent-lost', factsOf(agent));
  leaveJob(world, agent, 'AGENT_LOST');
}

/** Buildkite gives an agent up and writes that into its job's history, but its next heartbeat brings it back (BK-49). */
export function loseForAMoment(world: World, agent: Agent): void {
  agent.state = 'lost';
  agent.returns = true;
  agent.lostAt = serverNow(world);
  tell(world, 'agent-lost', factsOf(agent));
  if (agent.job !== null) addLossEvent(world, agent.job, 'AGENT_LOST');
}

function takeBack(world: World, agent: Agent): void {
  agent.state = agent.stopAsked || agent.stoppedGracefullyAt !== null ? 'stopping' : 'connected';
  agent.returns = false;
  agent.lostAt = null;
  tell(world, 'agent-returned', factsOf(agent));
  dispatch(world);
}

function leaveJob(world: World, agent: Agent, event: 'AGENT_LOST' | 'AGENT_DISCONNECTED'): void {
  const { job } = agent;
  if (job === null) return;
  if (isHeld(job) && job.startedAt !== null) loseJob(world, job, event);
  else unassign(world, job, job.state === 'ACCEPTED' ? 'ACCEPTED_EXPIRED' : 'ASSIGNED_EXPIRED');
  advance(world, job.build);
}

/** The agent that holds this session token; lost and departed ones no longer do. */
export function agentByToken(world: World, token: string): Agent | undefined {
  return world.sessions.get(token);
}

/** The job whose token this is, or one that the session's agent holds or held. */
export function jobForToken(world: World, jobUuid: string, token: string): Job | undefined {
  const job = world.jobs.get(jobUuid);
  if (job?.agent === null || job === undefined) return undefined;
  return job.token === token || job.agent.token === token ? job : undefined;
}

function factsOf(agent: Agent): Readonly<Record<string, unknown>> {
  const taskArn = taskArnOf(agent);
  return {
    agentId: agent.uuid,
    name: agent.name,
    tags: agent.tags,
    version: agent.version,
    ...(taskArn === undefined ? {} : { taskArn }),
  };
}
