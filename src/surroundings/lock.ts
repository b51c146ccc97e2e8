import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolders } from '../disk/folders.ts';
import type { Lock } from '../model/entities/surroundings.ts';
import { systemClock } from '../http/clock.ts';
import { codeOf } from './files.ts';
import { Holder, isDead, isSame, ourselves } from './holder.ts';

const Content = z.object({ key: z.string(), drill: z.string(), since: z.number().int(), holder: Holder });
type Content = z.infer<typeof Content>;

/** What stands in a lock file; `content` is null where it cannot be read as one. */
interface Found {
  readonly text: string;
  readonly content: Content | null;
}

function pathOf(stateDir: string, key: string): string {
  const name = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return join(stateDir, 'locks', `${name}.json`);
}

/** Takes the lock, or says who has it. A dead holder's lock is taken over; one that cannot be read is held by somebody. */
export async function takeLock(stateDir: string, key: string, drill: string, now: number): Promise<Lock> {
  const path = pathOf(stateDir, key);
  const holder = ourselves();
  makeFolders(join(stateDir, 'locks'));
  for (let turn = 0; turn < 3; turn += 1) {
    const mine: Content = { key, drill, since: now, holder };
    if (await create(path, JSON.stringify(mine))) return { key, ours: true, heldBy: null, since: now };
    const found = await read(path);
    if (found === null) continue;
    const { content } = found;
    if (content === null) return { key, ours: false, heldBy: `an unreadable lock file ${path}`, since: null };
    if (content.drill === drill && isSame(content.holder, holder)) {
      return { key, ours: true, heldBy: null, since: content.since };
    }
    if (!isDead(content.holder)) return { key, ours: false, heldBy: nameOf(content), since: content.since };
    await removeDead(path, found.text);
  }
  return { key, ours: false, heldBy: 'another drill that came first', since: null };
}

/** Gives the lock back where it is this drill's and no other living process goes on with the drill. */
export async function giveLock(stateDir: string, key: string, drill: string): Promise<void> {
  const path = pathOf(stateDir, key);
  const found = await read(path);
  if (found?.content?.drill !== drill) return;
  const { holder } = found.content;
  if (isSame(holder, ourselves()) || isDead(holder)) await rm(path, { force: true });
}

function nameOf(content: Content): string {
  return `drill ${content.drill} (process ${String(content.holder.pid)} on ${content.holder.host})`;
}

/** A link appears whole or not at all, so that nobody ever reads half a lock. False where there is one already. */
async function create(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function read(path: string): Promise<Found | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  return { text, content: parse(text) };
}

function parse(text: string): Content | null {
  try {
    const parsed = Content.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/**
 * Several may find the same dead lock: only the one that made the folder beside it removes the lock, after reading it
 * again, so that nobody removes the lock of one who was faster. A folder left by a crash counts for half a minute.
 */
async function removeDead(path: string, text: string): Promise<void> {
  const guard = `${path}.takeover`;
  try {
    await mkdir(guard, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    await dropStale(guard);
    return;
  }
  try {
    const found = await read(path);
    if (found?.text === text) await rm(path, { force: true });
  } finally {
    await rm(guard, { recursive: true, force: true });
  }
}

const STALE_MS = 30_000;

async function dropStale(guard: string): Promise<void> {
  const { mtimeMs } = await stat(guard).catch(() => ({ mtimeMs: Infinity }));
  if (systemClock.now() - mtimeMs > STALE_MS) await rm(guard, { recursive: true, force: true });
}
