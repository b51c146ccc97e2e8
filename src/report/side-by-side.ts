import type { DrillResult } from '../verdict/result.ts';
import { cardLines, columnLines, pastedLines, type CardOptions } from './card.ts';
import { createPainter } from './paint.ts';
import { widthOf } from './width.ts';

/** The smallest width of a readable column. */
const NARROWEST_COLUMN = 36;
const GAP = '  | ';

/** Lines of two drills; the two that end the game day come below them. */
const MOST_LINES = 12;
/** Lines of the columns, however much there is to paste: the heads and the time lines. */
const FEWEST_LINES = 6;

/**
 * Two drills' cards in two columns, to show at which moment they differ, and what is to be pasted below them; on a narrow terminal
 * one card below the other.
 */
export function drawSideBySide(
  left: DrillResult,
  right: DrillResult,
  options: CardOptions,
): readonly string[] {
  const column = Math.floor((Math.min(options.columns, 160) - GAP.length) / 2);
  if (column < NARROWEST_COLUMN) return [...cardLines(left, options), '', ...cardLines(right, options)];
  const paint = createPainter(options.colors);
  const below = [left, right].flatMap((result) => pastedLines(result, options));
  const room = Math.min(MOST_LINES, Math.max(1, (options.rows ?? Infinity) - 3));
  const height = Math.max(FEWEST_LINES, room - below.length);
  const draw = (result: DrillResult) => {
    const plain = columnLines(result, { ...options, columns: column, colors: false }, height);
    return columnLines(result, { ...options, columns: column }, height).map((text, index) => ({
      text,
      width: widthOf(plain[index] ?? ''),
    }));
  };
  const [a, b] = [draw(left), draw(right)];
  const beside = Array.from({ length: Math.max(a.length, b.length) }, (_, row) => {
    const { text = '', width = 0 } = a[row] ?? {};
    return `${text}${' '.repeat(column - width)}${paint(GAP, 'quiet')}${b[row]?.text ?? ''}`.trimEnd();
  });
  return [...beside, ...below];
}
