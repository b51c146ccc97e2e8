import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GamedayError } from '../model/errors.ts';
import { JOURNAL_FILE } from '../journal/file.ts';
import { answerOf } from '../cli/exit-codes.ts';
import type { Runner } from '../cli/runner.ts';
import { findDrill, readDrill } from '../cli/stored.ts';
import { drawSideBySide } from '../report/side-by-side.ts';
import { summarizeDrill } from '../verdict/summarize.ts';
import { compareResults, type Compared } from './compare.ts';
import type { DrillEvent } from '../journal/events.ts';
import { documentOf, isOver, type Judging } from './from-journal.ts';
import type { LedgerDocument } from './document.ts';
import { comparedLines } from './report.ts';

/** A journal, and what the ledger says of its drill. */
export interface JournalRead {
  readonly journal: string;
  /** Null where the drill has none: it was only planned, or cannot be read. */
  readonly document: LedgerDocument | null;
  /** Why it has none, or null. */
  readonly why: string | null;
}

/** Reads the drills that a person named. Throws bad-input for one that is not there. */
export async function readNamed(
  names: readonly string[],
  out: string,
  version: string,
): Promise<readonly JournalRead[]> {
  const read: JournalRead[] = [];
  for (const name of names) {
    const { journalPath, events } = await findDrill(name, out);
    read.push(explain(journalPath, events, version, 'as-stored'));
  }
  return read;
}

/** Every journal under a folder, however deep: one that cannot be read is named with the reason. */
export async function readJournalsUnder(
  folder: string,
  version: string,
  judging: Judging,
): Promise<readonly JournalRead[]> {
  const names = await readdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new GamedayError('bad-input', `${folder} cannot be read: ${(error as Error).message}`, {
      next: 'Name a folder that contains drills, each with its journal.jsonl.',
    });
  });
  const paths = names
    .filter((name) => name === JOURNAL_FILE || /[\\/]journal\.jsonl$/.test(name))
    .toSorted()
    .map((name) => join(folder, name));
  const read: JournalRead[] = [];
  for (const path of paths) read.push(await readOne(path, version, judging));
  return read;
}

async function readOne(path: string, version: string, judging: Judging): Promise<JournalRead> {
  try {
    const { events } = await readDrill(path);
    return explain(path, events, version, judging);
  } catch (error) {
    if (!(error instanceof GamedayError)) throw error;
    return { journal: path, document: null, why: error.message };
  }
}

function explain(
  journal: string,
  events: readonly DrillEvent[],
  version: string,
  judging: Judging,
): JournalRead {
  if (!isOver(events)) {
    const why = `its runner ended before the drill did: gameday drills resume ${events[0]?.drill ?? ''}`;
    return { journal, document: null, why };
  }
  const document = documentOf(events, version, { judging });
  return { journal, document, why: document === null ? 'a dry run, in which nothing was tried' : null };
}

/** Lays two stored drills side by side, and says what differs. */
export async function compareDrills(
  [from, to]: readonly [string, string],
  out: string,
  runner: Runner,
): Promise<void> {
  const [a, b] = [await readCompared(from, out, runner), await readCompared(to, out, runner)];
  const differs = compareResults(a, b);
  runner.finish(
    answerOf('listed', { drills: [a.result, b.result], differs }),
    ({ write, columns, rows, colors }) => {
      const options = { columns: columns(), rows: rows(), colors };
      write(`${drawSideBySide(a.result, b.result, options).join('\n')}\n`);
      write(`${comparedLines(differs, colors).join('\n')}\n`);
    },
  );
}

async function readCompared(named: string, out: string, { version }: Runner): Promise<Compared> {
  const { events, journalPath } = await findDrill(named, out);
  const document = documentOf(events, version);
  return {
    result: summarizeDrill(events, journalPath),
    worker: document?.worker ?? null,
    leftMs: document?.leftMs ?? null,
  };
}
