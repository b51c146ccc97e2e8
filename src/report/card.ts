import { escapeControls } from '../journal/escape.ts';
import type { DrillResult } from '../verdict/result.ts';
import { fitParts, makePart, NARROW, type Part } from './card-parts.ts';
import { explanationParts } from './card-why.ts';
import { placeParts } from './card-where.ts';
import { drawLanes } from './lanes.ts';
import { createPainter, toneOf, type Paint, type Tone } from './paint.ts';
import { controlWord } from './sections.ts';
import { clip, widthOf } from './width.ts';

/** Lines of a card at most; the line that ends the game day comes on top of them. */
const MOST_LINES = 13;
/** Largest width of text, in columns. */
const READABLE = 100;

export interface CardOptions {
  readonly columns: number;
  /** Lines of the screen, if the card is to fit on it with the last line and the prompt of a shell. */
  readonly rows: number | null;
  readonly colors: boolean;
}

/**
 * A drill's end on one screen: verdict, time line, cause and fix, checks, where it was, and the next command. What finds no
 * room is left out, the least needed first; `gameday drills show` has everything.
 */
export function cardLines(result: DrillResult, options: CardOptions): readonly string[] {
  const height = Math.min(MOST_LINES, Math.max(1, (options.rows ?? Infinity) - 2));
  return drawCard(result, options, height, () => true);
}

/** The card in a column of its own, without what is to be pasted: a column would break it. */
export function columnLines(result: DrillResult, options: CardOptions, height: number): readonly string[] {
  return drawCard(result, options, height, ({ isPasted }) => isPasted !== true);
}

/** The fix and the next command alone. */
export function pastedLines(result: DrillResult, options: CardOptions): readonly string[] {
  const width = widthIn(options);
  const parts = [...explanationParts(result, width), ...placeParts(result, width)];
  const pasted = parts.filter(({ isPasted }) => isPasted === true);
  return fitParts(pasted, MOST_LINES, width, createPainter(options.colors));
}

function widthIn({ columns }: CardOptions): number {
  return Math.max(1, Math.min(columns, READABLE));
}

function drawCard(
  result: DrillResult,
  options: CardOptions,
  height: number,
  isShown: (part: Part) => boolean,
): readonly string[] {
  const width = widthIn(options);
  const paint = createPainter(options.colors);
  const parts: readonly Part[] = [
    ...(width < NARROW ? [makePart(5, '', titleOf(result), width, { tone: 'loud', most: 1 })] : []),
    lanesPart(result, width),
    ...explanationParts(result, width),
    ...placeParts(result, width),
  ].filter((part) => part !== null);
  return [
    headLine(result, width < NARROW ? '' : result.title, width, paint),
    ...fitParts(parts.filter(isShown), height - 1, width, paint),
  ];
}

function titleOf({ title, label }: DrillResult): string {
  return `${title}${label === null ? '' : ` [${label}]`}`;
}

/** `FAILED: lost  (exit code 10)  A shell eats SIGTERM [rig]`; what finds no room is left out from the right, the title cut. */
function headLine(result: DrillResult, title: string, width: number, paint: Paint): string {
  const { outcome, reason, exitCode, control } = result;
  const word = clip(`${outcome.toUpperCase()}${reason === outcome ? '' : `: ${reason}`}`, width);
  const label = result.label === null ? '' : ` [${result.label}]`;
  let used = widthOf(word);
  let line = paint(word, toneOf(outcome));
  const add = (text: string, tone: Tone): void => {
    if (text === '' || used + 2 + widthOf(text) > width) return;
    used += 2 + widthOf(text);
    line += `  ${paint(text, tone)}`;
  };
  add(`(exit code ${String(exitCode)})`, 'quiet');
  if (control !== null) add(`control ${controlWord(control)}`, 'quiet');
  const room = width - used - 2 - widthOf(label);
  if (title !== '' && room >= SHORTEST_TITLE) add(`${clip(escapeControls(title), room)}${label}`, 'loud');
  return line;
}

/** Columns of which a cut title says anything. */
const SHORTEST_TITLE = 10;

function lanesPart(result: DrillResult, width: number): Part | null {
  const lines = drawLanes(result, width);
  if (lines.length === 0) return null;
  return { rank: 6, least: lines.length, lines: lines.map((text) => ({ label: '', text, tone: 'plain' })) };
}
