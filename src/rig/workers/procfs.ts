import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

import type { SignalName } from './executor.ts';

/** Reads a file of /proc; nothing when the process is gone, or /proc is. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** Every process id that /proc shows. */
function allPids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function pidNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** Whether a process is gone; a zombie is, though `kill -0` still finds it where nothing reaps. */
export function isDead(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'EPERM');
  }
  const status = readProc(`/proc/${pid}/status`);
  return status !== undefined && /^State:\s+[ZX]/m.test(status);
}

/** Signals a process, or a group by its negative id; false when it is gone, which can be at any moment. */
export function sendSignal(pid: number, name: SignalName): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/** The arguments a process was started with. */
export function commandOf(pid: number): readonly string[] {
  return (readProc(`/proc/${pid}/cmdline`) ?? '').split('\0').filter((part) => part !== '');
}

/** Everything that shares the process-id namespace of `pid`, itself first. */
export function sharingNamespace(pid: number): readonly number[] {
  const namespace = pidNamespace(pid);
  if (namespace === undefined) return [];
  const others = allPids().filter(
    (other) => other !== pid && pidNamespace(other) === namespace && !isDead(other),
  );
  return isDead(pid) ? others : [pid, ...others];
}

/** Everything whose environment at its start held `mark` (a NAME=value). */
export function carrying(mark: string): readonly number[] {
  return allPids().filter((pid) => {
    const environment = readProc(`/proc/${pid}/environ`);
    return environment !== undefined && environment.split('\0').includes(mark) && !isDead(pid);
  });
}

/** Of some processes those that have this variable and are nobody's parent among them. */
export function leavesWith(variable: string, pids: readonly number[]): readonly number[] {
  const holders = pids.filter((pid) => {
    const environment = readProc(`/proc/${pid}/environ`)?.split('\0') ?? [];
    return environment.some((entry) => entry.startsWith(`${variable}=`)) && !isDead(pid);
  });
  const parents = holders.map((pid) =>
    Number(/^PPid:\s+(\d+)/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1]),
  );
  return holders.filter((pid) => !parents.includes(pid));
}

/** Everything that descends from `pid`, itself first, where `ps` can tell. */
export function descending(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const line of psLines()) {
    const [child, parent] = line.trim().split(/\s+/).map(Number);
    if (child === undefined || parent === undefined) continue;
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const found = [pid];
  for (const next of found) found.push(...(children.get(next) ?? []));
  return found.filter((each) => !isDead(each));
}

function psLines(): readonly string[] {
  try {
    return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n');
  } catch {
    return [];
  }
}
