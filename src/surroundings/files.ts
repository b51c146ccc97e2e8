import { stat } from 'node:fs/promises';
import type { Trouble } from '../model/call.ts';
import { oneLine, trouble } from '../http/trouble.ts';

/** The code of a file system error, or null. */
export function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Whether something stands at a path; throws where that cannot be told. */
export async function stands(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** What a file system error means for a guard: it has no answer. */
export function unwritable(what: string, path: string, error: unknown): Trouble {
  const why = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown error');
  return trouble('unwritable', oneLine(`${what} ${path} cannot be used (${why})`));
}
