import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './files.ts';

/*
 * What this machine knows of its drills: a file for each that is not judged yet, with the checksums of the journal's first line
 * and of every line that says that something is about to be sent. A checksum stands for its line and all lines before it, and
 * it is here before the call goes out. So a journal that somebody brought along or changed is told from our own, and an intent
 * that is not here was never sent.
 */

function fileOf(stateDir: string, drill: string): string {
  return join(stateDir, 'drills', `${encodeURIComponent(drill)}.sums`);
}

/** Adds one line's checksum; it is on the disk before this resolves. */
export async function rememberLine(stateDir: string, drill: string, sum: string): Promise<void> {
  await mkdir(join(stateDir, 'drills'), { recursive: true, mode: 0o700 });
  const file = await open(fileOf(stateDir, drill), 'a', 0o600);
  try {
    await file.appendFile(`${sum}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The checksums that are known of a drill; none where this machine knows nothing of it. */
export async function knownLines(stateDir: string, drill: string): Promise<ReadonlySet<string>> {
  try {
    const text = await readFile(fileOf(stateDir, drill), 'utf8');
    return new Set(text.split('\n').filter((line) => line !== ''));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(codeOf(error) ?? '')) return new Set();
    throw error;
  }
}

/** Forgets a drill that is judged: nothing of it is to be gone on with. */
export async function forgetDrill(stateDir: string, drill: string): Promise<void> {
  await rm(fileOf(stateDir, drill), { force: true });
}
