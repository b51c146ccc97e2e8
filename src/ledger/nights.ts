import { answerOf } from '../cli/exit-codes.ts';
import type { Runner } from '../cli/runner.ts';
import { listStored } from '../cli/stored.ts';
import { systemClock } from '../http/clock.ts';
import type { Store, StoreAnswer } from '../store/port.ts';
import type { LedgerDocument, World } from './document.ts';
import type { FoldedLedger } from './fold.ts';
import { documentOf, isOver } from './from-journal.ts';
import type { DrillsFlags } from './options.ts';
import { alarmLines, refusedLines, trendLines } from './report.ts';
import { openLedger, readWorld } from './service.ts';
import { listSilences } from './silence.ts';
import { listTrends } from './trend.ts';

/** So many nights of a service are shown to people; the document has all. */
const NIGHTS_SHOWN = 14;

/** Lists the drills of the output folder and the nights of each service; with --alarm, ends with 11 where one is silent. */
export async function showDrills(flags: DrillsFlags, runner: Runner): Promise<void> {
  const { ledger, alarm, service: asked = [] } = flags;
  const store = ledger === undefined ? null : await openLedger({ ...flags, ledger }, runner);
  const worlds: readonly World[] = flags.rig ? ['rig'] : alarm === undefined ? ['real', 'rig'] : ['real'];
  const local: LedgerDocument[] = [];
  const { drills, lines } = await listStored(flags.out, (events) => {
    const document = store === null && isOver(events) ? documentOf(events, runner.version) : null;
    if (document !== null && worlds.includes(document.world)) local.push(document);
  });
  const read = store === null ? null : await readWorlds(store, worlds, runner);
  if (read?.ok === false) {
    const { message, next } = read.error;
    const answer = answerOf('could-not-run', { drills, errors: [{ message, at: null, next }] });
    return runner.finish(answer, (stdout) => stdout.write(`${lines.join('\n')}\n`));
  }
  const { documents, refused } = read?.value ?? { documents: local, refused: [] };
  const isAsked = ({ service }: LedgerDocument): boolean =>
    asked.length === 0 || (service !== null && asked.includes(service));
  const trends = listTrends(documents.filter(isAsked), systemClock.now());
  const silent = alarm === undefined ? [] : listSilences(trends, alarm, asked, flags.rig ? 'rig' : 'real');
  const rest = { drills, trends, refused, ...(alarm === undefined ? {} : { silent }) };
  runner.finish(answerOf(silent.length === 0 ? 'listed' : 'inconclusive', rest), (stdout) => {
    const shown = [
      ...lines,
      ...refusedLines(refused, stdout.colors),
      ...trendLines(trends, NIGHTS_SHOWN),
      ...(alarm === undefined ? [] : alarmLines(silent, alarm, stdout.colors)),
    ];
    stdout.write(`${shown.join('\n')}\n`);
  });
}

async function readWorlds(
  store: Store,
  worlds: readonly World[],
  runner: Runner,
): Promise<StoreAnswer<FoldedLedger>> {
  const all: FoldedLedger[] = [];
  for (const world of worlds) {
    const folded = await readWorld(store, world, runner);
    if (!folded.ok) return folded;
    all.push(folded.value);
  }
  const value = {
    documents: all.flatMap(({ documents }) => documents),
    refused: all.flatMap(({ refused }) => refused),
  };
  return { ok: true, value };
}
