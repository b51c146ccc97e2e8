import type { BuildkiteRest, PastBuild } from '../buildkite/port.ts';
import type { Clock } from '../model/clock.ts';
import { GamedayError } from '../model/errors.ts';
import type { Answer } from '../model/answer.ts';
import { formatSpan } from '../model/instants.ts';
import { reasonOfTrouble } from '../state/trouble.ts';
import type { KeptPages } from './pages.ts';
import { readRuns } from './runs.ts';
import type { BuildRuns } from './runs.ts';
import type { Period } from './spikes.ts';

/** What a read needs; `say` tells a person why it rests. */
export interface Reading {
  readonly rest: BuildkiteRest;
  readonly kept: KeptPages;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** A pipeline, or null for every pipeline that the token may see. */
export interface Source {
  readonly organization: string;
  readonly pipeline: string | null;
}

const SECOND = 1000;
/** A longer wait than this is not waited for: the person comes again. */
const LONGEST_WAIT = 600_000;
/** Where Buildkite limits the rate and names no time. */
const UNNAMED_WAIT = 10_000;
/** So many refusals in a row end the read. */
const MOST_REFUSALS = 5;

/**
 * Reads the builds that were created in the period, the newest first, and gives each page to `take`; the period has whole
 * seconds. Every build comes once: a page ends at a whole second before which nothing is known yet. What is kept is not read
 * again, so a read that was cut off goes on where it ended.
 */
export async function readPastBuilds(
  source: Source,
  period: Period,
  reading: Reading,
  take: (builds: readonly BuildRuns[]) => Promise<void>,
): Promise<void> {
  for (let to = period.to; to > period.from;) {
    const page = reading.kept.find(to);
    const kept = page === null ? null : reading.kept.read(page);
    const [from, builds] =
      page !== null && kept !== null ? [page.from, kept] : await readPage(source, { ...period, to }, reading);
    const low = Math.max(from, period.from);
    await take(builds.filter(({ createdAt }) => createdAt >= low && createdAt < to));
    to = low;
  }
}

/** Reads and keeps a page of builds created before `to`; returns from when on it has them all. */
async function readPage(
  source: Source,
  period: Period,
  reading: Reading,
): Promise<readonly [from: number, builds: readonly BuildRuns[]]> {
  const found = new Map<string, PastBuild>();
  for (let skip = 0; ;) {
    const wanted = { ...source, createdFrom: period.from, createdTo: period.to, skip };
    const { builds, more } = await askPatiently(source, reading, () =>
      reading.rest.pastBuilds(wanted, reading.signal),
    );
    for (const build of builds) found.set(build.id, build);
    const oldest: number | undefined = builds.at(-1)?.createdAt;
    if (more && oldest === undefined)
      throw new GamedayError('buildkite-error', 'Buildkite names a next page of builds after an empty one');
    // Further builds of the oldest one's second may follow on the next page.
    const from = more && oldest !== undefined ? (Math.floor(oldest / SECOND) + 1) * SECOND : period.from;
    skip += builds.length;
    if (from >= period.to) continue;
    const runs = [...found.values()].map(readRuns).filter(({ createdAt }) => createdAt >= from);
    reading.kept.add({ from, to: period.to, readAt: reading.clock.now() }, runs);
    return [from, runs];
  }
}

/** Asks within half of the limits; where Buildkite limits the rate all the same, it is obeyed. */
async function askPatiently<T>(
  source: Source,
  { rest, clock, signal, say }: Reading,
  ask: () => Promise<Answer<T>>,
): Promise<T> {
  for (let refusals = 0; ; refusals += 1) {
    await sleep(rest.restFor(), "half of Buildkite's limit on requests is used");
    const answer = await ask();
    if (answer.ok) return answer.value;
    const { trouble } = answer;
    const wait = trouble.retryAfter ?? UNNAMED_WAIT;
    if (trouble.kind !== 'rate-limited' || wait > LONGEST_WAIT || refusals >= MOST_REFUSALS)
      throw new GamedayError(
        reasonOfTrouble({ kind: 'pipeline', id: source.pipeline ?? '' }, trouble),
        trouble.message,
        { next: 'What was read is kept: run the same command again to go on.' },
      );
    await sleep(wait, 'Buildkite limits the rate');
  }

  async function sleep(ms: number, why: string): Promise<void> {
    if (ms <= 0) return;
    say(`${why}; going on in ${formatSpan(ms)}`);
    await clock.sleep(ms, signal);
  }
}
