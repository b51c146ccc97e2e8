import type { Clock } from '../../src/model/clock.ts';
import { NOON } from './builders.ts';

/** Time that passes only while everybody sleeps. */
export interface ManualClock extends Clock {
  /** Changes the world once, when that instant comes. */
  at(instant: number, change: () => void): void;
  /** Lets time pass although somebody is at work, as a slow answer does. */
  pass(ms: number): void;
  /** Time stands still while that goes on, as real work on a file does. */
  during<T>(work: Promise<T>): Promise<T>;
}

/** Looks at the clock without a sleep between them after which a loop counts as one that never waits. */
const RESTLESS = 20_000;
/** Looks in all, and time in all, after which a loop counts as one that never ends. */
const TIRELESS = 200_000;
const FOR_EVER = 48 * 3_600_000;

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** A clock that jumps to the next sleeper or change as soon as nothing else is left to do. */
export function manualClock(start = NOON): ManualClock {
  let now = start;
  let looks = 0;
  let all = 0;
  let broken: Error | null = null;
  let scheduled = false;
  let busy = 0;
  const sleepers = new Set<Sleeper>();
  const changes: { readonly instant: number; readonly change: () => void }[] = [];

  function arrive(instant: number): void {
    for (;;) {
      const next = changes.sort((a, b) => a.instant - b.instant)[0];
      if (next === undefined || next.instant > instant) break;
      changes.shift();
      now = Math.max(now, next.instant);
      next.change();
    }
    now = Math.max(now, instant);
  }

  function advance(): void {
    scheduled = false;
    if (sleepers.size === 0) return;
    if (busy > 0) {
      schedule();
      return;
    }
    looks = 0;
    // One instant at a time: what a change sets off happens before the next sleeper wakes.
    const next = Math.min(
      ...[...sleepers].map(({ until }) => until),
      ...changes.map(({ instant }) => instant),
    );
    try {
      arrive(next);
    } catch (error) {
      broken = error instanceof Error ? error : new Error(String(error));
      for (const sleeper of [...sleepers]) sleeper.wake();
      return;
    }
    for (const sleeper of [...sleepers]) if (sleeper.until <= now) sleeper.wake();
    schedule();
  }

  function schedule(): void {
    if (scheduled || sleepers.size === 0) return;
    scheduled = true;
    setImmediate(advance);
  }

  return {
    now() {
      if (broken !== null) throw broken;
      looks += 1;
      all += 1;
      if (looks > RESTLESS) throw new Error('the loop asks without ever waiting');
      if (all > TIRELESS || now - start > FOR_EVER) throw new Error('the loop never ends');
      return now;
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) {
          resolve();
          return;
        }
        const sleeper: Sleeper = {
          until: now + ms,
          wake: () => {
            sleepers.delete(sleeper);
            signal.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal.addEventListener('abort', sleeper.wake);
        schedule();
      }),
    at: (instant, change) => {
      changes.push({ instant, change });
    },
    pass: (ms) => {
      arrive(now + ms);
    },
    async during(work) {
      busy += 1;
      try {
        return await work;
      } finally {
        busy -= 1;
      }
    },
  };
}
