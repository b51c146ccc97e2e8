import type { Buildkite, EndedJob, JobsPage } from '../buildkite/port.ts';
import type { Answer, Trouble } from '../model/answer.ts';
import { GamedayError } from '../model/errors.ts';
import { reasonOfTrouble } from '../state/trouble.ts';
import type { Source } from './forecast.ts';
import type { PastJob } from './history.ts';
import { openPastCache } from './past-cache.ts';
import type { CacheFile, PastCache } from './past-cache.ts';

/** GraphQL points of a page of 100 jobs: the jobs, their edges and steps, and the connection; three points a job. */
const POINTS_OF_A_PAGE = 303;

/** Which past jobs of a pipeline to read. */
export interface PastWanted {
  readonly organization: string;
  readonly pipeline: string;
  /** Number of jobs, counted from the last one. */
  readonly jobs: number;
  /** GraphQL points to spend at most; a user has 5,000 in five minutes, for all uses. */
  readonly points: number;
  /** Keeps the jobs page by page; the next run continues after them. */
  readonly cache: CacheFile;
}

type Read = Exclude<Source, { kind: 'stated' }>;
type Client = () => Promise<Pick<Buildkite, 'pastJobs'>>;
type Pages = (after: string | null) => Promise<Answer<JobsPage> | null>;

/**
 * Reads the last jobs of a pipeline page by page, within the points: first older jobs after those in the cache, then newer
 * ones. It stops when the points are spent or Buildkite limits the rate; the jobs read so far count, and a note says that
 * there are more. If the process is killed, only the page being read is lost.
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
    throw makePastError(trouble, pipeline, cache.jobs().length);
  const remarks = kept && trouble === null ? await readNewer(cache, pages) : [];
  const unkept = cache.unkept();
  return sourceOf(wanted, cache, unkept === null ? remarks : [...remarks, unkept]);
}

/** Reads older jobs until there are enough; returns the trouble that stopped it, if any. */
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

/** Reads the jobs that ended since the last run, back to a known job; returns notes for the reader. */
async function readNewer(cache: PastCache, pages: Pages): Promise<readonly string[]> {
  const known = new Set(cache.jobs().map(({ id }) => id));
  const newer: EndedJob[] = [];
  for (let after: string | null = null; ;) {
    const answer = await pages(after);
    if (answer === null && newer.length === 0)
      return ['jobs that ended since the last run were not read: the points were spent'];
    if (answer !== null && !answer.ok)
      return [`jobs that ended since the last run were not read: ${answer.trouble.message}`];
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

/** Without duplicates: pages shift while jobs end, so a job may be listed twice. */
function dropRepeatedJobs(jobs: readonly EndedJob[]): readonly EndedJob[] {
  return [...new Map(jobs.map((job) => [job.id, job])).values()];
}

function makePastError(trouble: Trouble, pipeline: string, kept: number): GamedayError {
  const reason = reasonOfTrouble({ kind: 'pipeline', id: pipeline }, trouble);
  const next = `${kept} jobs that were read are kept: run the same command again to continue after them.`;
  return new GamedayError(reason, trouble.message, kept > 0 ? { next } : {});
}

function sourceOf(wanted: PastWanted, cache: PastCache, remarks: readonly string[]): Read {
  const all = dropRepeatedJobs(cache.jobs());
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
