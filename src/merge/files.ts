import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { JOURNAL_FILE } from '../journal/file.ts';
import { readJournal } from '../journal/replay.ts';
import { GamedayError } from '../model/errors.ts';
import { judgeStored } from './attempt.ts';
import type { Attempt, Expected, Place } from './attempt.ts';

/** The document of one attempt, as far as it is trusted: which drills it began, and how it ended. */
const Said = z.object({ outcome: z.string(), drills: z.array(z.object({ drill: z.string() })) });
const SaidResult = z.object({ outcome: z.string(), reason: z.string() });

/** Every attempt below a folder `SHARD/ATTEMPT/JOB/`, and what lies there and belongs to no shard. */
export async function readAttempts(
  folder: string,
  expected: Expected,
): Promise<{ readonly attempts: readonly Attempt[]; readonly strays: readonly string[] }> {
  const shards = await listNames(folder);
  const attempts: Attempt[] = [];
  const strays: string[] = [];
  for (const shard of shards) {
    if (!isNumberUpTo(shard, expected.files.length, 1)) {
      strays.push(
        `${join(folder, shard)} is no shard of this game day: it has ${String(expected.files.length)}`,
      );
      continue;
    }
    for (const attempt of await listNames(join(folder, shard))) {
      if (!isNumberUpTo(attempt, 1000, 0)) {
        strays.push(`${join(folder, shard, attempt)} is not the folder of an attempt`);
        continue;
      }
      const at = join(folder, shard, attempt);
      for (const job of await listNames(at))
        attempts.push(
          await readAttempt(join(at, job), { shard: Number(shard), attempt: Number(attempt), job }, expected),
        );
    }
  }
  return { attempts, strays };
}

async function readAttempt(folder: string, place: Place, expected: Expected): Promise<Attempt> {
  const names = await listNames(folder);
  const said = Said.safeParse(await readJson(join(folder, 'game-day.json'))).data ?? null;
  const begun = new Set(said?.drills.map(({ drill }) => drill));
  const drills = names.filter((name) => name !== 'game-day.json');
  const problems =
    said === null
      ? ['it did not come to its end: its game-day.json is missing or cannot be read']
      : [
          ...drills
            .filter((name) => !begun.has(name))
            .map((name) => `${name} is no drill of its game-day.json`),
          ...[...begun]
            .filter((id) => !drills.includes(id))
            .map((id) => `the journal of drill ${id} is missing`),
        ];
  const read = await Promise.all(drills.map((name) => readDrill(folder, name, place, expected)));
  const results = read.flatMap(({ result }) => result ?? []);
  const several = results.length > 1 ? [`it holds ${String(results.length)} drills of one scenario`] : [];
  return {
    ...place,
    result: results[0] ?? null,
    ended: said?.outcome ?? null,
    problems: [...problems, ...several, ...read.flatMap((one) => one.problems)],
  };
}

async function readDrill(
  folder: string,
  name: string,
  place: Place,
  expected: Expected,
): Promise<ReturnType<typeof judgeStored>> {
  const path = join(folder, name, JOURNAL_FILE);
  try {
    const { events, torn } = await readJournal(path);
    const said = SaidResult.safeParse(await readJson(join(folder, name, 'result.json'))).data ?? null;
    return judgeStored({ events, torn, path, folder: name, said }, place, expected);
  } catch (error) {
    if (!(error instanceof GamedayError)) throw error;
    return { result: null, problems: [`${path}: ${error.message}`] };
  }
}

/** The names in a folder; none if it is none. */
async function listNames(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch {
    return [];
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}

function isNumberUpTo(text: string, most: number, least: number): boolean {
  return /^(0|[1-9][0-9]{0,5})$/.test(text) && Number(text) >= least && Number(text) <= most;
}
