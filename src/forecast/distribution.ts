import type { Random } from './random.ts';

/** A stated duration; milliseconds. */
export type Stated =
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'exponential'; readonly mean: number }
  | { readonly kind: 'uniform'; readonly from: number; readonly to: number };

/** How long a step's jobs take. Durations are milliseconds, never negative. */
export interface Distribution {
  /** E[D]. */
  readonly mean: number;
  /** The longest duration; Infinity where there is no limit. */
  readonly longest: number;
  /** E[(D-t)+]: the mean part of a job beyond `t`. */
  overshoot(t: number): number;
  /** P(D > t). */
  longerThan(t: number): number;
  /** One job's duration. */
  sample(random: Random): number;
  /**
   * The rest of the job that runs at a random instant. A random instant falls into a long job more often than into a short
   * one, so this is drawn from the length-biased distribution.
   */
  residual(random: Random): number;
  /** The length of that job. */
  met(random: Random): number;
  /** Durations of equal weight that represent the distribution, in ascending order. */
  points(): Float64Array;
}

/** Number of durations that represent a stated distribution: enough for three digits of every moment used here. */
const POINTS = 10_000;

/** The distribution of a stated duration. */
export function distributionOf(spec: Stated): Distribution {
  switch (spec.kind) {
    case 'fixed':
      return uniform(spec.ms, spec.ms);
    case 'uniform':
      return uniform(spec.from, spec.to);
    case 'exponential':
      return exponential(spec.mean);
  }
}

function exponential(mean: number): Distribution {
  const tail = (t: number): number => (mean === 0 ? 0 : Math.exp(-Math.max(0, t) / mean));
  const at = (u: number): number => -mean * Math.log(1 - u);
  const sample = (random: Random): number => at(random());
  return {
    mean,
    longest: mean === 0 ? 0 : Infinity,
    overshoot: (t) => mean * tail(t),
    longerThan: tail,
    sample,
    // The exponential distribution has no memory: the rest is distributed as the whole.
    residual: sample,
    // Length-biased, it is the sum of two.
    met: (random) => sample(random) + sample(random),
    points: () => pointsOf(at),
  };
}

/** Uniform between two bounds; equal bounds are a fixed duration. */
function uniform(from: number, to: number): Distribution {
  const mean = (from + to) / 2;
  const width = to - from;
  const at = (u: number): number => from + width * u;
  const met = (random: Random): number => Math.sqrt(from ** 2 + random() * (to ** 2 - from ** 2));
  return {
    mean,
    longest: to,
    overshoot(t) {
      if (t >= to) return 0;
      if (t <= from) return mean - t;
      return (to - t) ** 2 / (2 * width);
    },
    longerThan(t) {
      if (t >= to) return 0;
      return t < from ? 1 : (to - t) / width;
    },
    sample: (random) => at(random()),
    residual: (random) => met(random) * random(),
    met,
    points: () => pointsOf(at),
  };
}

function pointsOf(at: (u: number) => number): Float64Array {
  return Float64Array.from({ length: POINTS }, (_, index) => at((index + 0.5) / POINTS));
}

/** The distribution of measured jobs. Throws RangeError if there is none. */
export function empirical(durations: Iterable<number>): Distribution {
  const sorted = Float64Array.from(durations).sort();
  if (sorted.length === 0) throw new RangeError('an empirical distribution needs a duration');
  // before[i] is the total time of all jobs shorter than the i-th.
  const before = new Float64Array(sorted.length + 1);
  for (let index = 0; index < sorted.length; index += 1)
    before[index + 1] = (before[index] ?? 0) + (sorted[index] ?? 0);
  const total = before[sorted.length] ?? 0;
  const firstOver = (t: number): number => findFirstIndex(sorted.length, (index) => (sorted[index] ?? 0) > t);
  const met = (random: Random): number => {
    const at = random() * total;
    const index = findFirstIndex(sorted.length, (i) => (before[i + 1] ?? 0) > at);
    return sorted[Math.min(index, sorted.length - 1)] ?? 0;
  };
  return {
    mean: total / sorted.length,
    longest: sorted.at(-1) ?? 0,
    overshoot(t) {
      const first = firstOver(t);
      const over = sorted.length - first;
      return over === 0 ? 0 : Math.max(0, total - (before[first] ?? 0) - over * t) / sorted.length;
    },
    longerThan: (t) => (sorted.length - firstOver(t)) / sorted.length,
    sample: (random) => sorted[Math.floor(random() * sorted.length)] ?? 0,
    residual: (random) => met(random) * random(),
    met,
    points: () => sorted,
  };
}

/** The first index from 0 to `length` from which on `holds` is true (binary search). */
function findFirstIndex(length: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
