import type { Paint } from './paint.ts';
import type { Sentence } from './changes.ts';
import { widthOf, wrapHanging } from './width.ts';

/** A line narrower than this beside its time is hung below the time instead. */
const LEAST_ROOM = 40;
const HANG = 2;

/** A sentence after its time and the drill that it is about, if it is one of several; with `columns` in lines that a terminal does not break in a word, the further ones indented. */
export function progressLines(
  time: string,
  { text, tone }: Sentence,
  paint: Paint,
  columns: number | null,
  whose = '',
): readonly string[] {
  const stamp = paint(time, 'quiet');
  if (columns === null) return [`${stamp} ${paint(whose, 'loud')}${paint(text, tone)}`];
  // One column stays free: some terminals wrap when the last one is written.
  const width = columns - 1;
  const used = widthOf(time) + 1;
  const hang = width - used < LEAST_ROOM ? HANG : used;
  const [first = '', ...rest] = wrapHanging(
    `${whose}${text}`,
    Math.max(1, width - used),
    Math.max(1, width - hang),
  );
  const named = first.startsWith(whose) ? whose : '';
  const begin = `${paint(named, 'loud')}${paint(first.slice(named.length), tone)}`;
  return [`${stamp} ${begin}`, ...rest.map((line) => `${' '.repeat(hang)}${paint(line, tone)}`)];
}
