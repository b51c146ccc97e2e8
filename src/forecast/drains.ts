import { quantile } from './loss.ts';
import type { Random } from './random.ts';

/** How workers left when they were stopped, as drills measured it. */
export interface Leaving {
  /** Milliseconds of each one that drained. */
  readonly times: readonly number[];
  /** How many did not drain: how long they would have taken is not known. */
  readonly killed: number;
}

/** What drills measured, and where. */
export interface Drains {
  readonly drills: number;
  /** How many of the drills were played on a rig. */
  readonly onRig: number;
  /** Drills in which nothing is proven about a stop. */
  readonly unproven: number;
  readonly busy: Leaving;
  readonly idle: Leaving;
  /** What the agents were granted, each value once; milliseconds. */
  readonly granted: readonly number[];
}

/** Draws how long a worker takes to leave, from those that were measured; Infinity for one that did not drain. Null where none was. */
export function drawLeaving({ times, killed }: Leaving): ((random: Random) => number) | null {
  const count = times.length + killed;
  if (count === 0) return null;
  return (random) => times[Math.floor(random() * count)] ?? Infinity;
}

/** Some drains in numbers; milliseconds, null where none drained. */
export interface LeavingNumbers {
  readonly workers: number;
  readonly drained: number;
  readonly median: number | null;
  readonly longest: number | null;
}

export function numbersOf({ times, killed }: Leaving): LeavingNumbers {
  const sorted = Float64Array.from(times).sort();
  const some = sorted.length > 0;
  return {
    workers: times.length + killed,
    drained: times.length,
    median: some ? quantile(sorted, 0.5) : null,
    longest: some ? quantile(sorted, 1) : null,
  };
}
