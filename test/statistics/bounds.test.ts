import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { countMissing, expectRemaining, lowerNightly, upperNightly } from '../../src/statistics/nightly.ts';
import { intervalOnce, lowerOnce, upperOnce } from '../../src/statistics/once.ts';
import { compareRates } from '../../src/statistics/rates.ts';
import { intervalByWilson } from '../../src/statistics/wilson.ts';

const Pair = z.tuple([z.number(), z.number()]);
const values = z
  .object({
    bounds: z.array(
      z.object({
        ...{ failed: z.number(), trials: z.number(), confidence: z.number() },
        ...{ once: Pair, wilson: Pair, nightly: Pair.optional() },
      }),
    ),
    changes: z.array(
      z.object({
        before: Pair,
        after: Pair,
        chance: z.number(),
        low: z.number(),
        high: z.number().nullable(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('values.json', import.meta.url), 'utf8')));

/** Six digits, whatever the size of the number. */
function expectSame(is: number, expected: number): void {
  expect(Math.abs(is - expected)).toBeLessThanOrEqual(Math.abs(expected) * 5e-7);
}

describe('bounds are those of another implementation, to six digits', () => {
  test.each(values.bounds)('$failed of $trials at $confidence', (row) => {
    const { confidence } = row;
    expectSame(lowerOnce(row, confidence), row.once[0]);
    expectSame(upperOnce(row, confidence), row.once[1]);
    const [low, high] = intervalByWilson(row, confidence);
    expect(low).toBeCloseTo(row.wilson[0], 12);
    expectSame(high, row.wilson[1]);
    if (row.nightly === undefined) return;
    expect(lowerNightly(row, confidence)).toBeCloseTo(row.nightly[0], 8);
    expect(upperNightly(row, confidence)).toBeCloseTo(row.nightly[1], 8);
  });

  test.each(values.changes)('$before before, $after after', ({ before, after, ...expected }) => {
    const [one, other] = [before, after].map(([failed, trials]) => ({ failed, trials }));
    if (one === undefined || other === undefined) throw new Error('two times are compared');
    const change = compareRates(one, other, 0.95);
    expectSame(change.chance, expected.chance);
    expectSame(change.low, expected.low);
    if (expected.high === null) expect(change.high).toBeNull();
    else expectSame(change.high ?? 0, expected.high);
  });
});

describe('published tables', () => {
  // Sample sizes of Wilks for 95 % of a population at 95 % confidence, by the number of failures that are allowed.
  test.each([
    [0, 59],
    [1, 93],
    [2, 124],
    [3, 153],
    [4, 181],
    [5, 208],
  ])('%i failures are few enough from %i trials on', (failed, trials) => {
    expect(upperOnce({ failed, trials }, 0.95)).toBeLessThanOrEqual(0.05);
    expect(upperOnce({ failed, trials: trials - 1 }, 0.95)).toBeGreaterThan(0.05);
  });

  // Newcombe, Statistics in Medicine 17 (1998), table I: methods 5 (Clopper-Pearson) and 3 (Wilson), 95 %.
  test.each([
    [81, 263, [0.2527, 0.3676], [0.2553, 0.3662]],
    [15, 148, [0.0578, 0.1617], [0.0624, 0.1605]],
    [0, 20, [0, 0.1684], [0, 0.1611]],
    [1, 29, [0.0009, 0.1776], [0.0061, 0.1718]],
  ])('Newcombe: %i of %i', (failed, trials, exact, wilson) => {
    const round = (pair: readonly number[]): number[] => pair.map((one) => Math.round(one * 10_000) / 10_000);
    expect(round(intervalOnce({ failed, trials }, 0.95))).toEqual(exact);
    expect(round(intervalByWilson({ failed, trials }, 0.95))).toEqual(wilson);
  });

  // Clopper and Pearson for 10 trials at 95 %, as printed in tables of binomial limits.
  test.each([
    [0, 0, 0.3085],
    [1, 0.0025, 0.445],
    [3, 0.0667, 0.6525],
    [5, 0.1871, 0.8129],
    [10, 0.6915, 1],
  ])('Clopper and Pearson: %i of 10', (failed, low, high) => {
    const [least, most] = intervalOnce({ failed, trials: 10 }, 0.95);
    expect(least).toBeCloseTo(low, 4);
    expect(most).toBeCloseTo(high, 4);
  });

  test('the figures that people quote', () => {
    expect(countMissing(upperOnce, { failed: 0, trials: 0 }, 0.001, 0.95)).toBe(2995);
    expect(upperOnce({ failed: 0, trials: 80 }, 0.975)).toBeCloseTo(0.04506, 5);
    expect(upperOnce({ failed: 1, trials: 100 }, 0.95)).toBeCloseTo(0.04656, 5);
    expect(upperOnce({ failed: 2, trials: 1000 }, 0.95)).toBeCloseTo(0.00628, 5);
  });
});

describe('looking every night', () => {
  const none = { failed: 0, trials: 0 };

  test.each([
    [0.001, 0.95, 3139],
    [0.01, 0.95, 313],
    [0.05, 0.95, 62],
    [0.1, 0.95, 30],
    // The first factor of a claim on runs: 0.1 % of runs, of which at most 2.2 % meet a stop.
    [0.001 / 0.022, 0.975, 83],
  ])('below %f at %f takes %i clean drills', (limit, confidence, trials) => {
    expect(countMissing(upperNightly, none, limit, confidence)).toBe(trials);
    expect(countMissing(upperNightly, { failed: 0, trials: trials - 1 }, limit, confidence)).toBe(1);
  });

  test('the price without a loss stays under 6 % up to 15 %, apart from the last whole drill', () => {
    for (let permille = 1; permille <= 150; permille += 1) {
      const limit = permille / 1000;
      const once = Math.log(0.05) / Math.log1p(-limit);
      const nightly = countMissing(upperNightly, none, limit, 0.95) ?? Infinity;
      expect(nightly, `${limit}`).toBeLessThanOrEqual(Math.ceil(once * 1.06));
    }
  });

  test('a loss is survived, and so is a rate of some size below the limit', () => {
    expect(countMissing(upperNightly, { failed: 1, trials: 1 }, 0.05, 0.95)).toBeLessThan(140);
    expect(upperNightly({ failed: 60, trials: 2000 }, 0.95)).toBeLessThan(0.05);
  });

  test('two drills that lose refute 5 %; one does not', () => {
    expect(lowerNightly({ failed: 1, trials: 1 }, 0.95)).toBeLessThan(0.05);
    expect(lowerNightly({ failed: 2, trials: 2 }, 0.95)).toBeGreaterThan(0.05);
    // Nor does a worker that loses a little too often go on for ever.
    expect(lowerNightly({ failed: 40, trials: 400 }, 0.95)).toBeGreaterThan(0.05);
  });

  test('without trials nothing is known', () => {
    expect(upperNightly(none, 0.95)).toBe(1);
    expect(lowerNightly(none, 0.95)).toBe(0);
    expect(upperOnce(none, 0.95)).toBe(1);
    expect(intervalByWilson(none, 0.95)).toEqual([0, 1]);
  });
});

describe('what is still to come, if it goes on as before', () => {
  test('clean drills: as many as are missing', () => {
    expect(expectRemaining({ failed: 0, trials: 20 }, 0.05, 0.95)).toBe(42);
    expect(expectRemaining({ failed: 0, trials: 0 }, 0.05, 0.95)).toBe(62);
    expect(expectRemaining({ failed: 0, trials: 62 }, 0.05, 0.95)).toBe(0);
  });

  test('a worker that loses too often is refuted, and one that loses at the limit never decides', () => {
    expect(expectRemaining({ failed: 1, trials: 1 }, 0.05, 0.95)).toBe(1);
    expect(expectRemaining({ failed: 1, trials: 20 }, 0.05, 0.95)).toBeNull();
  });

  test('one loss in fifty drills asks for many more', () => {
    const more = expectRemaining({ failed: 1, trials: 50 }, 0.05, 0.95) ?? 0;
    expect(more).toBeGreaterThan(89);
    expect(upperNightly({ failed: 1 + more / 50, trials: 50 + more }, 0.95)).toBeLessThanOrEqual(0.05);
  });
});
