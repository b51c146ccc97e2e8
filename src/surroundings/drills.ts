import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../disk/code.ts';
import { makeFolders } from '../disk/folders.ts';

/*
 * What this machine knows about its drills: for each drill that is not judged yet, a file with the checksums of the journal's
 * first line and of every intent. A checksum covers its line and all lines before it, and is stored before the call is sent.
 * So a foreign or changed journal is recognized, and an intent without a stored checksum was never sent.
 */

function fileOf(stateDir: string, drill: string): string {
  return join(stateDir, 'drills', `${encodeURIComponent(drill)}.sums`);
}

/** Adds one line's checksum; resolves when it is on disk. */
export async function rememberLine(stateDir: string, drill: string, sum: string): Promise<void> {
  makeFolders(join(stateDir, 'drills'));
  const file = await open(fileOf(stateDir, drill), 'a', 0o600);
  try {
    await file.appendFile(`${sum}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The stored checksums of a drill; empty if this machine does not know the drill. */
export async function readKnownLines(stateDir: string, drill: string): Promise<ReadonlySet<string>> {
  try {
    const text = await readFile(fileOf(stateDir, drill), 'utf8');
    return new Set(text.split('\n').filter((line) => line !== ''));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(codeOf(error) ?? '')) return new Set();
    throw error;
  }
}

/** Forgets a judged drill, which cannot be resumed. */
export async function forgetDrill(stateDir: string, drill: string): Promise<void> {
  await rm(fileOf(stateDir, drill), { force: true });
}
