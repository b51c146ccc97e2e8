import { pad, widthOf } from './width.ts';

/** A table with columns as wide as their widest cell; all but the first are aligned to the right. */
export function tableLines(
  names: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const widths = names.map((name, column) =>
    Math.max(widthOf(name), ...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  return [names, ...rows].map((row) =>
    `  ${row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? pad(cell, width) : ' '.repeat(width - widthOf(cell)) + cell;
      })
      .join('  ')}`.trimEnd(),
  );
}
