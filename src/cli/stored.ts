import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GamedayError } from '../model/errors.ts';
import { fold } from '../state/state.ts';
import type { DrillState } from '../state/state.ts';
import type { DrillEvent } from '../journal/events.ts';
import { JOURNAL_FILE } from '../journal/file.ts';
import { readJournal } from '../journal/replay.ts';

/** A drill as it lies on the disk. */
export interface StoredDrill {
  readonly folder: string;
  readonly journalPath: string;
  readonly drill: string;
  readonly events: readonly DrillEvent[];
  readonly state: DrillState;
}

/** Finds a drill by its id in the output folder, by its folder, or by its journal. */
export async function findDrill(named: string, out: string): Promise<StoredDrill> {
  for (const candidate of [join(out, named, JOURNAL_FILE), join(named, JOURNAL_FILE), named]) {
    if (await isFile(candidate)) return readDrill(candidate);
  }
  throw new GamedayError('bad-input', `there is no drill "${named}" in ${out}`, {
    next: 'See `gameday drills`; --out names another folder.',
  });
}

/** Reads one stored journal whole. */
export async function readDrill(journalPath: string): Promise<StoredDrill> {
  const { events } = await readJournal(journalPath);
  const [first] = events;
  if (first?.code !== 'GD_DRILL_PLANNED') {
    const message =
      first === undefined ? 'the journal holds no event' : `the journal begins with ${first.code}`;
    throw new GamedayError('bad-input', message, { at: `${journalPath}:1:1`, next: 'Start a new drill.' });
  }
  const folder = journalPath.endsWith(JOURNAL_FILE)
    ? journalPath.slice(0, -JOURNAL_FILE.length - 1) || '.'
    : '.';
  return { folder, journalPath, drill: first.drill, events, state: fold(events) };
}

/** The journals in an output folder, oldest first (ids begin with the date). */
export async function journalsIn(out: string): Promise<readonly string[]> {
  let names: string[];
  try {
    names = await readdir(out);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new GamedayError('bad-input', `${out} cannot be read: ${(error as Error).message}`, {
      at: out,
      cause: error,
    });
  }
  const found: string[] = [];
  for (const name of names.sort()) {
    const path = join(out, name, JOURNAL_FILE);
    if (await isFile(path)) found.push(path);
  }
  return found;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
