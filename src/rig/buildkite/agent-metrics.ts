import type { Context, Hono } from 'hono';
import { denied, tokenOf } from './agent-auth.ts';
import { isListed } from './agents.ts';
import type { Book } from './book.ts';
import { isHeld } from './jobs.ts';
import { isCommand } from './model.ts';
import type { Agent, CommandJob, World } from './model.ts';
import { queueOf } from './progress.ts';

/** What buildkite-agent-metrics and scalers ask for, with the registration token (BK-53). */
export function addMetrics(api: Hono, world: World, book: Book): void {
  const organization = { slug: world.organization.slug };
  const get = (path: string, answer: (c: Context) => Response): void => {
    api.get(path, (c) => {
      book.count(`GET /v3${path}`);
      return tokenOf(c) === world.agentToken ? answer(c) : denied(c, book);
    });
  };
  get('/metrics', (c) => {
    const queues = new Set([...agentsOf(world).map(queueOfAgent), ...jobsOf(world).map(queueOfJob)]);
    const each = <T>(count: (queue: string) => T): Readonly<Record<string, T>> =>
      Object.fromEntries([...queues].map((queue) => [queue, count(queue)]));
    return c.json({
      agents: { ...countAgents(world), queues: each((queue) => countAgents(world, queue)) },
      jobs: { ...countJobs(world), queues: each((queue) => countJobs(world, queue)) },
      organization,
    });
  });
  get('/metrics/queue', (c) => {
    const queue = c.req.query('name') ?? 'default';
    return c.json({ agents: countAgents(world, queue), jobs: countJobs(world, queue), organization });
  });
}

interface AgentCount {
  readonly idle: number;
  readonly busy: number;
  readonly total: number;
}

function countAgents(world: World, queue?: string): AgentCount {
  const all = agentsOf(world).filter((agent) => queue === undefined || queueOfAgent(agent) === queue);
  const busy = all.filter(({ job }) => job !== null).length;
  return { idle: all.length - busy, busy, total: all.length };
}

interface JobCount {
  readonly scheduled: number;
  readonly running: number;
  readonly waiting: number;
  readonly total: number;
}

function countJobs(world: World, queue?: string): JobCount {
  const all = jobsOf(world).filter((job) => queue === undefined || queueOfJob(job) === queue);
  const scheduled = all.filter(({ state }) => state === 'SCHEDULED').length;
  const running = all.filter((job) => isHeld(job) || job.state === 'ASSIGNED').length;
  const waiting = all.length - scheduled - running;
  return { scheduled, running, waiting, total: all.length };
}

function agentsOf(world: World): readonly Agent[] {
  return [...world.agents.values()].filter(isListed);
}

/** Command jobs that are not over, those that wait for a step before them among them. */
function jobsOf(world: World): readonly CommandJob[] {
  const open = ['WAITING', 'LIMITED', 'SCHEDULED', 'ASSIGNED'];
  return [...world.jobs.values()].filter(isCommand).filter((job) => isHeld(job) || open.includes(job.state));
}

function queueOfAgent({ tags }: Agent): string {
  return queueOf(tags);
}

function queueOfJob({ step }: CommandJob): string {
  return queueOf(step.agents);
}
