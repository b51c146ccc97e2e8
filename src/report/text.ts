import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter();

/** Columns that a text without escapes takes on a terminal. */
export function widthOf(text: string): number {
  return stringWidth(text, { countAnsiEscapeCodes: true });
}

/** The text cut to a width, `…` at its end where something was cut. */
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
  for (const { segment } of graphemes.segment(word)) {
    if (widthOf(piece) + widthOf(segment) > width) {
      out.push(piece);
      piece = '';
    }
    piece += segment;
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

/** A fault as it is shown: an equivalent is called one. */
export function faultName(fault: string): string {
  return fault === 'spot-reclaim' ? 'spot-reclaim (spot-equivalent)' : fault;
}
