import { stat } from 'node:fs/promises';
import type { Trouble } from '../model/call.ts';
import { toOneLine, makeTrouble } from '../http/trouble.ts';

/** The code of a file system error, or null. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

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

/** The trouble of a file system error: a guard has no answer. */
export function makeUnwritable(what: string, path: string, error: unknown): Trouble {
  const why = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown error');
  return makeTrouble('unwritable', toOneLine(`${what} ${path} cannot be used (${why})`));
}
