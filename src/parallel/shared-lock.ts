import type { Surroundings } from '../surroundings/port.ts';

/** Lets drills of this process hold one lock together. */
export interface LockSharing {
  /** The surroundings of a drill, which may have that many on its service. */
  share(surroundings: Surroundings, drillsAtOnce: number): Surroundings;
}

interface Held {
  /** The drill in whose name this process holds the lock. */
  readonly by: string;
  readonly drills: Set<string>;
  /** Whether one of them can be gone on with. */
  isOpen: boolean;
}

/**
 * Other processes see one holder: the first of our drills that took the lock. It is asked for in that name each time, so that a
 * lock that was lost is noticed by all, and given back when the last of them needs it no more.
 */
export function createLockSharing(): LockSharing {
  const held = new Map<string, Held>();
  const turns = new Map<string, Promise<unknown>>();

  /** One after another for each key: two drills that ask at the same time must not exclude each other. */
  function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const done = (turns.get(key) ?? Promise.resolve()).then(work, work);
    turns.set(key, done);
    return done;
  }

  return {
    share(surroundings, drillsAtOnce) {
      if (drillsAtOnce === 1) return surroundings;
      return {
        ...surroundings,
        lock: (key, drill, signal) =>
          inTurn(key, async () => {
            const known = held.get(key) ?? { by: drill, drills: new Set<string>(), isOpen: false };
            const answer = await surroundings.lock(key, known.by, signal);
            if (answer.ok && answer.value.ours) held.set(key, { ...known, drills: known.drills.add(drill) });
            return answer;
          }),
        unlock: (key, drill, isOpen) =>
          inTurn(key, async () => {
            const known = held.get(key);
            if (known === undefined) return surroundings.unlock(key, drill, isOpen);
            known.isOpen ||= isOpen;
            known.drills.delete(drill);
            if (known.drills.size > 0) return;
            held.delete(key);
            await surroundings.unlock(key, known.by, known.isOpen);
          }),
      };
    },
  };
}
