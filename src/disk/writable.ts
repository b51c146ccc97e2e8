import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { codeOf } from './code.ts';

/** What a file system refuses, by the codes of errno(3), and what there is to do. */
const REFUSALS: Readonly<Record<string, readonly [said: string, next: string]>> = {
  EACCES: [
    'this user may not write there',
    'Give this user the right to write there, or name another folder.',
  ],
  EPERM: [
    'this user may not write there',
    'Give this user the right to write there, or name another folder.',
  ],
  EROFS: ['the file system is read-only', 'Mount it so that it can be written to, or name another folder.'],
  EEXIST: ['it is there already', 'Run it again: each drill has a name of its own.'],
  ENOTDIR: ['something on this path is a file', 'Name a folder.'],
  ENOENT: ['no folder can be made there', 'Name another folder.'],
  ENOSPC: ['the disk is full', 'Make room on the disk, then run it again.'],
  EDQUOT: ['the quota is used up', 'Make room within the quota, then run it again.'],
};

/** Why something cannot be written, as a clause, and whose move it is. */
export interface Refusal {
  readonly said: string;
  readonly next: string;
}

/** An error of the file system in words. */
export function explainFileError(error: unknown): Refusal {
  const code = codeOf(error);
  const [said, next] = REFUSALS[code ?? ''] ?? ['it failed', 'Look at the folder and its disk.'];
  const named = code ?? (error instanceof Error ? error.message : String(error));
  return { said: `${said} (${named})`, next };
}

/** Why a folder cannot be written to or, where it does not exist yet, be made; null where it can. Makes nothing. */
export function explainUnwritable(folder: string): Refusal | null {
  const path = resolve(folder);
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return explainUnwritable(dirname(path));
    if (!found.isDirectory()) return { said: `${path} is no folder`, next: 'Name a folder.' };
    accessSync(path, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    // Something before it is a file: the last of these that is there is named.
    return codeOf(error) === 'ENOTDIR' ? explainUnwritable(dirname(path)) : explainFileError(error);
  }
}
