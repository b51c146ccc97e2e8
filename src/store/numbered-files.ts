import { randomBytes } from 'node:crypto';
import { link, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../disk/code.ts';
import { makeFolders } from '../disk/folders.ts';
import type { ClockOffset } from '../model/entities/surroundings.ts';

/*
 * A document is a file that appears complete, by a link to a draft: a link never replaces what exists, on network file systems
 * too. It is replaced by a further link, KEY~/2 after KEY~/1 after KEY, and what stands is the highest number. So of two who
 * replace the same one, one finds its number taken. Numbers far below are removed; who was so slow that its number was free again
 * sees one far above its own, and has replaced nothing. An empty file says that the document was removed.
 */

/** What stands under a key: its number, and its text; an empty one was removed. */
export interface Standing {
  readonly number: number;
  readonly text: string;
}

/** The files of a folder, by keys that were checked. */
export interface NumberedFiles {
  find(key: string): Promise<Standing | null>;
  /** Gives a text this number. False if somebody else had it before. */
  putAt(key: string, number: number, text: string): Promise<boolean>;
  /** How far the file system's clock is ahead of ours, seen at the latest write. */
  clock(): ClockOffset | null;
}

/** Larger than this is no document of ours. */
const LARGEST = 16 * 1024 * 1024;
/** So many numbers below the one that stands are kept: a number that is free again lies further below. */
const KEPT = 32;
/** Others may remove a file between its listing and its reading so often, before that is called an error. */
const TRIES = 50;

export function createNumberedFiles(root: string, now: () => number): NumberedFiles {
  let offset: ClockOffset | null = null;

  function pathOf(key: string, number: number): string {
    return number === 0 ? join(root, key) : join(root, `${key}~`, String(number));
  }

  /** Gives a complete file this name unless the name is taken. */
  async function linkNew(path: string, text: string): Promise<boolean> {
    makeFolders(dirname(path), 0o777);
    const draft = join(dirname(path), `.${randomBytes(8).toString('hex')}.draft`);
    try {
      const before = now();
      const file = await open(draft, 'wx');
      try {
        await file.writeFile(text);
        await file.sync();
        const { mtimeMs } = await file.stat();
        const after = now();
        offset = { offset: mtimeMs - (before + after) / 2, uncertainty: (after - before) / 2 };
      } finally {
        await file.close();
      }
      await link(draft, path);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** The numbers under a key, without the first file's 0, ascending. */
  async function numbersOf(key: string): Promise<readonly number[]> {
    const names = await namesIn(join(root, `${key}~`));
    return names
      .filter((name) => /^[1-9]\d*$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  }

  async function find(key: string): Promise<Standing | null> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const highest = (await numbersOf(key)).at(-1) ?? 0;
      const text = await readIfThere(pathOf(key, highest));
      if (text !== null) return { number: highest, text };
      if (highest === 0 && (await numbersOf(key)).length === 0) return null;
    }
    throw new Error(`${key} changed faster than it could be read`);
  }

  async function putAt(key: string, number: number, text: string): Promise<boolean> {
    if (!(await linkNew(pathOf(key, number), text))) return false;
    const numbers = await numbersOf(key);
    const highest = numbers.at(-1) ?? 0;
    if (highest - number >= KEPT) {
      await rm(pathOf(key, number), { force: true });
      return false;
    }
    for (const lower of [0, ...numbers])
      if (number - lower >= KEPT) await rm(pathOf(key, lower), { force: true });
    return true;
  }

  return { find, putAt, clock: () => offset };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    if ((await stat(path)).size > LARGEST) throw new Error(`${path} is too large for a document`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}
