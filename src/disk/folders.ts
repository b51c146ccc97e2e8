import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Creates a folder and its parents, accessible by their owner only unless told otherwise. Throws like mkdir. Node's own `recursive` loops for ever,
 * ignoring signals, on a file system that cannot create folders and answers ENOENT, such as /proc.
 */
export function makeFolders(path: string, mode = 0o700): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  for (const folder of missing) makeOne(folder, mode);
}

/** Ignores that another process has created the folder meanwhile. */
function makeOne(folder: string, mode: number): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
