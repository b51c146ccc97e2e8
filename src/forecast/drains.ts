import { quantile } from './loss.ts';
import type { Random } from './random.ts';

/** Drains of stopped workers, measured by drills. */
export interface Leaving {
  /** Milliseconds of each drain. */
  readonly times: readonly number[];
  /** Number of workers that did not drain; the time that they would have needed is not known. */
  readonly killed: number;
}

/** The measured drains, and where they were measured. */
export interface Drains {
  readonly drills: number;
  /** Number of drills that ran on a rig. */
  readonly onRig: number;
  /** Number of drills without a proven stop. */
  readonly unproven: number;
  readonly busy: Leaving;
  readonly idle: Leaving;
  /** The times granted to the agents, each value once; milliseconds. */
  readonly granted: readonly number[];
}

/** Draws one of the measured drains; Infinity for a worker that did not drain. Null where none was measured. */
export function drawLeaving({ times, killed }: Leaving): ((random: Random) => number) | null {
  const count = times.length + killed;
  if (count === 0) return null;
  return (random) => times[Math.floor(random() * count)] ?? Infinity;
}

/** Figures of some drains; milliseconds, null where no worker drained. */
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
