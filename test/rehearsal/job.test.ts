import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jobOf, SHORTEST_JOB, timeOf } from '../../src/rehearsal/job.ts';
import '../support/seed.ts';

const ground = { window: 30_000, told: true, given: null, certain: 0 };

describe('how long the step works', () => {
  test.each([
    ['as somebody says', { ...ground, given: 90_000 }, 90_000, true],
    ["as the step's own sleep says", { ...ground, certain: 6_000 }, 6_000, true],
    ['shorter than the window of an agent that hears the signal', ground, 20_000, false],
    ['no longer than shows something', { ...ground, window: 120_000 }, 45_000, false],
    [
      'the shortest there is, in a window too small for any',
      { ...ground, window: 3_000 },
      SHORTEST_JOB,
      false,
    ],
    ['longer than the window where the signal is not heard', { ...ground, told: false }, 45_000, false],
    ['no longer than shows something, there too', { ...ground, told: false, window: 120_000 }, 45_000, false],
  ])('%s', (_title, given, ms, stated) => {
    expect(jobOf(given)).toMatchObject({ ms, stated });
  });

  test('the reason tells which side of the window it is on', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 600 }), fc.boolean(), (seconds, told) => {
        const window = seconds * 1000;
        const { ms, why } = jobOf({ window, told, given: null, certain: 0 });
        expect(ms).toBeGreaterThanOrEqual(SHORTEST_JOB);
        if (/^shorter|^it ends before/.test(why)) expect(ms).toBeLessThanOrEqual(window);
        else expect(ms).toBeGreaterThanOrEqual(window);
      }),
    );
  });

  test('both injections meet it: the later one after the earlier, each before its end, and its rest fits the window', () => {
    const grounds = fc.record({
      given: fc.integer({ min: SHORTEST_JOB, max: 7_200_000 }),
      window: fc.integer({ min: 4_000, max: 600_000 }),
    });
    fc.assert(
      fc.property(grounds, ({ given, window }) => {
        const { ms, inFlightFor, left } = jobOf({ ...ground, given, window });
        expect(left).toBeGreaterThanOrEqual(2_000);
        expect(left).toBeLessThan(window);
        expect(inFlightFor).toBeLessThan(ms - left);
      }),
    );
  });

  test('who does not hear the signal keeps the drills until SIGKILL', () => {
    const job = { ms: 45_000, inFlightFor: 2_000, left: 5_000 };
    expect(timeOf({ window: 30_000, told: false }, job)).toBe(80_000);
    expect(timeOf({ window: 120_000, told: true }, job)).toBe(57_000);
  });
});
