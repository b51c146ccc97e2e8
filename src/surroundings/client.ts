import { join } from 'node:path';
import type { Answer } from '../model/answer.ts';
import type { Store } from '../store/port.ts';
import { createAgents } from '../http/agents.ts';
import { systemClock } from '../http/clock.ts';
import type { Proxies } from '../http/proxies.ts';
import { makeTrouble } from '../http/trouble.ts';
import { forgetDrill, rememberLine } from './drills.ts';
import { hasFileAt, makeUnwritable, requireWritable } from './files.ts';
import { readHalt } from './halt.ts';
import { pastInjectionsPath, readPastInjections, writeInjection } from './past-injections.ts';
import { releaseLock, takeLock } from './lock.ts';
import type { Surroundings } from './port.ts';
import { readSelf } from './self.ts';
import { createSharedLock, type SharedLock } from './shared-lock.ts';
import { stateDirectoryOf } from './state-directory.ts';

/** The sources of the surroundings. */
export interface SurroundingsOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Default: `GAMEDAY_STATE_DIR`, else the XDG state home. */
  readonly stateDir?: string;
  readonly timeoutMs?: number;
  /** For the addresses of halt conditions. */
  readonly proxies?: Proxies;
  /** Where machines share the lock and the past injections; `tell` hears what becomes of the lock after the injection. */
  readonly shared?: { readonly store: Store; readonly tell: (line: string) => void };
}

/** The surroundings of the runner. An unusable folder is an Answer without a value for the guards, never an exception. */
export function createSurroundings(options: SurroundingsOptions): Surroundings {
  const { environment } = options;
  const stateDir = options.stateDir ?? stateDirectoryOf(environment);
  const timeoutMs = options.timeoutMs ?? 5_000;
  const agents = createAgents(options.proxies);
  const sharedLock = shareLocks(options.shared);
  const switchFile = join(stateDir, 'kill-switch');
  return {
    self: async (signal) => ({ ok: true, value: await readSelf(environment, timeoutMs, signal) }),
    killSwitch: async (file) => {
      if (isOn(environment['GAMEDAY_KILL_SWITCH'])) return makeThrown('GAMEDAY_KILL_SWITCH is set');
      for (const path of file === null ? [switchFile] : [switchFile, file]) {
        try {
          if (await hasFileAt(path)) return makeThrown(`${path} exists`);
        } catch (error) {
          return { ok: false, trouble: makeUnwritable('the kill switch', path, error) };
        }
      }
      return { ok: true, value: { thrown: null } };
    },
    lock: async (key, drill, signal) => {
      const here = await workInFolder('the state directory', stateDir, signal, () =>
        takeLock(stateDir, key, drill, systemClock.now()),
      );
      if (!here.ok || !here.value.ours) return here;
      return (await sharedLock(key, drill)?.take(signal)) ?? here;
    },
    unlock: async (key, drill, isOpen) => {
      await sharedLock(key, drill)?.release(isOpen);
      await releaseLock(stateDir, key, drill).catch(ignoreFailure);
    },
    remember: async (drill, sum) => {
      try {
        await rememberLine(stateDir, drill, sum);
        return { ok: true, value: null };
      } catch (error) {
        return { ok: false, trouble: makeUnwritable('the state directory', stateDir, error) };
      }
    },
    forget: (drill) => forgetDrill(stateDir, drill).catch(ignoreFailure),
    stateFolder: async () => {
      try {
        await requireWritable(stateDir);
        return { ok: true, value: stateDir };
      } catch (error) {
        return { ok: false, trouble: makeUnwritable('the state directory', stateDir, error) };
      }
    },
    pastInjections: async (key, drill, signal) => {
      const here = await workInFolder(
        'the list of past injections',
        pastInjectionsPath(stateDir),
        signal,
        () => readPastInjections(stateDir, key),
      );
      const shared = await sharedLock(key, drill)?.pastInjections(signal);
      if (!here.ok || shared === undefined) return here;
      if (!shared.ok) return shared;
      return { ok: true, value: { injections: [...here.value.injections, ...shared.value.injections] } };
    },
    recordInjection: async (key, injection) => {
      sharedLock(key, injection.drill)?.recordInjection(injection);
      await writeInjection(stateDir, { key, ...injection }).catch(ignoreFailure);
    },
    halt: (condition, signal) => readHalt(condition, { agents, timeoutMs }, signal),
  };
}

/** Drills of one process that hold a lock together hold it in the name of one of them. */
const known = new WeakMap<Store, Map<string, SharedLock>>();

/** Each drill's part in the locks that machines share; undefined where they share none. */
function shareLocks(
  shared: SurroundingsOptions['shared'],
): (key: string, drill: string) => SharedLock | undefined {
  if (shared === undefined) return () => undefined;
  const locks = known.get(shared.store) ?? new Map<string, SharedLock>();
  known.set(shared.store, locks);
  return (key, drill) => {
    const id = `${drill} ${key}`;
    const found = locks.get(id);
    if (found !== undefined) return found;
    const made = createSharedLock(shared.store, { key, drill }, systemClock, shared.tell);
    locks.set(id, made);
    return made;
  };
}

/** Whether a variable is on: it is set, and not to a word for off. */
function isOn(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value.trim().toLowerCase());
}

function makeThrown(by: string): { readonly ok: true; readonly value: { readonly thrown: string } } {
  return { ok: true, value: { thrown: by } };
}

async function workInFolder<T>(
  what: string,
  path: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<Answer<T>> {
  if (signal.aborted) return { ok: false, trouble: makeTrouble('aborted', `${what}: interrupted`) };
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, trouble: makeUnwritable(what, path, error) };
  }
}

/** After a stop a failure here must not end the drill: the lock ends with its process, and ECS itself shows the stop. */
function ignoreFailure(): void {
  return undefined;
}
