import { isAbsolute, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A path inside the working folder becomes relative to it, so that code scanning finds the file in the checkout. */
export function uriOf(file: string): string {
  const inside = relative('', file);
  const outside = inside.startsWith('..') || isAbsolute(inside);
  return outside && isAbsolute(file) ? pathToFileURL(file).href : encoded(inside);
}

function encoded(path: string): string {
  return path.split(sep).map(encodeURIComponent).join('/');
}
