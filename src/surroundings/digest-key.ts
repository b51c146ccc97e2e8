import { createHmac, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DIGEST_PREFIX } from '../model/secret-looks.ts';
import type { Digest } from '../model/secret-looks.ts';
import { codeOf } from './files.ts';

const KEY_BYTES = 32;
/** 48 bits tell the values of one drill apart, and stay short enough to be read. */
const SHOWN_DIGITS = 12;

/**
 * The digest of one drill. Its key comes from a random one that lies in the state directory of this machine and is never
 * written with the drill: a resumed drill has the same digests here, and whoever has the journal alone cannot try values.
 * Where that file cannot be kept the key lives as long as the process.
 */
export async function digestOfDrill(stateDir: string, drill: string): Promise<Digest> {
  return digestBy(
    createHmac('sha256', await keyIn(stateDir))
      .update(drill)
      .digest(),
  );
}

/** A digest whose key nobody keeps. */
export function passingDigest(): Digest {
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

/** Null where there is none, or none of the right length: half a key could be guessed. */
async function readKey(path: string): Promise<Buffer | null> {
  try {
    const key = await readFile(path);
    return key.length === KEY_BYTES ? key : null;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Written whole under a name of its own first: of two drills that begin at once both take the one that stood first. */
async function makeKey(stateDir: string, path: string): Promise<Buffer> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
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
