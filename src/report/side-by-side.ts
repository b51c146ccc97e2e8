import { escapeControls } from '../journal/escape.ts';
import type { DrillResult } from '../verdict/result.ts';
import { causeLine } from './cause.ts';
import { closingBlock } from './closing.ts';
import type { BlockOptions } from './closing.ts';
import { createPainter, toneOf } from './paint.ts';
import type { Tone } from './paint.ts';
import { agentOf, controlWord, saySinceFirst } from './sections.ts';
import { shortenArn } from './text.ts';
import { widthOf, wrap } from './width.ts';

/** The smallest width of a readable column. */
const NARROWEST_COLUMN = 44;
const GAP = '  |  ';

interface Line {
  readonly text: string;
  readonly tone: Tone;
}

/** Two drills in two columns, to show at which moment they differ; on a narrow terminal one below the other. */
export function drawSideBySide(left: DrillResult, right: DrillResult, options: BlockOptions): string {
  const column = Math.floor((Math.min(options.columns, 160) - GAP.length) / 2);
  if (column < NARROWEST_COLUMN) return closingBlock(left, options) + closingBlock(right, options);
  const paint = createPainter(options.colors);
  const rows: string[] = [];
  const [a, b] = [rowsOf(left), rowsOf(right)];
  for (let row = 0; row < Math.max(a.length, b.length); row += 1) {
    const [cellA, cellB] = [wrapCell(a[row] ?? [], column), wrapCell(b[row] ?? [], column)];
    for (let line = 0; line < Math.max(cellA.length, cellB.length); line += 1) {
      const l = cellA[line] ?? { text: '', tone: 'plain' };
      const r = cellB[line] ?? { text: '', tone: 'plain' };
      const filled = paint(l.text, l.tone) + ' '.repeat(Math.max(0, column - widthOf(l.text)));
      rows.push((filled + paint(GAP, 'quiet') + paint(r.text, r.tone)).trimEnd());
    }
  }
  return `${rows.join('\n')}\n`;
}

function wrapCell(lines: readonly Line[], width: number): readonly Line[] {
  return lines.flatMap(({ text, tone }) =>
    wrap(escapeControls(text), width, true).map((part) => ({ text: part, tone })),
  );
}

function rowsOf(result: DrillResult): readonly (readonly Line[])[] {
  const control = result.control === null ? '' : `, control ${controlWord(result.control)}`;
  return [
    [
      makeLine(`${result.title}${result.label === null ? '' : ` [${result.label}]`}`, 'loud'),
      makeLine(result.file, 'quiet'),
    ],
    [makeLine('')],
    [
      makeLine(`${result.outcome.toUpperCase()}: ${result.reason}${control}`, toneOf(result.outcome)),
      makeLine(result.said),
    ],
    [makeLine('')],
    [makeLine('What happened', 'loud')],
    result.timeline.map((moment) => makeLine(`${saySinceFirst(moment)} ${moment.said}`)),
    [makeLine('')],
    [makeLine('Why', 'loud')],
    [...causeLines(result), ...result.notes.map((note) => makeLine(`note: ${note}`, 'quiet'))],
    [makeLine('')],
    [makeLine('What to do', 'loud')],
    [makeLine(result.next)],
    [makeLine('')],
    evidenceLines(result),
  ];
}

/** The first cause and what would have saved the build; the closing block names all causes. */
function causeLines({ cause }: DrillResult): readonly Line[] {
  if (cause === null) return [makeLine('nothing to explain')];
  const [first] = cause.ranked;
  if (first === undefined) return [makeLine(`undecided; one experiment decides: ${cause.experiment ?? ''}`)];
  return [makeLine(causeLine(first)), makeLine(`What would have saved this build: ${first.saves}`, 'good')];
}

function evidenceLines(result: DrillResult): readonly Line[] {
  const lines: Line[] = [];
  if (result.target !== null) lines.push(makeLine(`task ${shortenArn(result.target.taskArn)}`, 'quiet'));
  if (result.rig !== null)
    lines.push(makeLine(`rig: ${result.rig.executor}, ${agentOf(result.rig)}`, 'quiet'));
  if (result.journal !== null) lines.push(makeLine(`journal ${result.journal}`, 'quiet'));
  return lines;
}

function makeLine(text: string, tone: Tone = 'plain'): Line {
  return { text, tone };
}
