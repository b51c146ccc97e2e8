/** One line of a CSV: its values with their places, or its mistake. */
export type Line =
  | {
      readonly ok: true;
      readonly offset: number;
      readonly cells: readonly { readonly text: string; readonly offset: number }[];
    }
  | { readonly ok: false; readonly offset: number; readonly message: string; readonly next: string };

/** `line:col` of an offset in UTF-16 code units, both counted from 1. */
export function positionOf(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const begin = before.lastIndexOf('\n') + 1;
  return `${before.split('\n').length}:${offset - begin + 1}`;
}

/** The non-empty lines of a CSV; values in double quotes may contain separators and line ends. */
export function* linesOf(text: string): Generator<Line> {
  const first = /[^\r\n]*/.exec(text)?.[0] ?? '';
  const separator = [',', ';', '\t'].find((one) => first.includes(one)) ?? ',';
  let at = text.startsWith('\ufeff') ? 1 : 0;
  while (at < text.length) {
    const begin = at;
    const cells: { text: string; offset: number }[] = [];
    for (;;) {
      const cell = cellAt(text, at, separator);
      if (cell === null) {
        const next = 'Close it, and double the quotes inside.';
        yield { ok: false, offset: at, message: 'the quote that is opened here is never closed', next };
        return;
      }
      cells.push({ text: cell.text, offset: at });
      at = cell.end;
      if (text[at] !== separator) break;
      at += 1;
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    if (cells.length > 1 || (cells[0]?.text ?? '').trim() !== '') yield { ok: true, offset: begin, cells };
  }
}

function cellAt(
  text: string,
  from: number,
  separator: string,
): { readonly text: string; readonly end: number } | null {
  if (text[from] !== '"') {
    let end = from;
    while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') end += 1;
    return { text: text.slice(from, end), end };
  }
  let end = from + 1;
  for (;;) {
    const quote = text.indexOf('"', end);
    if (quote === -1) return null;
    if (text[quote + 1] !== '"') {
      const value = text.slice(from + 1, quote).replaceAll('""', '"');
      const rest = cellAt(text, quote + 1, separator);
      return { text: value, end: text[quote + 1] === '"' ? quote + 1 : (rest?.end ?? quote + 1) };
    }
    end = quote + 2;
  }
}
