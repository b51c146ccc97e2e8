import type { Buildkite, EndedJob, JobsPage } from '../buildkite/port.ts';
import type { Answer, Trouble } from '../model/call.ts';
import { GamedayError } from '../model/errors.ts';
import { reasonOfTrouble } from '../state/trouble.ts';
import type { Source } from './forecast.ts';
import type { PastJob } from './history.ts';
import { openPastCache } from './past-cache.ts';
import type { CacheFile, PastCache } from './past-cache.ts';

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
  /** What was read is kept here, page by page, and the next run goes on behind it. */
  readonly cache: CacheFile;
}

type Read = Exclude<Source, { kind: 'stated' }>;
type Client = () => Promise<Pick<Buildkite, 'pastJobs'>>;
type Pages = (after: string | null) => Promise<Answer<JobsPage> | null>;

/**
 * Reads the last jobs of a pipeline page by page, within the points: first on behind what was read, then what is newer.
 * It stops where the points are spent or Buildkite limits the rate; what was read until then counts, and says that there
 * is more. Killed at any instant, it loses the page that it was reading.
 */
export async function readPast(wanted: PastWanted, buildkite: Client, signal: AbortSignal): Promise<Source> {
  const { organization, pipeline } = wanted;
  const cache = openPastCache(wanted.cache, organization, pipeline);
  let left = wanted.points;
  const pages: Pages = async (after) => {
    if (left < POINTS_OF_A_PAGE) return null;
    left -= POINTS_OF_A_PAGE;
    return (await buildkite()).pastJobs(organization, pipeline, after, signal);
  };
  const kept = cache.next() !== undefined;
  const trouble = await readOlder(cache, wanted.jobs, pages);
  if (trouble !== null && (cache.jobs().length === 0 || trouble.kind !== 'rate-limited'))
    throw unreadable(trouble, pipeline, cache.jobs().length);
  const remarks = kept && trouble === null ? await readNewer(cache, pages) : [];
  const unkept = cache.unkept();
  return sourceOf(wanted, cache, unkept === null ? remarks : [...remarks, unkept]);
}

/** Goes on behind what was read until there is enough; gives what stopped it. */
async function readOlder(cache: PastCache, wanted: number, pages: Pages): Promise<Trouble | null> {
  const ids = new Set(cache.jobs().map(({ id }) => id));
  for (let next = cache.next(); next !== null && ids.size < wanted; next = cache.next()) {
    const answer = await pages(next ?? null);
    if (answer === null) return null;
    if (!answer.ok) return answer.trouble;
    cache.addOlder(answer.value.jobs, answer.value.next);
    for (const { id } of answer.value.jobs) ids.add(id);
  }
  return null;
}

/** Reads what ended since, back to a job that is known; gives what a reader must know. */
async function readNewer(cache: PastCache, pages: Pages): Promise<readonly string[]> {
  const known = new Set(cache.jobs().map(({ id }) => id));
  const newer: EndedJob[] = [];
  for (let after: string | null = null; ;) {
    const answer = await pages(after);
    if (answer === null && newer.length === 0)
      return ['jobs that ended since were not read: the points were spent'];
    if (answer !== null && !answer.ok)
      return [`jobs that ended since were not read: ${answer.trouble.message}`];
    if (answer === null) {
      cache.beginAnew(newer, after);
      return [];
    }
    const fresh = answer.value.jobs.filter(({ id }) => !known.has(id));
    newer.push(...fresh);
    after = answer.value.next;
    if (fresh.length === answer.value.jobs.length && after !== null) continue;
    if (newer.length > 0) cache.addNewer(newer);
    return [];
  }
}

/** Pages shift while jobs end, so that one may be listed twice: it counts once. */
function distinct(jobs: readonly EndedJob[]): readonly EndedJob[] {
  return [...new Map(jobs.map((job) => [job.id, job])).values()];
}

function unreadable(trouble: Trouble, pipeline: string, kept: number): GamedayError {
  const reason = reasonOfTrouble({ kind: 'pipeline', id: pipeline }, trouble);
  const next = `${kept} jobs that were read are kept: run the same command again to go on behind them.`;
  return new GamedayError(reason, trouble.message, kept > 0 ? { next } : {});
}

function sourceOf(wanted: PastWanted, cache: PastCache, remarks: readonly string[]): Read {
  const all = distinct(cache.jobs());
  const kept: PastJob[] = [];
  const leftOut: Record<string, number> = {};
  const leave = (why: string): void => void (leftOut[why] = (leftOut[why] ?? 0) + 1);
  for (const { id, step, passed, startedAt, finishedAt } of all.slice(0, wanted.jobs)) {
    if (!passed) leave('not passed');
    else if (startedAt === null || finishedAt === null) leave('without a start or an end');
    else if (finishedAt < startedAt) leave('ended before it started');
    else kept.push({ id, step: step ?? '(no key)', ms: finishedAt - startedAt, startedAt, build: null });
  }
  return {
    kind: 'buildkite',
    name: `${wanted.organization}/${wanted.pipeline}`,
    jobs: kept,
    ...{ leftOut, remarks, zoneless: 0 },
    complete: cache.next() === null || all.length >= wanted.jobs,
  };
}
