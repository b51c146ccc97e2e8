import { escapeControls } from '../journal/escape.ts';
import { formatSpan } from '../model/instants.ts';
import type { InputError } from '../scenario/problem.ts';
import type { GameDayDocument } from '../verdict/result.ts';
import { createPainter, toneOf } from './paint.ts';
import { controlWord } from './sections.ts';
import { clip } from './width.ts';

/** The errors of a command, each with its place, message and next step. */
export function errorLines(errors: readonly InputError[], colors: boolean): readonly string[] {
  const paint = createPainter(colors);
  return errors.flatMap(({ at, message, next }) => [
    `${at === null ? '' : `${paint(escapeControls(at), 'loud')} `}${paint('error:', 'bad')} ${escapeControls(message)}`,
    ...(next === null ? [] : [`  ${escapeControls(next)}`]),
  ]);
}

/** The last line of all: `1 failed (lost), 2 passed (drained) in 8.2 s`; null where no drill was run. */
export function finalLine({ drills }: GameDayDocument): string | null {
  if (drills.length === 0) return null;
  const counts = new Map<string, number>();
  for (const { outcome, reason, control } of drills) {
    const why = [
      ...(reason === outcome ? [] : [reason]),
      ...(control === null ? [] : [`control ${controlWord(control)}`]),
    ];
    const word = `${outcome}${why.length === 0 ? '' : ` (${why.join('; ')})`}`;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const times = drills.flatMap(({ timeline }) => timeline.map(({ at }) => at));
  const ms = Math.max(...times) - Math.min(...times);
  const told = [...counts].map(([word, count]) => `${String(count)} ${word}`).join(', ');
  // An interrupted drill has no end yet.
  const isOver = ms > 0 && !drills.some(({ outcome }) => outcome === 'interrupted');
  return `${told}${isOver ? ` in ${formatSpan(ms)}` : ''}`;
}

/** The game day in a few lines: one for each drill, or for all that ended alike, and the common outcome. */
export function summaryLines(
  document: GameDayDocument,
  colors: boolean,
  columns = Infinity,
): readonly string[] {
  const paint = createPainter(colors);
  const width = Math.max(0, ...document.drills.map((drill) => drill.outcome.length));
  const counts = new Map<string, number>();
  for (const drill of document.drills) {
    const control = drill.control === null ? '' : ` (control ${controlWord(drill.control)})`;
    const outcome = paint(drill.outcome.padEnd(width), toneOf(drill.outcome));
    const said = clip(escapeControls(`${drill.reason}${control}  ${drill.title}`), columns - width - 4);
    const line = `  ${outcome}  ${said}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const drills = [...counts].map(([line, count]) => (count === 1 ? line : `${line} (${count} drills)`));
  const reason = document.reason === document.outcome ? '' : `: ${document.reason}`;
  const last = `Game day: ${paint(`${document.outcome}${reason}`, toneOf(document.outcome))} (exit code ${document.exitCode})`;
  return [...drills, last];
}
