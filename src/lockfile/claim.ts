import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Holder, isDead, ourselves } from './holder.ts';

/*
 * A lock is a claim that nobody who is not proven to be dead contradicts. Every claim is a file of its own with a name that is
 * never used again. Who wants a lock lays down a claim first and looks at the others afterwards: of two, the one that came
 * later always sees the one that came first, so two never hold it. The claim of a dead process can be removed by anybody at
 * any time, for its name stands for nothing else.
 */

/** Between two looks of one who waits for later ones to give way, and for how long, milliseconds. */
const LOOK_EVERY = 5;
const PATIENCE = 2_000;

const NAME = /^(.+)\.([0-9a-f]{16})\.claim$/;

/** A claim as it lies in its folder; `said` and `holder` are null where it cannot be read: then somebody has it. */
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
  /** What others read who ask whose it is. */
  readonly said: unknown;
  /** Whether a claim to another slot of the folder stands in the way too; it must be the same from both sides. */
  readonly excludes?: (slot: string) => boolean;
}

/** Takes the lock, or says whose claim stands in the way. */
export async function takeClaim({ folder, slot, said, excludes }: Wanted): Promise<Taken> {
  const path = layDown(folder, slot, { said, holder: ourselves() });
  const isRival = (other: Claim): boolean =>
    other.path !== path && (other.slot === slot || excludes?.(other.slot) === true);
  try {
    for (let waited = 0; ; waited += LOOK_EVERY) {
      const rivals = claimsIn(folder).filter(isRival).filter(isLive);
      const [rival] = rivals;
      if (rival === undefined) return { ours: true, path };
      const before = rivals.find((one) => cameBefore(one.path, path));
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

/** Every claim in the folder, whoever's it is. */
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

/** It appears whole: a name in its final form is given to what is written to its end. */
function layDown(folder: string, slot: string, content: z.infer<typeof Content>): string {
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

/** Removes what a dead process left. One that cannot be read, an empty one too, is somebody's. */
function isLive({ holder, path }: Claim): boolean {
  if (holder === null || !isDead(holder)) return true;
  giveBack(path);
  return false;
}

/** By the time that the file system gave them, so that all see the same order; the name decides between equals. */
function cameBefore(one: string, other: string): boolean {
  const [a, b] = [changedAt(one), changedAt(other)];
  if (a === null) return false;
  if (b === null) return true;
  return a === b ? one < other : a < b;
}

function changedAt(path: string): bigint | null {
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

/** Null where it is gone by now. */
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
