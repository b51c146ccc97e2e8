import type { Context, Hono } from 'hono';
import * as agents from './agents.ts';
import type { Book } from './book.ts';
import type { Agent, Job, World } from './model.ts';

type Method = 'get' | 'put' | 'post' | 'delete';
type Answer = Response | Promise<Response>;

/** A call with the agent's session token. */
export function withSession(
  api: Hono,
  world: World,
  book: Book,
  method: Method,
  path: string,
  answer: (c: Context, agent: Agent) => Answer,
): void {
  api[method](path, (c) => {
    book.count(`${method.toUpperCase()} /v3${path}`);
    const agent = agents.agentByToken(world, tokenOf(c));
    if (agent === undefined) return denied(c, book);
    // After a loss or a departure the session is void, and a live agent learns so (BK-31).
    if (!agents.isThere(agent)) return c.json({ message: 'Invalid access token' }, 401);
    return answer(c, agent);
  });
}

/** A call about a job, with the job's own token or the session's. */
export function withJob(
  api: Hono,
  world: World,
  book: Book,
  method: Method,
  path: string,
  answer: (c: Context, job: Job, agent: Agent) => Answer,
): void {
  api[method](path, (c) => {
    book.count(`${method.toUpperCase()} /v3${path}`);
    const job = agents.jobForToken(world, c.req.param('id') ?? '', tokenOf(c));
    if (job === undefined || job.agent === null) return denied(c, book);
    if (!agents.isThere(job.agent)) return c.json({ message: 'Invalid access token' }, 401);
    return answer(c, job, job.agent);
  });
}

/** The answer to a token that is not, or no longer, good. */
export function denied(c: Context, book: Book): Response {
  book.countForeign();
  return c.json({ message: 'Invalid access token' }, 401);
}

/** The token of an `Authorization: Token ...` header, or an empty text. */
export function tokenOf(c: Context): string {
  return /^Token\s+"?([^"\s]+)"?$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
}
