import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GamedayError } from '../model/errors.ts';
import { JOURNAL_FILE } from '../journal/file.ts';
import type { DrillEvent } from '../journal/events.ts';
import { isOver } from '../ledger/from-journal.ts';
import type { Reporter } from '../report/reporter.ts';
import { REPORTERS } from '../report/reporters.ts';
import { reduce } from '../state/state.ts';
import type { DrillState } from '../state/state.ts';
import { makeGameDayDocument } from '../verdict/account.ts';
import { verdictOfReason } from '../verdict/judge.ts';
import { DrillResult } from '../verdict/result.ts';
import { summarizeDrill } from '../verdict/summarize.ts';
import { answerOf } from './exit-codes.ts';
import { toolsOf } from './reporters.ts';
import type { Runner } from './runner.ts';
import { findDrill, findNamedOrLast, readDrill } from './stored.ts';
import type { StoredDrill } from './stored.ts';

/** Makes every report that was asked for from stored drills, each with the verdict that it got then. */
export async function reportDrills(
  named: readonly string[],
  { out, last }: { readonly out: string; readonly last: boolean },
  runner: Runner,
): Promise<void> {
  const { progress, own, answers, lost } = runner.reporting;
  if (progress === 'terminal')
    throw new GamedayError('bad-input', 'the reporter terminal shows drills while they run', {
      next: 'Name another reporter, or see `gameday drills show`.',
    });
  if (last && named.length > 0)
    throw new GamedayError('bad-input', '--last and a DRILL exclude each other', {
      next: 'Give one of them.',
    });
  const stored = await findStored(named, out);
  const lines =
    progress === null
      ? []
      : [await REPORTERS[progress].create(runner.output.stderr, toolsOf(runner.output, runner.version))];
  const reporters: readonly Reporter[] = [...lines, ...own.map(({ reporter }) => reporter)];
  const results: DrillResult[] = [];
  for (const drill of stored) {
    const result = await readResult(drill);
    replay(drill.events, reporters);
    for (const reporter of reporters) reporter.onResult?.(result, drill.events);
    results.push(result);
  }
  answers?.onAnswer(makeGameDayDocument(results, [], null));
  const failed = lost();
  const errors = failed.map((file) => ({ message: `${file} was not written`, at: null, next: null }));
  runner.finish(answerOf(failed.length === 0 ? 'written' : 'could-not-run', { drills: results, errors }));
}

/** The named drills, or else the last one; a folder that is no drill stands for all that lie below it. */
async function findStored(named: readonly string[], out: string): Promise<readonly StoredDrill[]> {
  if (named.length > 0) {
    const found = await Promise.all(named.map((one) => findAll(one, out)));
    return [...new Map(found.flat().map((drill) => [drill.drill, drill])).values()];
  }
  return [await findNamedOrLast(undefined, out)];
}

async function findAll(named: string, out: string): Promise<readonly StoredDrill[]> {
  const isDrill = [join(out, named, JOURNAL_FILE), join(named, JOURNAL_FILE)];
  const found = await Promise.all([...isDrill, named].map(kindOf));
  if (found.slice(0, 2).includes('file') || found[2] !== 'folder') return [await findDrill(named, out)];
  const paths = (await readdir(named, { recursive: true }))
    .filter((path) => path.split(/[\\/]/).at(-1) === JOURNAL_FILE)
    .toSorted();
  if (paths.length === 0)
    throw new GamedayError('bad-input', `there is no drill in ${named}`, {
      next: 'Name a folder that contains drills, each with its journal.jsonl.',
    });
  return Promise.all(paths.map((path) => readDrill(join(named, path))));
}

async function kindOf(path: string): Promise<'file' | 'folder' | null> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch {
    return null;
  }
}

/** Tells reporters what happened, as they were told while it did. */
function replay(events: readonly DrillEvent[], reporters: readonly Reporter[]): void {
  const listening = reporters.filter(({ onEvent }) => onEvent !== undefined);
  if (listening.length === 0) return;
  events.reduce<DrillState | null>((before, event) => {
    const state = reduce(before, event);
    for (const reporter of listening) reporter.onEvent?.(event, state);
    return state;
  }, null);
}

/**
 * The result of a stored drill: its result.json, which tells more than the journal (where the rig died, what could not be
 * written). The journal is chained by checksums and result.json is not, so the verdict in the journal decides.
 */
async function readResult({ events, folder, journalPath }: StoredDrill): Promise<DrillResult> {
  const unfinished = isOver(events) ? null : verdictOfReason('interrupted', NO_VERDICT);
  const written = summarizeDrill(events, journalPath, unfinished);
  const { drill } = written;
  if (unfinished !== null)
    return { ...written, commands: [`gameday drills resume ${drill}`, `gameday drills abort ${drill}`] };
  const text = await readFile(join(folder, 'result.json'), 'utf8').catch(() => null);
  if (text === null) return written;
  const kept = parseResult(text, written);
  if (kept === null) return withNote(written, 'result.json cannot be read, the journal alone is reported');
  const judged = events.some(({ code }) => code === 'GD_JUDGED' || code === 'GD_INTERRUPTED');
  if (!judged || (kept.outcome === written.outcome && kept.reason === written.reason)) return kept;
  return withNote(
    written,
    `result.json says ${kept.outcome}: ${kept.reason}, and the journal another verdict, which is reported`,
  );
}

const NO_VERDICT = 'the journal holds no verdict: the drill still runs, or its runner died';

/** Results of earlier versions lack when, where and at what cost the drill ran: the journal knows that. */
function parseResult(text: string, written: DrillResult): DrillResult | null {
  try {
    const { startedAt, endedAt, gameday, region, cluster, service, account, cost } = written;
    const found = { startedAt, endedAt, gameday, region, cluster, service, account, cost };
    const kept = JSON.parse(text) as object;
    const missing = Object.entries(found).filter(([name]) => !Object.hasOwn(kept, name));
    // As it is written, members in their order: what is made of it is to be what the run made.
    const whole: unknown = { ...kept, ...Object.fromEntries(missing) };
    return DrillResult.parse(whole).drill === written.drill ? (whole as DrillResult) : null;
  } catch {
    return null;
  }
}

function withNote(result: DrillResult, note: string): DrillResult {
  return { ...result, notes: [note, ...result.notes] };
}
