import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { GamedayError } from '../model/errors.ts';

/** Who writes a journal: enough to tell on the same machine whether it still lives. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** The kernel's boot id: after a reboot nobody of before is alive. */
  readonly boot: string | null;
  /** The process's start in clock ticks since boot: a reused pid has another one. */
  readonly started: string | null;
}

/** Makes this process the folder's only writer and gives back how to end that. Refuses (lock-held) while another one lives. */
export function takeWriterLock(folder: string): () => void {
  const path = join(folder, 'writer');
  const mine = JSON.stringify(describe(process.pid));
  for (;;) {
    try {
      writeFileSync(path, mine, { flag: 'wx', mode: 0o600 });
      return () => release(path, mine);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const theirs = read(path);
    if (theirs === null) continue;
    if (isAlive(theirs)) throw held(folder, theirs);
    removeStale(path, theirs);
  }
}

/** Taken aside first and looked at again: two runners may have found the same dead holder at once. */
function removeStale(path: string, stale: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readFileSync(aside, 'utf8') !== stale) {
    try {
      linkSync(aside, path);
    } catch {
      // A third one holds it by now; the loop reads that one next.
    }
  }
  rmSync(aside, { force: true });
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function release(path: string, mine: string): void {
  if (read(path) === mine) rmSync(path, { force: true });
}

function held(folder: string, holder: string): GamedayError {
  const { pid, host } = parse(holder) ?? { pid: null, host: null };
  return new GamedayError(
    'lock-held',
    `${folder} is being written by process ${pid ?? '?'} on ${host ?? 'another machine'}`,
    { next: `Let that runner end. If it is dead for sure, remove ${join(folder, 'writer')}.` },
  );
}

function isAlive(text: string): boolean {
  const holder = parse(text);
  // Half-written by a crash, or not ours: an empty file tells of nobody, anything else is left alone.
  if (holder === null) return text.trim() !== '';
  const now = describe(holder.pid);
  if (holder.host !== now.host) return true;
  if (holder.boot !== now.boot) return false;
  if (holder.started !== null || now.started !== null) return holder.started === now.started;
  return answers(holder.pid);
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function parse(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Partial<Holder>;
    if (typeof value.pid !== 'number' || typeof value.host !== 'string') return null;
    return { pid: value.pid, host: value.host, boot: value.boot ?? null, started: value.started ?? null };
  } catch {
    return null;
  }
}

function describe(pid: number): Holder {
  return {
    pid,
    host: hostname(),
    boot: read('/proc/sys/kernel/random/boot_id')?.trim() ?? null,
    started: startOf(pid),
  };
}

/** Field 22 of /proc/PID/stat (proc(5)); the command in field 2 may hold spaces and brackets. A zombie is dead. */
function startOf(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? null : (fields[19] ?? null);
}
