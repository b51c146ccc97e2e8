import type { BuildkiteRest, PastBuild } from '../buildkite/port.ts';
import type { Clock } from '../model/clock.ts';
import type { BuildkiteInstant } from '../model/instants.ts';
import { findFact, type World } from '../model/world.ts';
import type { Wait } from './member.ts';

/** A page of a hundred builds with their jobs is one of the 50 requests a minute that Buildkite grants a user (apis/rest-api/limits); half of them are for others. */
const MS_PER_PAGE = 60_000 / 25;
/** Rounds are so far apart at least, milliseconds. */
const ROUND_EVERY_MS = 5_000;
/** A list with more pages is of a busy organization: it would be read too seldom to be of use. */
const MOST_PAGES = 12;
/** Where more pipelines are waited for, one list of all of the organization is cheaper. */
const MOST_PIPELINES = 3;
/** A build is listed from a little before its creation on, milliseconds. */
const LISTED_FROM_MS = -2_000;
const FOR_EVER_MS = 86_400_000;

/** Builds that are waited for in one list. */
interface Listed {
  readonly organization: string;
  readonly pipeline: string | null;
  /** When the first of them was created. */
  readonly since: BuildkiteInstant;
}

export interface BellOptions {
  readonly clock: Clock;
  readonly rest: BuildkiteRest;
  /** The drills of one client that wait for something about a build, while the budget makes their polls slow; none where it does not. */
  readonly listWaits: () => readonly Wait[];
  /** Told of builds that look other than their drill knows them. */
  readonly ring: (buildIds: ReadonlySet<string>) => void;
}

/**
 * Looks through lists of builds by REST, a request for a hundred, and rings for those that have changed: they are then polled at
 * once. What a list shows is never taken for an observation, so a list that is late or wrong costs time and nothing else.
 * Returns when REST is refused: then there is no bell.
 */
export async function watchByLists(
  { clock, rest, listWaits, ring }: BellOptions,
  signal: AbortSignal,
): Promise<void> {
  /** What a build looked like when it was last rung for. */
  const rung = new Map<string, string>();
  while (!signal.aborted) {
    let pages = 0;
    const waits = listWaits();
    const worlds = new Map(
      waits.flatMap(({ state }) => state.buildIds.map((id) => [id, state.world] as const)),
    );
    for (const list of listsOf(waits)) {
      const read = await readList(list, rest, clock.now(), signal);
      if (read === null) return;
      pages += read.pages;
      const changed = read.builds.filter((build) => isOther(build, worlds.get(build.id), rung));
      if (changed.length > 0) ring(new Set(changed.map(({ id }) => id)));
    }
    await clock.sleep(Math.max(ROUND_EVERY_MS, pages * MS_PER_PAGE, rest.restFor()), signal);
  }
}

/** Which lists show all builds that are waited for: those of a few pipelines, or those of the organization. */
function listsOf(waits: readonly Wait[]): readonly Listed[] {
  const builds = waits.flatMap(({ state }) =>
    state.buildIds.flatMap((id) => findFact(state.world, 'build', id) ?? []),
  );
  const pipelines = new Set(builds.map(({ organization, pipeline }) => `${organization}/${pipeline}`));
  const lists = new Map<string, Listed>();
  for (const { organization, pipeline, createdAt } of builds) {
    if (createdAt === null) continue;
    const list = { organization, pipeline: pipelines.size > MOST_PIPELINES ? null : pipeline };
    const key = JSON.stringify(list);
    const before = lists.get(key)?.since ?? createdAt;
    lists.set(key, { ...list, since: createdAt < before ? createdAt : before });
  }
  return [...lists.values()];
}

/** Null where REST is refused to this token. */
async function readList(
  { organization, pipeline, since }: Listed,
  rest: BuildkiteRest,
  now: number,
  signal: AbortSignal,
): Promise<{ readonly builds: readonly PastBuild[]; readonly pages: number } | null> {
  const builds: PastBuild[] = [];
  const range = { organization, pipeline, createdFrom: since + LISTED_FROM_MS, createdTo: now + FOR_EVER_MS };
  for (let pages = 1; ; pages += 1) {
    const answer = await rest.pastBuilds({ ...range, skip: builds.length }, signal);
    if (!answer.ok)
      return ['unauthorized', 'denied', 'not-found'].includes(answer.trouble.kind) ? null : { builds, pages };
    builds.push(...answer.value.builds);
    if (!answer.value.more || pages >= MOST_PAGES) return { builds, pages };
  }
}

/** Whether a build looks other than its drill knows it, and that was not rung for already. */
function isOther(build: PastBuild, world: World | undefined, rung: Map<string, string>): boolean {
  const known = world === undefined ? undefined : findFact(world, 'build', build.id);
  if (world === undefined || known === undefined) return false;
  const look = JSON.stringify([
    build.state,
    build.attempts.map(({ id, startedAt, finishedAt, agent }) => [id, startedAt, finishedAt, agent?.id]),
  ]);
  const isKnown =
    known.state === build.state &&
    build.attempts.every(({ id, startedAt, finishedAt }) => {
      const job = findFact(world, 'job', id);
      return job === undefined
        ? startedAt === null
        : (job.startedAt === null) === (startedAt === null) &&
            (job.finishedAt === null) === (finishedAt === null);
    });
  if (isKnown || rung.get(build.id) === look) return false;
  rung.set(build.id, look);
  return true;
}
