import { createHmac, randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DIGEST_PREFIX } from '../model/secret-looks.ts';
import type { Digest } from '../model/secret-looks.ts';
import { codeOf } from '../disk/code.ts';
import { makeFolders } from '../disk/folders.ts';

const KEY_BYTES = 32;
/** Digits of a digest: 48 bits distinguish the values of one drill and stay readable. */
const SHOWN_DIGITS = 12;

/**
 * The digest of one drill. Its key is derived from a random key in this machine's state directory, which is never stored with
 * the drill. So a resumed drill has the same digests on this machine, and a reader of the journal cannot guess values. If the
 * key file cannot be written, the key lives as long as the process.
 */
export async function digestOfDrill(stateDir: string, drill: string): Promise<Digest> {
  return digestBy(
    createHmac('sha256', await keyIn(stateDir))
      .update(drill)
      .digest(),
  );
}

/** A digest whose key is not stored. */
export function createPassingDigest(): Digest {
  return digestBy(randomBytes(KEY_BYTES));
}

function digestBy(key: Buffer): Digest {
  return (value) =>
    `${DIGEST_PREFIX}${createHmac('sha256', key).update(value).digest('hex').slice(0, SHOWN_DIGITS)}`;
}

async function keyIn(stateDir: string): Promise<Buffer> {
  const path = join(stateDir, 'digest-key');
  try {
    return (await readKey(path)) ?? (await makeKey(stateDir, path));
  } catch {
    return randomBytes(KEY_BYTES);
  }
}

/** The stored key; null if there is none, or if its length is wrong, as part of a key could be guessed. */
async function readKey(path: string): Promise<Buffer | null> {
  try {
    const key = await readFile(path);
    return key.length === KEY_BYTES ? key : null;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Creates the key file, complete from the start: if two drills begin at the same time, both use the first file. */
async function makeKey(stateDir: string, path: string): Promise<Buffer> {
  makeFolders(stateDir);
  const own = `${path}.${randomBytes(8).toString('hex')}`;
  const key = randomBytes(KEY_BYTES);
  try {
    await writeFile(own, key, { mode: 0o600, flag: 'wx' });
    await link(own, path);
    return key;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return (await readKey(path)) ?? key;
  } finally {
    await rm(own, { force: true });
  }
}
