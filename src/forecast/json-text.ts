import { readJson } from '../preflight/text.ts';

/** Reads JSON with the engine's own parser, ten times as fast for 100,000 jobs; the other one knows places and comments. */
export function parseJsonText(
  text: string,
): { readonly value: unknown } | { readonly at: string; readonly why: string } {
  try {
    return { value: JSON.parse(text.replace(/^\ufeff/, '')) as unknown };
  } catch {
    return readJson(text);
  }
}

/** `line:col` of the value at a path, or of the nearest value around it. */
export function locatePath(text: string, path: readonly (string | number)[]): string {
  const read = readJson(text);
  return 'at' in read ? read.at : read.place(path);
}
