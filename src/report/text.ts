const WIDE =
  /^[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{a4cf}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NARROWLESS = /^[\p{Mn}\p{Me}\u{200b}-\u{200d}\u{fe00}-\u{fe0f}]/u;

/** Columns that a text without escapes takes on a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += widthOfCharacter(character);
  return width;
}

function widthOfCharacter(character: string): number {
  if (character < '\u0300') return 1;
  if (NARROWLESS.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** The text cut to a width, `…` at its end where something was cut. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let out = '';
  let used = 0;
  for (const character of text) {
    const more = widthOfCharacter(character);
    if (used + more > Math.max(0, width - 1)) break;
    out += character;
    used += more;
  }
  return width <= 0 ? '' : `${out}…`;
}

/** The text filled up with spaces to a width. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** The text broken at spaces into lines of a width; words longer than a line (links, ARNs) stay whole unless `hard`. */
export function wrap(text: string, width: number, hard = false): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((w) => (hard ? pieces(w, width) : [w]))) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function pieces(word: string, width: number): readonly string[] {
  if (widthOf(word) <= width || width < 2) return [word];
  const out: string[] = [];
  let piece = '';
  for (const character of word) {
    if (widthOf(piece) + widthOfCharacter(character) > width) {
      out.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...out, piece];
}

/** `2026-01-02T03:04:05.678Z`. */
export function stamp(at: number): string {
  return new Date(at).toISOString();
}

/** `03:04:05.678` in UTC, as Buildkite and AWS write their times. */
export function timeOfDay(at: number): string {
  return stamp(at).slice(11, 23);
}

/** `850ms`, `12.3s`, `4m 05s`, `2h 03m`. */
export function span(ms: number): string {
  if (ms < 0) return `-${span(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h ${two(Math.floor(seconds / 60) % 60)}m`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** The end of an ARN, which is what people call the thing. */
export function shortArn(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
