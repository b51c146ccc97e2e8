import { GamedayError } from '../model/errors.ts';
import { escapeControls, toJson } from '../journal/escape.ts';
import { summarize } from '../verdict/summarize.ts';
import type { Runner } from './runner.ts';
import { journalsIn, readDrill } from './stored.ts';
import { finishWith } from './way-out.ts';

/** One line of the list. */
interface Listed {
  readonly drill: string;
  readonly phase: string | null;
  readonly outcome: string | null;
  readonly reason: string | null;
  readonly title: string | null;
  readonly journal: string;
  /** Why its journal cannot be read. */
  readonly error: string | null;
}

/** Lists the drills of an output folder with their state and verdict. */
export async function listDrills(out: string, runner: Runner): Promise<void> {
  const drills: Listed[] = [];
  for (const path of await journalsIn(out)) drills.push(await listed(path));
  const { stdout } = runner.output;
  finishWith(0);
  if (runner.json) {
    stdout.write(`${toJson({ version: 1, drills }, 2)}\n`);
    return;
  }
  if (drills.length === 0) stdout.write(`No drills in ${out}.\n`);
  for (const drill of drills) stdout.write(`${lineOf(drill)}\n`);
}

async function listed(journal: string): Promise<Listed> {
  try {
    const { drill, state, events } = await readDrill(journal);
    const over = state.verdict !== null || state.interrupted !== null || state.halted !== null;
    const result = over ? summarize(events, journal) : null;
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
    const drill = journal.split('/').at(-2) ?? journal;
    return { drill, phase: null, outcome: null, reason: null, title: null, journal, error: error.message };
  }
}

function lineOf(listed: Listed): string {
  if (listed.error !== null) return escapeControls(`${listed.drill}  unreadable: ${listed.error}`);
  const verdict = listed.outcome === null ? 'no verdict yet' : `${listed.outcome}: ${listed.reason ?? ''}`;
  return escapeControls(
    `${listed.drill}  ${(listed.phase ?? '').padEnd(11)}  ${verdict.padEnd(30)}  ${listed.title ?? ''}`,
  );
}
