import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeOffset, formatClockTime, seconds } from '../../src/checks/times.ts';
import { RUNS } from '../property/runs.ts';
import { NOON } from '../support/builders.ts';

describe('a duration', () => {
  it.each([
    [0, '0 ms'],
    [40, '40 ms'],
    [4_249, '4.2 s'],
    [-8_000, '8.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min 0 s'],
    [60_000, '1 min 0 s'],
    [119_600, '2 min 0 s'],
    [119_499, '1 min 59 s'],
    [125_000, '2 min 5 s'],
    [3_661_000, '1 h 1 min'],
  ])('of %i ms is %s', (ms, said) => {
    expect(seconds(ms)).toBe(said);
  });

  it('has no sign, and never 60 seconds', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e7, max: 1e7, noNaN: true }), (ms) => {
        expect(seconds(ms)).toMatch(
          /^(?:\d{1,3} ms|[1-5]?\d\.\d s|[1-5]?\d min [1-5]?\d s|\d h [1-5]?\d min)$/,
        );
      }),
      { numRuns: RUNS, examples: [[59_949.9], [59_950], [59_999.9], [119_500], [-59_960]] },
    );
  });
});

it('an instant lies before or after another by a length, not by a sign', () => {
  expect(describeOffset(-8_000, 'the stop')).toBe('8.0 s before the stop');
  expect(describeOffset(4_200, 'the stop')).toBe('4.2 s after the stop');
  expect(describeOffset(0, 'the stop')).toBe('0 ms after the stop');
});

it('an instant is shown in UTC with milliseconds', () => {
  expect(formatClockTime(NOON + 59_999)).toBe('12:00:59.999');
  expect(formatClockTime(NOON + 12 * 3_600_000)).toBe('00:00:00.000');
});
