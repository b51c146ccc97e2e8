import { binomialAtLeast, binomialAtMost } from './binomial.ts';
import { intervalOnce } from './once.ts';
import type { Tally } from './once.ts';

/** How a rate changed from one time to another. */
export interface RateChange {
  /** The rate after, divided by the rate before; null where nothing failed before. */
  readonly ratio: number | null;
  /** The bounds of that ratio; a high of null is no bound at all. */
  readonly low: number;
  readonly high: number | null;
  /** The chance of so large a difference, in either direction, if the rate had not changed. */
  readonly chance: number;
}

/**
 * The conditional exact test for two rates (Przyborowski and Wilenski, Biometrika 31, 1940): of all failures together, each
 * falls into the later time with a chance that depends on the ratio of the rates alone. The interval is the one of the same
 * test: it excludes 1 exactly where `chance` is below `1 - confidence`. Made for rare failures; on the safe side where they are not rare.
 */
export function compareRates(before: Tally, after: Tally, confidence: number): RateChange {
  const all = before.failed + after.failed;
  if (all === 0 || before.trials === 0 || after.trials === 0)
    return { ratio: null, low: 0, high: null, chance: 1 };
  const share = after.trials / (before.trials + after.trials);
  const fewer = binomialAtMost(after.failed, all, share);
  const more = binomialAtLeast(after.failed, all, share);
  const [low, high] = intervalOnce({ failed: after.failed, trials: all }, confidence);
  const ratioOf = (part: number): number | null =>
    part === 1 ? null : (part / (1 - part)) * (before.trials / after.trials);
  return {
    ratio: ratioOf(after.failed / all),
    low: ratioOf(low) ?? 0,
    high: ratioOf(high),
    chance: Math.min(1, 2 * fewer, 2 * more),
  };
}
