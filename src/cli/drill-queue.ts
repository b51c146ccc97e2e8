import { mayBeSame } from '../model/lock-key.ts';

/** What waits for its turn. */
export interface Queued {
  /** Where the drill stops a task: those that may stop the same service wait for each other. */
  readonly lockKey: string;
  /** How many drills may run on that service at the same time. */
  readonly atOnce: number;
}

export interface QueueOptions<T extends Queued> {
  /** How many run at the same time, whatever their service. */
  readonly parallel: number;
  readonly begin: (one: T) => Promise<void>;
  /** Asked before each one begins, with how many run; while it is false, none begins, and once none runs, the queue is over. */
  readonly goesOn: (running: number) => boolean;
}

/** Runs everything in the queue, in its order as far as services are free. Resolves when all that began have ended. */
export async function runQueue<T extends Queued>(
  queue: readonly T[],
  { parallel, begin, goesOn }: QueueOptions<T>,
): Promise<void> {
  const waiting = [...queue];
  const running = new Set<T>();
  await new Promise<void>((resolve, reject) => {
    function beginNext(): void {
      while (running.size < parallel && goesOn(running.size)) {
        const at = findFree(waiting, running);
        const [next] = at < 0 ? [] : waiting.splice(at, 1);
        if (next === undefined) break;
        running.add(next);
        begin(next).then(() => {
          running.delete(next);
          beginNext();
        }, reject);
      }
      if (running.size === 0) resolve();
    }
    beginNext();
  });
}

/** The place of the first one whose service has room; -1 where none has. */
function findFree<T extends Queued>(waiting: readonly T[], running: ReadonlySet<T>): number {
  const known = new Map<string, readonly T[]>();
  const besideOf = (key: string): readonly T[] => {
    const found = known.get(key) ?? [...running].filter((one) => mayBeSame(one.lockKey, key));
    known.set(key, found);
    return found;
  };
  return waiting.findIndex(({ lockKey, atOnce }) => {
    const beside = besideOf(lockKey);
    return beside.length < Math.min(atOnce, ...beside.map((one) => one.atOnce));
  });
}
