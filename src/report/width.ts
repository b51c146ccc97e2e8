import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter();

/** Columns of a text without escape sequences on a terminal. */
export function widthOf(text: string): number {
  return stringWidth(text, { countAnsiEscapeCodes: true });
}

/** The text cut to a width; `…` at its end marks a cut. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let out = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += widthOf(segment);
    if (used > Math.max(0, width - 1)) break;
    out += segment;
  }
  return width <= 0 ? '' : `${out}…`;
}

/** The text padded with spaces to a width. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** The text broken at spaces into lines; a word longer than a line (a link, an ARN) is broken only if `hard`. */
export function wrap(text: string, width: number, hard = false): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((w) => (hard ? splitWord(w, width) : [w]))) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** The text broken at spaces into lines, the first of one width and the others of another, which leaves room for their indent. */
export function wrapHanging(text: string, first: number, rest: number): readonly string[] {
  const [begin = '', ...more] = wrap(text, first);
  return more.length === 0 ? [begin] : [begin, ...wrap(text.slice(begin.length + 1), rest)];
}

function splitWord(word: string, width: number): readonly string[] {
  if (widthOf(word) <= width || width < 2) return [word];
  const out: string[] = [];
  let piece = '';
  for (const { segment } of graphemes.segment(word)) {
    if (widthOf(piece) + widthOf(segment) > width) {
      out.push(piece);
      piece = '';
    }
    piece += segment;
  }
  return [...out, piece];
}
