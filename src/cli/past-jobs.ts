import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Buildkite, EndedJob } from '../buildkite/port.ts';
import { GamedayError } from '../drill/errors.ts';
import { reasonOfTrouble } from '../drill/trouble.ts';
import type { Trouble } from '../drill/call.ts';
import type { Source } from '../forecast/forecast.ts';
import type { PastJob } from '../forecast/history.ts';

/** A page of 100 jobs: the jobs, their edges and steps, and the connection. Three points a job. */
const POINTS_OF_A_PAGE = 303;

/** What is wanted of a pipeline's past. */
export interface PastWanted {
  readonly organization: string;
  readonly pipeline: string;
  /** The last so many jobs. */
  readonly jobs: number;
  /** GraphQL points that may be spent; a user has 5,000 in five minutes, which others need too. */
  readonly points: number;
  /** What was read is kept here, and the next run goes on behind it; null keeps nothing. */
  readonly cache: string | null;
}

type Read = Exclude<Source, { kind: 'stated' }>;

/**
 * Reads the last jobs of a pipeline page by page, within the points. It stops where the points are spent or Buildkite
 * limits the rate; what was read until then counts, and says that there is more.
 */
export async function readPast(
  wanted: PastWanted,
  buildkite: () => Promise<Buildkite>,
  signal: AbortSignal,
): Promise<Source> {
  const { organization, pipeline } = wanted;
  const cache = wanted.cache === null ? null : openCache(wanted.cache, organization, pipeline);
  const jobs = new Map((cache?.jobs ?? []).map((job) => [job.id, job]));
  let next = cache === null ? null : cache.next;
  let more = cache === null || cache.pages === 0 || next !== null;
  let points = wanted.points;
  while (more && jobs.size < wanted.jobs && points >= POINTS_OF_A_PAGE) {
    const answer = await (await buildkite()).pastJobs(organization, pipeline, next, signal);
    if (!answer.ok) {
      if (jobs.size > 0 && answer.trouble.kind === 'rate-limited') break;
      throw unreadable(answer.trouble, pipeline);
    }
    points -= POINTS_OF_A_PAGE;
    for (const job of answer.value.jobs) jobs.set(job.id, job);
    next = answer.value.next;
    more = next !== null;
    cache?.add(answer.value.jobs, next);
  }
  const complete = !more || jobs.size >= wanted.jobs;
  return sourceOf(`${organization}/${pipeline}`, [...jobs.values()].slice(0, wanted.jobs), complete);
}

function unreadable(trouble: Trouble, pipeline: string): GamedayError {
  return new GamedayError(reasonOfTrouble({ kind: 'pipeline', id: pipeline }, trouble), trouble.message);
}

function sourceOf(name: string, jobs: readonly EndedJob[], complete: boolean): Read {
  const kept: PastJob[] = [];
  const leftOut: Record<string, number> = {};
  const leave = (why: string): void => void (leftOut[why] = (leftOut[why] ?? 0) + 1);
  for (const { id, step, passed, startedAt, finishedAt } of jobs) {
    if (!passed) leave('not passed');
    else if (startedAt === null || finishedAt === null) leave('without a start or an end');
    else if (finishedAt < startedAt) leave('ended before it started');
    else kept.push({ id, step: step ?? '(no key)', ms: finishedAt - startedAt, startedAt });
  }
  return { kind: 'buildkite', name, jobs: kept, leftOut, zoneless: 0, complete };
}

const CachedJob = z.strictObject({
  id: z.string(),
  step: z.string().nullable(),
  passed: z.boolean(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
});
const CachedPage = z.strictObject({ jobs: z.array(CachedJob), next: z.string().nullable() });
const CacheHead = z.strictObject({
  gameday: z.literal('past jobs'),
  v: z.literal(1),
  organization: z.string(),
  pipeline: z.string(),
});

interface Cache {
  readonly jobs: readonly EndedJob[];
  readonly pages: number;
  readonly next: string | null;
  add(jobs: readonly EndedJob[], next: string | null): void;
}

/** One line for what it is of, and one a page; a last line that was cut short is read again from Buildkite. */
function openCache(path: string, organization: string, pipeline: string): Cache {
  const head = { gameday: 'past jobs', v: 1, organization, pipeline } as const;
  const write = (act: () => void): void => {
    try {
      act();
    } catch (cause) {
      throw new GamedayError('bad-input', `the cache ${path} cannot be written`, { cause, at: path });
    }
  };
  if (!existsSync(path)) {
    write(() => writeFileSync(path, `${JSON.stringify(head)}\n`, { mode: 0o600 }));
  }
  const text = readCache(path);
  const [first = '', ...lines] = text.split('\n');
  const found = CacheHead.safeParse(jsonOf(first));
  const ours = found.success && found.data.organization === organization && found.data.pipeline === pipeline;
  if (!ours)
    throw new GamedayError('bad-input', `this is no cache of ${organization}/${pipeline}`, {
      at: `${path}:1:1`,
      next: 'Name another file, or delete this one.',
    });
  const pages: z.infer<typeof CachedPage>[] = [];
  for (const line of lines) {
    const page = CachedPage.safeParse(jsonOf(line));
    if (!page.success) break;
    pages.push(page.data);
  }
  const whole = `${[first, ...lines.slice(0, pages.length)].join('\n')}\n`;
  // What was cut short must not be written on behind.
  if (text !== whole) write(() => writeFileSync(path, whole));
  return {
    jobs: pages.flatMap((page) => page.jobs),
    pages: pages.length,
    next: pages.at(-1)?.next ?? null,
    add: (jobs, next) => write(() => appendFileSync(path, `${JSON.stringify({ jobs, next })}\n`)),
  };
}

function readCache(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new GamedayError('bad-input', `the cache ${path} cannot be read`, { cause, at: path });
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
