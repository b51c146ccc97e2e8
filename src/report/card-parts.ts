import { escapeControls } from '../journal/escape.ts';
import type { Paint, Tone } from './paint.ts';
import { clip, pad, widthOf, wrap } from './width.ts';

interface CardLine {
  readonly label: string;
  readonly text: string;
  readonly tone: Tone;
}

/** A part of a card: one thought of one or more lines. */
export interface Part {
  /** A part with a lower rank finds room first. */
  readonly rank: number;
  /** Lines without which it is left out. */
  readonly least: number;
  /** Whether it is to be pasted, so that half a screen is too narrow for it. */
  readonly isPasted?: boolean;
  /** Whether parts of a higher rank find room only after all of its lines. */
  readonly isWhole?: boolean;
  readonly lines: readonly CardLine[];
}

/** Columns of the labels. */
const LABEL = 8;
/** Below it, a title has a line of its own, and texts are not indented. */
export const NARROW = 60;

interface PartOptions {
  readonly tone?: Tone;
  /** Lines of it at most; what is longer ends with `…`. */
  readonly most?: number;
  readonly least?: number;
  readonly isWhole?: boolean;
}

/** A text with its label before the first line: in a column of its own where there is room for one. */
export function makePart(
  rank: number,
  label: string,
  text: string,
  width: number,
  { tone = 'plain', most = 3, least = 1, isWhole = false }: PartOptions = {},
): Part {
  const isWide = width >= NARROW && label !== '';
  const room = isWide ? width - LABEL : width;
  const said = isWide || label.trim() === '' ? text : `${label}: ${text}`;
  const lines = wrap(escapeControls(said), room, true).map((one, index) => ({
    label: isWide ? pad(index === 0 ? label : '', LABEL) : '',
    ...{ text: one, tone },
  }));
  return { rank, least: Math.min(least, most, lines.length), isWhole, lines: cutLines(lines, most) };
}

function cutLines(lines: readonly CardLine[], most: number): readonly CardLine[] {
  if (lines.length <= most) return lines;
  return lines
    .slice(0, most)
    .map((line, index) => (index === most - 1 ? { ...line, text: `${line.text} …` } : line));
}

/** The lines of as many parts as a height allows, in their order; each is as long as there is room. */
export function fitParts(
  parts: readonly Part[],
  height: number,
  width: number,
  paint: Paint,
): readonly string[] {
  const given = new Map<Part, number>();
  let left = height;
  const ranked = parts.toSorted((a, b) => a.rank - b.rank);
  for (const part of ranked) {
    if (part.least > left) continue;
    const taken = part.isWhole === true ? Math.min(left, part.lines.length) : part.least;
    given.set(part, taken);
    left -= taken;
  }
  for (const part of ranked) {
    const had = given.get(part);
    if (had === undefined) continue;
    const more = Math.min(left, part.lines.length - had);
    given.set(part, had + more);
    left -= more;
  }
  return parts.flatMap((part) =>
    cutLines(part.lines, given.get(part) ?? 0).map(({ label, text, tone }) => {
      const shown = clip(text, width - widthOf(label));
      return `${paint(label, 'quiet')}${paint(shown, tone)}`;
    }),
  );
}
