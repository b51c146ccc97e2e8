import { escapeControls } from '../journal/escape.ts';
import { createPainter } from '../report/paint.ts';
import { summaryLines } from '../report/summary.ts';
import type { GameDayDocument, Merge } from '../verdict/result.ts';

/** The merged game day in lines: what is wrong, every attempt, then every drill and the answer. */
export function mergeLines(
  document: GameDayDocument & { readonly merge: Merge },
  colors: boolean,
): readonly string[] {
  const paint = createPainter(colors);
  const { attempts, problems, shards } = document.merge;
  const retried = attempts.filter(({ counts }) => !counts).length;
  return [
    ...attempts.map(
      ({ shard, attempt, file, outcome, counts }) =>
        `  shard ${String(shard)}, attempt ${String(attempt)}  ${escapeControls(`${outcome}${counts ? '' : ' (does not count)'}  ${file}`)}`,
    ),
    `${String(shards)} shards, ${String(attempts.length)} attempts, of which ${String(retried)} do not count`,
    ...problems.map((why) => `${paint('not proven:', 'bad')} ${escapeControls(why)}`),
    ...summaryLines(document, colors),
  ];
}
