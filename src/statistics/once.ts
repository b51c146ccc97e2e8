import { binomialAtLeast, binomialAtMost } from './binomial.ts';
import { bisect } from './bisect.ts';

/** What was counted: trials, and how many of them failed. */
export interface Tally {
  readonly failed: number;
  readonly trials: number;
}

/**
 * The upper bound of the rate of failures for somebody who looks once: the one-sided bound of Clopper and Pearson (Biometrika
 * 26, 1934), that is the rate at which so few failures have a chance of `1 - confidence`.
 */
export function upperOnce({ failed, trials }: Tally, confidence: number): number {
  if (failed >= trials) return 1;
  const [, bound] = bisect(0, 1, (rate) => binomialAtMost(failed, trials, rate) <= 1 - confidence);
  return bound;
}

/** The lower bound of the same kind: the rate at which so many failures have that chance. */
export function lowerOnce({ failed, trials }: Tally, confidence: number): number {
  if (failed <= 0) return 0;
  const [bound] = bisect(0, 1, (rate) => binomialAtLeast(failed, trials, rate) > 1 - confidence);
  return bound;
}

/** Both bounds at once: each has half of the chance to be wrong. */
export function intervalOnce(tally: Tally, confidence: number): readonly [low: number, high: number] {
  const each = (1 + confidence) / 2;
  return [lowerOnce(tally, each), upperOnce(tally, each)];
}
