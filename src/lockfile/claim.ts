import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Holder, isDead, readOwnHolder } from './holder.ts';

/*
 * A process holds a lock if no other claim stands against its own, except claims of processes proven to be dead. Every claim
 * is a file with a unique name. A process first writes its claim and then reads the others: of two processes, the later one
 * always sees the claim of the earlier one, so two never hold the lock. Any process may remove a dead process's claim at any
 * time, as its name is never used again.
 */

/** Milliseconds between two reads while waiting for later claims to be withdrawn, and the longest wait. */
const LOOK_EVERY = 5;
const PATIENCE = 2_000;

const NAME = /^(.+)\.([0-9a-f]{16})\.claim$/;

/** A stored claim; `said` and `holder` are null if it cannot be read, which counts as held. */
export interface Claim {
  readonly path: string;
  readonly slot: string;
  readonly said: unknown;
  readonly holder: Holder | null;
}

const Content = z.object({ said: z.unknown(), holder: Holder });

type Taken = { readonly ours: true; readonly path: string } | { readonly ours: false; readonly by: Claim };

interface Wanted {
  readonly folder: string;
  /** What is claimed; claims of the same slot always exclude each other. */
  readonly slot: string;
  /** The text for others that ask for the holder. */
  readonly said: unknown;
  /** Whether a claim to another slot of the folder also excludes this one; must be symmetric. */
  readonly excludes?: (slot: string) => boolean;
}

/** Takes the lock, or returns the claim that excludes it. */
export async function takeClaim({ folder, slot, said, excludes }: Wanted): Promise<Taken> {
  const path = writeClaim(folder, slot, { said, holder: readOwnHolder() });
  const isRival = (other: Claim): boolean =>
    other.path !== path && (other.slot === slot || excludes?.(other.slot) === true);
  try {
    for (let waited = 0; ; waited += LOOK_EVERY) {
      const rivals = claimsIn(folder).filter(isRival).filter(isLive);
      const [rival] = rivals;
      if (rival === undefined) return { ours: true, path };
      const before = rivals.find((one) => isEarlierClaim(one.path, path));
      if (before !== undefined || waited >= PATIENCE) {
        giveBack(path);
        return { ours: false, by: before ?? rival };
      }
      await sleep(LOOK_EVERY);
    }
  } catch (error) {
    giveBack(path);
    throw error;
  }
}

/** Ends a claim. */
export function giveBack(path: string): void {
  rmSync(path, { force: true });
}

/** Every claim in the folder. */
export function claimsIn(folder: string): readonly Claim[] {
  return namesIn(folder).flatMap((name): readonly Claim[] => {
    const slot = NAME.exec(name)?.[1];
    if (slot === undefined) return [];
    const path = join(folder, name);
    const text = textOf(path);
    if (text === null) return [];
    const content = contentOf(text);
    return [{ path, slot, said: content?.said ?? null, holder: content?.holder ?? null }];
  });
}

/** Writes a claim as a draft and then renames it, so that it appears complete. */
function writeClaim(folder: string, slot: string, content: z.infer<typeof Content>): string {
  const id = randomBytes(8).toString('hex');
  const path = join(folder, `${slot}.${id}.claim`);
  const draft = join(folder, `${slot}.${id}.draft`);
  try {
    writeFileSync(draft, JSON.stringify(content), { mode: 0o600, flag: 'wx' });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  return path;
}

/** Removes the claims of dead processes. An unreadable or empty claim counts as held. */
function isLive({ holder, path }: Claim): boolean {
  if (holder === null || !isDead(holder)) return true;
  giveBack(path);
  return false;
}

/** Orders claims by the file system's time, which is the same for all processes; then by name. */
function isEarlierClaim(one: string, other: string): boolean {
  const [a, b] = [readChangedAt(one), readChangedAt(other)];
  if (a === null) return false;
  if (b === null) return true;
  return a === b ? one < other : a < b;
}

function readChangedAt(path: string): bigint | null {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.mtimeNs ?? null;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Null if the claim no longer exists. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function contentOf(text: string): z.infer<typeof Content> | null {
  try {
    return Content.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
