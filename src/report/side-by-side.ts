import type { DrillResult } from '../verdict/result.ts';
import { cardLines, type CardOptions } from './card.ts';
import { createPainter } from './paint.ts';
import { widthOf } from './width.ts';

/** The smallest width of a readable column. */
const NARROWEST_COLUMN = 36;
const GAP = '  | ';

/** Two drills' cards in two columns, to show at which moment they differ; on a narrow terminal one below the other. */
export function drawSideBySide(
  left: DrillResult,
  right: DrillResult,
  options: CardOptions,
): readonly string[] {
  const column = Math.floor((Math.min(options.columns, 160) - GAP.length) / 2);
  if (column < NARROWEST_COLUMN) return [...cardLines(left, options), '', ...cardLines(right, options)];
  const paint = createPainter(options.colors);
  const draw = (result: DrillResult) => {
    const plain = cardLines(result, { ...options, columns: column, colors: false });
    return cardLines(result, { ...options, columns: column }).map((text, index) => ({
      text,
      width: widthOf(plain[index] ?? ''),
    }));
  };
  const [a, b] = [draw(left), draw(right)];
  return Array.from({ length: Math.max(a.length, b.length) }, (_, row) => {
    const { text = '', width = 0 } = a[row] ?? {};
    return `${text}${' '.repeat(column - width)}${paint(GAP, 'quiet')}${b[row]?.text ?? ''}`.trimEnd();
  });
}
