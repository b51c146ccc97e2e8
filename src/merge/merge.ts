import { makeGameDayDocument } from '../verdict/account.ts';
import type { DrillResult, GameDayDocument, Merge } from '../verdict/result.ts';
import { exitCodeOf } from '../model/reasons.ts';
import type { Attempt, Expected } from './attempt.ts';

/** Outcomes after which a pipeline stops anyway: a missing shard makes none of them look better. */
const WORSE_THAN_INCONCLUSIVE = ['failed', 'internal', 'refused', 'could-not-run', 'interrupted'];

/** One result of many: the game day over every attempt that counts, at best inconclusive where anything is missing, doubled or changed. */
export function mergeAttempts(
  given: readonly Attempt[],
  expected: Expected,
  strays: readonly string[] = [],
): GameDayDocument & { readonly merge: Merge } {
  const attempts = given.toSorted(
    (a, b) => a.shard - b.shard || a.attempt - b.attempt || (a.job < b.job ? -1 : 1),
  );
  const { files } = expected;
  const problems = [
    ...strays,
    ...files.flatMap((file, index) => {
      const own = attempts.filter(({ shard }) => shard === index + 1);
      return explainShard(own).map((why) => `shard ${String(index + 1)} (${file}): ${why}`);
    }),
    ...explainDoubled(attempts),
    ...explainAborted(attempts),
  ];
  const listed = attempts.map((attempt) => ({ attempt, counts: counts(attempt, attempts) }));
  const deciding = listed.flatMap(({ attempt, counts: does }) => (does ? (attempt.result ?? []) : []));
  const all = attempts.flatMap(({ result }) => result ?? []);
  const day = makeGameDayDocument(deciding, [], null);
  const merge: Merge = {
    shards: files.length,
    attempts: listed.map(({ attempt, counts: does }) => describe(attempt, files, does)),
    problems,
  };
  const answer =
    problems.length === 0 || (deciding.length > 0 && WORSE_THAN_INCONCLUSIVE.includes(day.outcome))
      ? day
      : {
          ...{ ...day, outcome: 'inconclusive' as const, reason: 'evidence-missing' as const },
          exitCode: exitCodeOf('inconclusive'),
        };
  return { ...answer, counts: makeGameDayDocument(all, [], null).counts, drills: all, merge };
}

/** A drill that somebody aborted is missing from what was asked for. */
function explainAborted(attempts: readonly Attempt[]): readonly string[] {
  return attempts.flatMap(({ result }) =>
    result?.outcome === 'aborted' ? [`drill ${result.drill} was aborted`] : [],
  );
}

/** What is wrong with the attempts of one shard. */
function explainShard(own: readonly Attempt[]): readonly string[] {
  const last = own.at(-1);
  if (last === undefined)
    return ['it is missing: it did not run, its agent was lost, or it uploaded nothing'];
  const numbers = Array.from({ length: last.attempt + 1 }, (_, number) => number);
  return [
    ...numbers.flatMap((number) => {
      const jobs = own.filter(({ attempt }) => attempt === number);
      if (jobs.length === 0)
        return [`attempt ${String(number)} is missing, and attempt ${String(last.attempt)} is there`];
      return jobs.length === 1
        ? []
        : [
            `it is doubled: attempt ${String(number)} is there from the jobs ${jobs.map(({ job }) => job).join(', ')}`,
          ];
    }),
    ...own.flatMap(({ attempt, problems }) => problems.map((why) => `attempt ${String(attempt)}: ${why}`)),
    ...(last.result === null && last.problems.length === 0
      ? [`attempt ${String(last.attempt)} ran no drill: it ended as ${last.ended ?? 'unknown'}`]
      : []),
  ];
}

/** One drill in two shards, or in two attempts: one of them is a copy. */
function explainDoubled(attempts: readonly Attempt[]): readonly string[] {
  const ids = attempts.flatMap(({ result }) => result?.drill ?? []);
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))].map((id) => {
    const at = attempts.filter(({ result }) => result?.drill === id);
    const places = at.map(({ shard, attempt }) => `shard ${String(shard)}, attempt ${String(attempt)}`);
    return `drill ${id} is there ${String(at.length)} times: ${places.join('; ')}`;
  });
}

/**
 * Every attempt that is proven to have injected something is a trial and counts, and so does a defect; one that injected
 * nothing gives way to a later attempt of its shard.
 */
function counts({ shard, attempt, result }: Attempt, all: readonly Attempt[]): boolean {
  if (result === null) return false;
  if (result.injection === 'proven' || result.outcome === 'failed' || result.outcome === 'internal')
    return true;
  return !all.some((other) => other.shard === shard && other.attempt > attempt);
}

function describe(
  { shard, attempt, job, result, ended }: Attempt,
  files: readonly string[],
  does: boolean,
): Merge['attempts'][number] {
  const outcome = result === null ? (ended ?? 'unknown') : sayOutcome(result);
  const drill = result?.drill ?? null;
  return { shard, file: files[shard - 1] ?? '', attempt, job, drill, outcome, counts: does };
}

function sayOutcome({ outcome, reason }: DrillResult): string {
  return outcome === reason ? outcome : `${outcome}: ${reason}`;
}
