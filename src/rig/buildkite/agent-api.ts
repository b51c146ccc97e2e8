import { Hono } from 'hono';
import type { Context } from 'hono';
import { denied, tokenOf, withJob, withSession } from './agent-auth.ts';
import { addAgentDataRoutes } from './agent-data.ts';
import { addMetrics } from './agent-metrics.ts';
import * as agents from './agents.ts';
import type { Book } from './book.ts';
import { bodyOf, textField } from './body.ts';
import { asHostSays } from './host-clock.ts';
import { accept, finish, isOver, start, timeOutJob } from './jobs.ts';
import { jobEnv } from './job-env.ts';
import { isCommand, serverNow } from './model.ts';
import type { Agent, Job, World } from './model.ts';
import { advance } from './progress.ts';

// For the log and for looks at the job's state: no knob has been wanted for them.
const INTERVAL_S = 1;

// agent/job_runner.go of v3.127.0.
const MIN_TIMING_OUT_MINOR = 127;

/** The Agent API (v3), by the calls that agents make (CONTRACT.md, BK-20 to BK-33). */
export function agentApi(world: World, book: Book): Hono {
  const api = new Hono();
  addRegistration(api, world, book);
  addSessionRoutes(api, world, book);
  addHeartbeat(api, world, book);
  addJobRoutes(api, world, book);
  addAgentDataRoutes(api, world, book);
  addMetrics(api, world, book);
  return api;
}

function addRegistration(api: Hono, world: World, book: Book): void {
  api.post('/register', async (c) => {
    book.count('POST /v3/register');
    if (tokenOf(c) !== world.agentToken) return denied(c, book);
    const agent = agents.registerAgent(
      world,
      registration(await bodyOf(c), c.req.header('user-agent') ?? ''),
    );
    return c.json({
      id: agent.uuid,
      name: agent.name,
      access_token: agent.token,
      endpoint: '',
      ping_interval: world.knobs.pingIntervalMs / 1000,
      job_status_interval: INTERVAL_S,
      heartbeat_interval: world.knobs.heartbeatIntervalMs / 1000,
      meta_data: agent.tags,
    });
  });
}

function addSessionRoutes(api: Hono, world: World, book: Book): void {
  withSession(api, world, book, 'post', '/connect', (c, agent) => {
    agents.connectAgent(world, agent);
    return c.json({});
  });
  withSession(api, world, book, 'get', '/ping', (c, agent) => {
    if (agent.job?.state === 'ASSIGNED') return c.json({ job: { id: agent.job.uuid, state: 'assigned' } });
    if (agent.stopAsked) return c.json({ action: 'disconnect', message: 'This agent was stopped by a user' });
    return c.json({});
  });
  withSession(api, world, book, 'post', '/stop', async (c, agent) => {
    agents.reportStop(world, agent, (await bodyOf(c))['force'] === true);
    return c.json({});
  });
  withSession(api, world, book, 'post', '/disconnect', (c, agent) => {
    if (world.knobs.disconnectCall === 'fail') return c.json({ message: 'Internal Server Error' }, 500);
    agents.disconnectAgent(world, agent);
    return c.json({});
  });
}

function addHeartbeat(api: Hono, world: World, book: Book): void {
  api.post('/heartbeat', async (c) => {
    book.count('POST /v3/heartbeat');
    const agent = agents.agentByToken(world, tokenOf(c));
    if (agent === undefined) return denied(c, book);
    if (!agents.isThere(agent) || agent.heartbeatsRefused) return c.json({ message: 'Agent not found' }, 404);
    agents.hearHeartbeat(world, agent);
    const sentAt = textField(await bodyOf(c), 'sent_at') ?? null;
    return c.json({ sent_at: sentAt, received_at: iso(world) });
  });
}

function addJobRoutes(api: Hono, world: World, book: Book): void {
  withSession(api, world, book, 'put', '/jobs/:id/accept', (c, agent) => {
    const job = world.jobs.get(c.req.param('id') ?? '');
    if (job === undefined || job.agent !== agent || job.state !== 'ASSIGNED') return unfit(c, 'accepted');
    accept(world, job, agent);
    return c.json(jobDocument(world, job, agent));
  });
  withSession(api, world, book, 'put', '/jobs/:id/acquire', (c, agent) => {
    const job = world.jobs.get(c.req.param('id') ?? '');
    if (job === undefined || job.state !== 'SCHEDULED') return unfit(c, 'acquired');
    agent.job = job;
    agent.jobs.push(job);
    job.agent = agent;
    accept(world, job, agent);
    return c.json(jobDocument(world, job, agent));
  });
  withJob(api, world, book, 'put', '/jobs/:id/start', async (c, job, agent) => {
    if (job.state !== 'ACCEPTED' && job.state !== 'CANCELING') return unfit(c, 'started');
    start(world, job, agent, asHostSays(agent, textField(await bodyOf(c), 'started_at')) ?? iso(world));
    watchTimeout(job);
    advance(world, job.build);
    return c.json({});
  });
  withJob(api, world, book, 'get', '/jobs/:id', (c, job, agent) =>
    c.json({ id: job.uuid, state: stateFor(job, agent) }),
  );
  withJob(api, world, book, 'put', '/jobs/:id/finish', async (c, job, agent) => {
    if (isOver(job) || job.startedAt === null) return unfit(c, 'finished');
    const body = await bodyOf(c);
    if (body['ignore_agent_in_dispatches'] === true) agent.ignoreInDispatches = true;
    const exit = {
      exitStatus: textField(body, 'exit_status') ?? '-1',
      signal: textField(body, 'signal') ?? null,
      signalReason: textField(body, 'signal_reason') ?? null,
    };
    const finishedAt = asHostSays(agent, textField(body, 'finished_at')) ?? iso(world);
    finish(world, job, exit, finishedAt, { type: 'AGENT', agent });
    advance(world, job.build);
    return c.json({});
  });
}

function unfit(c: Context, verb: string): Response {
  return c.json({ message: `Job cannot be ${verb} in its present state` }, 422);
}

function iso(world: World): string {
  return new Date(serverNow(world)).toISOString();
}

function registration(body: Readonly<Record<string, unknown>>, userAgent: string): agents.Registration {
  const tags = body['meta_data'];
  return {
    name: textField(body, 'name') ?? '',
    hostname: textField(body, 'hostname') ?? 'localhost',
    pid: textField(body, 'pid') ?? '',
    version: textField(body, 'version') ?? 'unknown',
    userAgent,
    tags: Array.isArray(tags) ? tags.map(String) : [],
    priority: priorityOf(textField(body, 'priority')),
    ignoreInDispatches: body['ignore_in_dispatches'] === true,
  };
}

/** Agents send their priority as a text, an empty one where they have none. */
function priorityOf(text: string | undefined): number | null {
  const priority = Number(text === undefined || text.trim() === '' ? NaN : text);
  return Number.isFinite(priority) ? priority : null;
}

function jobDocument(world: World, job: Job, agent: Agent): Readonly<Record<string, unknown>> {
  return {
    id: job.uuid,
    endpoint: '',
    state: job.state.toLowerCase(),
    env: isCommand(job) ? jobEnv(world, job, agent) : {},
    chunks_max_size_bytes: 102_400,
    chunks_interval_seconds: INTERVAL_S,
    log_max_size_bytes: 1_073_741_824,
    token: job.token,
    runnable_at: job.runnableAt === null ? null : new Date(job.runnableAt).toISOString(),
    priority: job.step.kind === 'command' ? job.step.priority : 0,
  };
}

function watchTimeout(job: Job): void {
  if (job.step.kind !== 'command' || job.step.timeoutMs === null) return;
  job.timeout = setTimeout(() => timeOutJob(job), job.step.timeoutMs);
  job.timeout.unref();
}

/** Older agents know no time-out state and cancel on "canceling" alone. */
function stateFor(job: Job, agent: Agent): string {
  if (job.state !== 'TIMING_OUT' && job.state !== 'TIMED_OUT') return job.state.toLowerCase();
  const [major = 0, minor = 0] = agent.version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return major === 3 && minor < MIN_TIMING_OUT_MINOR ? 'canceling' : job.state.toLowerCase();
}
