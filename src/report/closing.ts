import { escapeControls } from '../journal/escape.ts';
import type { DrillResult } from '../verdict/result.ts';
import { createPainter, toneOf } from './paint.ts';
import type { Paint } from './paint.ts';
import { sectionsOf } from './sections.ts';
import { wrap, wrapHanging } from './width.ts';

/** Largest width of text, in columns; links and ARNs may be longer. */
const READABLE = 100;

export interface BlockOptions {
  readonly columns: number;
  readonly colors: boolean;
}

/** The closing block of a drill: what was done, what happened, the verdict, why, what to do, the evidence. */
export function closingBlock(result: DrillResult, options: BlockOptions): string {
  const paint = createPainter(options.colors);
  const width = Math.max(20, Math.min(options.columns, READABLE));
  const lines = [drawRule(width, paint), ...headingLines(result, width, paint), ''];
  for (const { title, items } of sectionsOf(result)) {
    lines.push(paint(title, 'loud'));
    for (const item of items)
      lines.push(...indentText(item.text, item.hang, width).map((line) => paint(line, item.tone)));
    lines.push('');
  }
  return `${lines.join('\n')}\n`;
}

function drawRule(width: number, paint: Paint): string {
  return paint('-'.repeat(width), 'quiet');
}

function headingLines(result: DrillResult, width: number, paint: Paint): readonly string[] {
  const label = result.label === null ? '' : ` [${result.label}]`;
  const word = `${result.outcome.toUpperCase()}${result.reason === result.outcome ? '' : `: ${result.reason}`}`;
  return [
    ...wrap(escapeControls(`${result.title}${label}`), width).map((line) => paint(line, 'loud')),
    '',
    `${paint(word, toneOf(result.outcome))}  ${paint(`(exit code ${result.exitCode})`, 'quiet')}`,
    ...wrap(escapeControls(result.said), width),
  ];
}

function indentText(text: string, hang: number, width: number): readonly string[] {
  const [first = '', ...rest] = wrapHanging(escapeControls(text), width - 2, Math.max(10, width - 2 - hang));
  return [`  ${first}`, ...rest.map((line) => `  ${' '.repeat(hang)}${line}`)];
}
