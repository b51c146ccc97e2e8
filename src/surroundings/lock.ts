import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolders } from '../disk/folders.ts';
import type { Lock } from '../model/entities/surroundings.ts';
import { isDead, isSame, readOwnHolder } from '../lockfile/holder.ts';
import { partsOf } from '../model/lock-key.ts';
import { claimsIn, giveBack, takeClaim, type Claim } from '../lockfile/claim.ts';

const Said = z.object({ key: z.string(), drill: z.string(), since: z.number().int() });

/** The folder and slot of a key's claims; one cluster has one folder. */
function placeOf(stateDir: string, key: string): { readonly folder: string; readonly slot: string } {
  const { place, kind, name } = partsOf(key);
  return { folder: join(stateDir, 'locks', hashText(place)), slot: `${kind}-${hashText(name)}` };
}

function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Takes the lock, or names its holder: a claim to tasks that are, or may be, the same. */
export async function takeLock(stateDir: string, key: string, drill: string, now: number): Promise<Lock> {
  const { folder, slot } = placeOf(stateDir, key);
  const { kind } = partsOf(key);
  makeFolders(folder);
  const own = readOwnSince(folder, slot, drill);
  if (own !== null) return { key, ours: true, heldBy: null, since: own };
  const taken = await takeClaim({
    folder,
    slot,
    said: { key, drill, since: now },
    excludes: (other) => !other.startsWith(`${kind}-`),
  });
  if (taken.ours) return { key, ours: true, heldBy: null, since: now };
  return {
    key,
    ours: false,
    heldBy: nameOf(taken.by),
    since: Said.safeParse(taken.by.said).data?.since ?? null,
  };
}

/** Releases the lock if it belongs to this drill and no other living process continues the drill. */
export async function releaseLock(stateDir: string, key: string, drill: string): Promise<void> {
  const { folder, slot } = placeOf(stateDir, key);
  for (const { path, holder } of listClaimsOfDrill(folder, slot, drill))
    if (holder !== null && (isSame(holder, readOwnHolder()) || isDead(holder))) giveBack(path);
}

/** When this process took the lock for the drill, or null if it does not hold it. */
function readOwnSince(folder: string, slot: string, drill: string): number | null {
  const own = listClaimsOfDrill(folder, slot, drill).find(
    ({ holder }) => holder !== null && isSame(holder, readOwnHolder()),
  );
  return own === undefined ? null : (Said.safeParse(own.said).data?.since ?? null);
}

function listClaimsOfDrill(folder: string, slot: string, drill: string): readonly Claim[] {
  return claimsIn(folder).filter(
    (claim) => claim.slot === slot && Said.safeParse(claim.said).data?.drill === drill,
  );
}

function nameOf({ said, holder, path }: Claim): string {
  const { data } = Said.safeParse(said);
  if (data === undefined || holder === null) return `an unreadable lock file ${path}`;
  return `drill ${data.drill} at ${data.key} (process ${String(holder.pid)} on ${holder.host}; if it is dead for sure, remove ${path})`;
}
