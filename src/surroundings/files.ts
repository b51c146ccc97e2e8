import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../disk/code.ts';
import type { Trouble } from '../model/answer.ts';
import { toOneLine, makeTrouble } from '../http/trouble.ts';

/** Whether a path exists. Throws if that cannot be determined. */
export async function hasFileAt(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Throws unless a folder can be written to or, where it does not exist yet, can be made. Makes nothing. */
export async function requireWritable(folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    await requireWritable(dirname(folder));
  }
}

/** The trouble of a file system error: a guard has no answer. */
export function makeUnwritable(what: string, path: string, error: unknown): Trouble {
  const why = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown error');
  return makeTrouble('unwritable', toOneLine(`${what} ${path} cannot be used (${why})`));
}
