import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOffsetMeter, offsetOf } from '../../src/http/offset.ts';
import { RUNS } from '../property/runs.ts';
import { NOON } from '../support/builders.ts';

const dateOf = (at: number): string => new Date(Math.floor(at / 1000) * 1000).toUTCString();

describe('the offset by one answer', () => {
  it('is known to half a second and half a round trip', () => {
    expect(offsetOf(dateOf(NOON), NOON, NOON)).toEqual({ offset: 500, uncertainty: 500 });
    expect(offsetOf(dateOf(NOON + 5_000), NOON, NOON + 400)).toEqual({ offset: 5_300, uncertainty: 700 });
  });
  it.each([null, undefined, 'yesterday', ''])('is not told by %j', (date) => {
    expect(offsetOf(date, NOON, NOON)).toBeNull();
  });
});

describe('the meter', () => {
  it('knows nothing before the first Date', () => {
    const meter = createOffsetMeter();
    meter.take(null, NOON, NOON);
    meter.take('nonsense', NOON, NOON);
    expect(meter.read()).toBeNull();
  });

  it('narrows what it knows where answers overlap, and forgets nothing of it', () => {
    const meter = createOffsetMeter();
    meter.take(dateOf(NOON), NOON + 100, NOON + 100);
    meter.take(dateOf(NOON + 1_000), NOON + 1_950, NOON + 1_950);
    // [-100, 900] and [-950, 50], but for the drift of 1,850 ms.
    expect(meter.read()?.offset).toBeCloseTo(-25, 0);
    expect(meter.read()?.uncertainty).toBeCloseTo(75, 0);
    meter.take(dateOf(NOON), NOON - 3_000, NOON + 3_000);
    expect(meter.read()?.uncertainty).toBeLessThan(80);
  });

  it('begins anew where an answer contradicts the others: a clock was set', () => {
    const meter = createOffsetMeter();
    meter.take(dateOf(NOON), NOON, NOON);
    meter.take(dateOf(NOON + 60_000), NOON + 1_000, NOON + 1_000);
    expect(meter.read()).toEqual({ offset: 59_500, uncertainty: 500 });
  });

  it('allows for drift between two answers', () => {
    const meter = createOffsetMeter();
    meter.take(dateOf(NOON), NOON, NOON);
    // An hour later, 300 ms beyond what the first one allows: NTP lets clocks drift so far.
    meter.take(dateOf(NOON + 3_601_000), NOON + 3_599_700, NOON + 3_599_700);
    const { offset = 0, uncertainty = 0 } = meter.read() ?? {};
    expect(offset - uncertainty).toBeGreaterThanOrEqual(1_000);
    expect(uncertainty).toBeLessThan(100);
  });

  it('holds the true offset, whatever the answers take', () => {
    const trip = fc.tuple(fc.nat(100_000), fc.nat(4_000), fc.nat(4_000));
    fc.assert(
      fc.property(
        fc.integer({ min: -300_000, max: 300_000 }),
        fc.array(trip, { minLength: 1 }),
        (ahead, trips) => {
          const meter = createOffsetMeter();
          for (const [at, there, back] of trips.toSorted(([a], [b]) => a - b))
            meter.take(dateOf(NOON + at + there + ahead), NOON + at, NOON + at + there + back);
          const known = meter.read();
          expect(Math.abs((known?.offset ?? Infinity) - ahead)).toBeLessThanOrEqual(
            (known?.uncertainty ?? 0) + 1,
          );
        },
      ),
      { numRuns: RUNS },
    );
  });
});
