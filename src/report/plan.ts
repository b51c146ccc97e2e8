import { escapeControls } from '../journal/escape.ts';
import type { DrillResult } from '../verdict/result.ts';
import type { BlockOptions } from './closing.ts';
import { createPainter, toneOf } from './paint.ts';

/** The report of a dry run: what the drill would touch, and each guard's answer. */
export function planBlock(result: DrillResult, options: BlockOptions): string {
  const paint = createPainter(options.colors);
  const label = result.label === null ? '' : ` [${result.label}]`;
  const lines = [
    paint(escapeControls(`${result.title}${label}`), 'loud'),
    'Dry run: no call that changes anything was sent.',
    '',
    paint('It would', 'loud'),
    ...(result.touches.length === 0
      ? ['  touch nothing']
      : result.touches.map((touch) => `  ${escapeControls(touch)}`)),
    '',
    paint('Guards', 'loud'),
    ...guardLines(result).map(({ text, holds }) => paint(text, holds ? 'plain' : 'warn')),
    '',
    `${paint(result.outcome, toneOf(result.outcome))}: ${escapeControls(result.said)}`,
    ...(result.outcome === 'planned' ? [] : [escapeControls(`What to do: ${result.next}`)]),
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function guardLines(result: DrillResult): readonly { readonly text: string; readonly holds: boolean }[] {
  if (result.guards.length === 0) return [{ text: '  no guard was asked', holds: true }];
  const width = Math.max(...result.guards.map((guard) => guard.guard.length));
  return result.guards.map(({ guard, holds, waits, said }) => ({
    text: escapeControls(
      `  ${holds ? 'holds  ' : waits === true ? 'waits  ' : 'REFUSES'}  ${guard.padEnd(width)}  ${said}`,
    ),
    holds,
  }));
}
