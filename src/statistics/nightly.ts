import { bisect, findLeast } from './bisect.ts';
import type { Tally } from './once.ts';

/**
 * Bounds for somebody who looks every night, and stops when the answer pleases. Against a rate of `limit` or more, the
 * likelihood ratio of any lower rate is a supermartingale, and so is a mixture of such ratios: the chance that it ever
 * reaches 1/a is at most a (Ville 1939; Howard, Ramdas, McAuliffe and Sekhon, Annals of Statistics 49, 2021). Only the
 * counts matter, not their order, so a result that arrives late changes nothing.
 */

/**
 * The mixture for the upper bound: shares of the weight, and the lower rate as a part of the limit. The first two make clean
 * drills cheap, and a loss bearable. Without the last two, a rate above a fifth of the limit would never be shown to be below it.
 */
const LOWER_RATES = [
  { weight: 0.57, part: 0 },
  { weight: 0.39, part: 0.1 },
  { weight: 0.02, part: 0.3 },
  { weight: 0.02, part: 0.6 },
] as const;

/**
 * The mixture for the lower bound: half of the weight on "always fails", the rest on rates that lie ever nearer to the limit, each
 * half as far away as the one before. So a worker that always loses is found at once, and one that loses a little too often is found too.
 */
const HIGHER_RATES = Array.from({ length: 30 }, (_, index) => ({
  /** 1/2, 1/6, 1/12, ...: together at most 1, and slower to vanish than halves would. */
  weight: 1 / ((index + 1) * (index + 2)),
  /** How far the rate lies from the limit (0) to "always fails" (1). */
  way: 2 ** -index,
}));

/** The evidence that the rate is below `limit`. Tallies may be fractions: expectations are. */
function evidenceBelow({ failed, trials }: Tally, limit: number): number {
  const held = trials - failed;
  return sum(
    LOWER_RATES.map(({ weight, part }) => {
      if (part === 0 && failed > 0) return 0;
      const ofFailed = failed === 0 ? 0 : failed * Math.log(part);
      return weight * Math.exp(ofFailed + held * (Math.log1p(-part * limit) - Math.log1p(-limit)));
    }),
  );
}

/** The evidence that the rate is above `limit`. */
function evidenceAbove({ failed, trials }: Tally, limit: number): number {
  const held = trials - failed;
  return sum(
    HIGHER_RATES.map(({ weight, way }) => {
      if (way === 1 && held > 0) return 0;
      const ofHeld = held === 0 ? 0 : held * Math.log1p(-way);
      return weight * Math.exp(ofHeld + failed * Math.log(1 - way + way / limit));
    }),
  );
}

/** The upper bound of the rate that holds on all nights together with this confidence. */
export function upperNightly(tally: Tally, confidence: number): number {
  // The evidence grows with the limit: each ratio does.
  const [, bound] = bisect(0, 1, (limit) => evidenceBelow(tally, limit) >= 1 / (1 - confidence));
  return bound;
}

/** The lower bound of the same kind. Each of the two has its own chance to be wrong. */
export function lowerNightly(tally: Tally, confidence: number): number {
  if (tally.failed === 0) return 0;
  const [bound] = bisect(0, 1, (limit) => evidenceAbove(tally, limit) < 1 / (1 - confidence));
  return bound;
}

/** An upper bound of either kind. */
export type UpperBound = (tally: Tally, confidence: number) => number;

/** More trials than this are not said: nobody makes them. */
const MOST = 1_000_000_000;

/** How many further trials, none of which fails, bring the bound to `limit`. Null: too many to say. */
export function countMissing(
  bound: UpperBound,
  { failed, trials }: Tally,
  limit: number,
  confidence: number,
): number | null {
  return findLeast(MOST, (more) => bound({ failed, trials: trials + more }, confidence) <= limit);
}

/**
 * About how many further trials decide whether the rate is below or above `limit`, if failures go on at the rate seen so far.
 * Null where that rate is the limit, or so near to it that nobody would wait for it.
 */
export function expectRemaining(tally: Tally, limit: number, confidence: number): number | null {
  const rate = tally.trials === 0 ? 0 : tally.failed / tally.trials;
  if (rate === limit) return null;
  const evidence = rate < limit ? evidenceBelow : evidenceAbove;
  return findLeast(1_000_000, (more) => {
    const later = { failed: tally.failed + rate * more, trials: tally.trials + more };
    return evidence(later, limit) >= 1 / (1 - confidence);
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
