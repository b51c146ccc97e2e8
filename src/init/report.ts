import { escapeControls } from '../journal/escape.ts';

/** A file that was written, and what it is. */
export interface Written {
  readonly file: string;
  readonly what: string;
}

/** The end of `init`: what was written, what doctor found, and what comes next. */
export function writtenLines(
  written: readonly Written[],
  found: readonly string[],
  scenario: string,
): readonly string[] {
  const width = Math.max(...written.map(({ file }) => file.length));
  return [
    ...found,
    '',
    'Written',
    ...written.map(({ file, what }) => `  ${file.padEnd(width)}  ${what}`),
    '',
    'Next',
    `  $ gameday doctor ${scenario}`,
    `  $ gameday run --dry-run ${scenario}`,
  ].map((line) => escapeControls(line));
}
