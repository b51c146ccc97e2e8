import { escapeControls } from '../journal/escape.ts';
import type { InputError } from '../scenario/problem.ts';
import type { GameDayDocument } from '../verdict/result.ts';
import { createPainter, toneOf } from './paint.ts';
import { controlWord } from './sections.ts';

/** The errors of a command, each with its place, message and next step. */
export function errorLines(errors: readonly InputError[], colors: boolean): readonly string[] {
  const paint = createPainter(colors);
  return errors.flatMap(({ at, message, next }) => [
    `${at === null ? '' : `${paint(escapeControls(at), 'loud')} `}${paint('error:', 'bad')} ${escapeControls(message)}`,
    ...(next === null ? [] : [`  ${escapeControls(next)}`]),
  ]);
}

/** The game day in a few lines: one for each drill, or for all that ended alike, and the common outcome. */
export function summaryLines(document: GameDayDocument, colors: boolean): readonly string[] {
  const paint = createPainter(colors);
  const width = Math.max(0, ...document.drills.map((drill) => drill.outcome.length));
  const counts = new Map<string, number>();
  for (const drill of document.drills) {
    const control = drill.control === null ? '' : ` (control ${controlWord(drill.control)})`;
    const outcome = paint(drill.outcome.padEnd(width), toneOf(drill.outcome));
    const line = `  ${outcome}  ${escapeControls(`${drill.reason}${control}  ${drill.title}`)}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const drills = [...counts].map(([line, count]) => (count === 1 ? line : `${line} (${count} drills)`));
  const reason = document.reason === document.outcome ? '' : `: ${document.reason}`;
  const last = `Game day: ${paint(`${document.outcome}${reason}`, toneOf(document.outcome))} (exit code ${document.exitCode})`;
  return [...drills, last];
}
