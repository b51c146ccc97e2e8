import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GamedayError } from '../model/errors.ts';
import { fold } from '../state/state.ts';
import type { DrillState } from '../state/state.ts';
import type { DrillEvent } from '../journal/events.ts';
import { JOURNAL_FILE } from '../journal/file.ts';
import { readJournal } from '../journal/replay.ts';
import { escapeControls } from '../journal/escape.ts';
import { summarizeDrill } from '../verdict/summarize.ts';
import { closingBlock } from '../report/closing.ts';
import { answerOf } from './exit-codes.ts';
import type { Runner } from './runner.ts';
import { makeGameDayDocument } from '../verdict/account.ts';
import { judge } from '../verdict/judge.ts';
import { reporterFor } from './reporters.ts';

/** A stored drill. */
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
    next: '`gameday drills` lists the drills of a folder; --out names another folder.',
  });
}

/** Finds the drill that a person named, or else the last one of the output folder. */
export async function findNamedOrLast(named: string | undefined, out: string): Promise<StoredDrill> {
  if (named !== undefined) return findDrill(named, out);
  const last = (await journalsIn(out)).at(-1);
  if (last !== undefined) return readDrill(last);
  throw new GamedayError('bad-input', `there is no drill in ${out}`, {
    next: 'Name another folder with --out DIR.',
  });
}

/** Reads one stored journal. */
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

/** Whether the drill came to an end that its journal tells. */
function hasEnded({ verdict, interrupted, halted }: DrillState): boolean {
  return verdict !== null || interrupted !== null || halted !== null;
}

/** One line of the list. */
interface Listed {
  readonly drill: string;
  readonly phase: string | null;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly title: string | null;
  readonly journal: string;
  /** Why the journal cannot be read, or null. */
  readonly error: string | null;
}

/** Lists the drills of an output folder with their state and verdict; `take` gets the events of each. */
export async function listStored(
  out: string,
  take: (events: readonly DrillEvent[]) => void,
): Promise<{ readonly drills: readonly Listed[]; readonly lines: readonly string[] }> {
  const drills: Listed[] = [];
  for (const path of await journalsIn(out)) drills.push(await readListed(path, take));
  const width = Math.max(...drills.map((drill) => verdictOf(drill).length));
  const lines = drills.map((drill) => lineOf(drill, width));
  return { drills, lines: drills.length === 0 ? [`No drills in ${out}.`] : lines };
}

async function readListed(journal: string, take: (events: readonly DrillEvent[]) => void): Promise<Listed> {
  try {
    const { drill, state, events } = await readDrill(journal);
    take(events);
    const result = hasEnded(state) ? summarizeDrill(events, journal) : null;
    return {
      drill,
      phase: state.interrupted === null ? state.phase : 'interrupted',
      outcome: result?.outcome ?? null,
      reason: result?.reason ?? null,
      title: state.plan.scenario.title,
      journal,
      error: null,
    };
  } catch (error) {
    if (!(error instanceof GamedayError)) throw error;
    const drill = basename(dirname(journal));
    return { drill, phase: null, outcome: null, reason: null, title: null, journal, error: error.message };
  }
}

function verdictOf({ outcome, reason }: Listed): string {
  return outcome === null ? 'no verdict yet' : `${outcome}: ${reason ?? ''}`;
}

function lineOf(listed: Listed, width: number): string {
  if (listed.error !== null) return escapeControls(`${listed.drill}  unreadable: ${listed.error}`);
  return escapeControls(
    `${listed.drill}  ${(listed.phase ?? '').padEnd(11)}  ${verdictOf(listed).padEnd(width)}  ${listed.title ?? ''}`,
  );
}

/** Shows a stored drill as its journal has it; nothing is judged again. */
export async function showDrill(named: string | undefined, out: string, runner: Runner): Promise<void> {
  const { events, state, journalPath } = await findNamedOrLast(named, out);
  const result = summarizeDrill(events, journalPath);
  const note = 'the journal holds no verdict: the drill still runs, or its runner died';
  const told = hasEnded(state) ? result : { ...result, notes: [note, ...result.notes] };
  runner.finish(answerOf('listed', { drills: [told] }), (stdout) =>
    stdout.write(closingBlock(told, { columns: stdout.columns(), colors: stdout.colors })),
  );
}

/** Judges a stored journal again, offline, with today's checks, and reports whether the verdict differs. */
export async function judgeAgain(named: string, out: string, runner: Runner): Promise<void> {
  const stored = await findDrill(named, out);
  const before = stored.state.verdict;
  const today = judge(stored.events);
  const result = summarizeDrill(stored.events, stored.journalPath, before === null ? null : today);
  const note = before === null ? 'the journal holds no verdict' : sayDifference(before, today);
  const told = { ...result, notes: [...result.notes, note] };
  const reporter = await reporterFor(runner, 'closing');
  const document = makeGameDayDocument([told], [], null);
  reporter.onResult(told, stored.events);
  reporter.onDocument(document);
  runner.finish(document);
}

interface Decided {
  readonly outcome: string;
  readonly reason: string;
}

function sayDifference(before: Decided, today: Decided): string {
  const was = `${before.outcome}: ${before.reason}`;
  const is = `${today.outcome}: ${today.reason}`;
  return was === is
    ? `judged again: the same verdict, ${is}`
    : `judged again: THE VERDICT DIFFERS: it was ${was}, it is ${is}`;
}
