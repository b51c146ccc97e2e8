import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

/** The process that holds a lock, described so that others can check whether it still lives. */
export const Holder = z.object({
  pid: z.number().int(),
  host: z.string(),
  /** Boot id of the kernel; null if there is none. */
  boot: z.string().nullable(),
  /** PID namespace; a pid is valid only inside it. */
  namespace: z.string().nullable(),
  /** Start of the process in clock ticks since boot, to recognize a pid that is used again. */
  started: z.string().nullable(),
});
export type Holder = z.infer<typeof Holder>;

/** This process. */
export function readOwnHolder(): Holder {
  return {
    pid: process.pid,
    host: hostname(),
    boot: readBootId(),
    namespace: readPidNamespace(),
    started: startOf(process.pid),
  };
}

/**
 * Whether the holder is proven to be dead: only on its own host, by a reboot, a missing process or a pid used again. A pid of
 * another namespace proves nothing; nor does another boot id there, as containers on several machines may share a host name.
 */
export function isDead(holder: Holder): boolean {
  if (holder.host !== hostname() || holder.namespace !== readPidNamespace()) return false;
  const boot = readBootId();
  if (holder.boot !== null && boot !== null && holder.boot !== boot) return true;
  if (!isProcessAlive(holder.pid)) return true;
  const started = startOf(holder.pid);
  return holder.started !== null && started !== null && holder.started !== started;
}

/** Whether two descriptions mean the same process. */
export function isSame(one: Holder, other: Holder): boolean {
  return (
    one.pid === other.pid &&
    one.host === other.host &&
    one.boot === other.boot &&
    one.namespace === other.namespace &&
    one.started === other.started
  );
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  return stateOf(pid) !== 'Z';
}

/** The fields after the command's name, which may itself contain spaces and brackets (proc(5)). */
function statOf(pid: number): readonly string[] {
  const text = lineOf(`/proc/${String(pid)}/stat`);
  return text === null ? [] : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function stateOf(pid: number): string | null {
  return statOf(pid)[0] ?? null;
}

function startOf(pid: number): string | null {
  return statOf(pid)[19] ?? null;
}

function readBootId(): string | null {
  return lineOf('/proc/sys/kernel/random/boot_id');
}

function readPidNamespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}

/** A line of procfs, or null on systems that have none. */
function lineOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
