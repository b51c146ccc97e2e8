import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/forecast/random.ts';
import type { Random } from '../../src/forecast/random.ts';
import { countMissing, lowerNightly, upperNightly } from '../../src/statistics/nightly.ts';
import type { UpperBound } from '../../src/statistics/nightly.ts';
import { lowerOnce, upperOnce } from '../../src/statistics/once.ts';

const LEDGERS = 20_000;
/** Far more nights than a bound of this rate needs. */
const nightsFor = (rate: number): number => Math.min(20_000, Math.ceil(30 / rate));

/** How many of the ledgers show, on any night, an upper bound below the true rate; somebody looks after every drill. */
function countMissedUpper(bound: UpperBound, rate: number, random: Random): number {
  const nights = nightsFor(rate);
  /** By the failures so far: from how many drills on the bound lies below the rate. */
  const from: number[] = [];
  const readFrom = (failed: number): number =>
    (from[failed] ??= failed + (countMissing(bound, { failed, trials: failed }, rate, 0.95) ?? Infinity));
  return countWhere(() => {
    let trials = 0;
    for (let failed = 0; trials < nights; failed += 1) {
      const next = trials + drawGap(rate, random);
      // The bound falls while nothing fails: the night before the next failure decides.
      if (Math.min(next - 1, nights) >= readFrom(failed)) return true;
      trials = next;
    }
    return false;
  });
}

/** The same for a lower bound above the true rate: it rises with a failure only. */
function countMissedLower(
  bound: (tally: { failed: number; trials: number }, confidence: number) => number,
  rate: number,
  random: Random,
): number {
  const nights = nightsFor(rate);
  /** By the failures: up to how many drills the bound is known to lie above, and from how many it is known not to. */
  const known: { above: number; below: number }[] = [];
  const isAbove = (failed: number, trials: number): boolean => {
    // No bound of this confidence lies above what was counted.
    const seen = (known[failed] ??= { above: 0, below: failed / rate });
    if (trials <= seen.above) return true;
    if (trials >= seen.below) return false;
    const found = bound({ failed, trials }, 0.95) > rate;
    seen[found ? 'above' : 'below'] = trials;
    return found;
  };
  return countWhere(() => {
    let trials = 0;
    for (let failed = 1; ; failed += 1) {
      trials += drawGap(rate, random);
      if (trials > nights) return false;
      if (isAbove(failed, trials)) return true;
    }
  });
}

function countWhere(isMissed: () => boolean): number {
  let count = 0;
  for (let ledger = 0; ledger < LEDGERS; ledger += 1) if (isMissed()) count += 1;
  return count;
}

/** Drills to the next failure, with it. */
function drawGap(rate: number, random: Random): number {
  return Math.max(1, Math.ceil(Math.log(1 - random()) / Math.log1p(-rate)));
}

describe('somebody who looks every night and stops when it pleases is right 95 times of 100', () => {
  test.each([0.001, 0.01, 0.03, 0.05, 0.15, 0.5])('%f of drills fail', (rate) => {
    const random = createRandom(1934);
    expect(countMissedUpper(upperNightly, rate, random)).toBeLessThanOrEqual(0.05 * LEDGERS);
    expect(countMissedLower(lowerNightly, rate, random)).toBeLessThanOrEqual(0.05 * LEDGERS);
  });

  test('the bounds for one look do not survive that: the simulation finds it', () => {
    const random = createRandom(1939);
    expect(countMissedUpper(upperOnce, 0.05, random)).toBeGreaterThan(0.1 * LEDGERS);
    expect(countMissedLower(lowerOnce, 0.05, random)).toBeGreaterThan(0.1 * LEDGERS);
  });
});
