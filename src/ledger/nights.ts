import { answerOf } from '../cli/exit-codes.ts';
import type { Runner } from '../cli/runner.ts';
import { listStored } from '../cli/stored.ts';
import { systemClock } from '../http/clock.ts';
import type { LedgerDocument, World } from './document.ts';
import { documentOf, isOver } from './from-journal.ts';
import type { DrillsFlags } from './options.ts';
import type { RefusedDocument } from './read.ts';
import { alarmLines, refusedLines, trendLines } from './report.ts';
import { openLedger, readLedger } from './service.ts';
import { listSilences } from './silence.ts';
import { listTrends } from './trend.ts';

/** So many nights of a service are shown to people; the document has all. */
const NIGHTS_SHOWN = 14;

/** Lists the drills of the output folder and the nights of each service; with --alarm, ends with 11 where one is silent. */
export async function showDrills(flags: DrillsFlags, runner: Runner): Promise<void> {
  const { ledger, alarm } = flags;
  const now = systemClock.now();
  const store = ledger === undefined ? null : await openLedger({ ...flags, ledger }, runner);
  const local: LedgerDocument[] = [];
  const stored = await listStored(flags.out, (events) => {
    const document = isOver(events) ? documentOf(events, runner.version) : null;
    if (document !== null) local.push(document);
  });
  const worlds: readonly World[] = flags.rig ? ['rig'] : alarm === undefined ? ['real', 'rig'] : ['real'];
  const documents = store === null ? local.filter(({ world }) => worlds.includes(world)) : [];
  const refused: RefusedDocument[] = [];
  for (const world of store === null ? [] : worlds) {
    const folded = store === null ? null : await readLedger(store, world, runner);
    if (folded === null) return;
    documents.push(...folded.documents);
    refused.push(...folded.refused);
  }
  const asked = flags.service ?? [];
  const isAsked = ({ service }: LedgerDocument): boolean =>
    asked.length === 0 || (service !== null && asked.includes(service));
  const trends = listTrends(documents.filter(isAsked), now);
  const silent = alarm === undefined ? [] : listSilences(trends, alarm, asked);
  const rest = { drills: stored.drills, trends, refused, ...(alarm === undefined ? {} : { silent }) };
  runner.finish(answerOf(silent.length === 0 ? 'listed' : 'inconclusive', rest), (stdout) => {
    const lines = [
      ...stored.lines,
      ...refusedLines(refused, stdout.colors),
      ...trendLines(trends, NIGHTS_SHOWN),
      ...(alarm === undefined ? [] : alarmLines(silent, alarm, stdout.colors)),
    ];
    stdout.write(`${lines.join('\n')}\n`);
  });
}
