import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { distributionOf } from '../../src/forecast/distribution.ts';
import { createRandom } from '../../src/forecast/random.ts';
import { simulateRollouts } from '../../src/forecast/rollout.ts';
import type { Rollout } from '../../src/forecast/rollout.ts';
import { SIGNALS } from '../../src/forecast/signal.ts';

const S = 60_000;
const I = 11_000;

function rollout(over: Partial<Rollout> = {}): Rollout {
  return {
    workers: 4,
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    roomPercent: 200,
    startUp: distributionOf({ kind: 'fixed', ms: S }),
    jobs: distributionOf({ kind: 'fixed', ms: 300_000 }),
    idle: I,
    measured: null,
    protection: null,
    window: 30_000,
    signal: 'heard',
    utilisation: 0,
    ...over,
  };
}

function took(over: Partial<Rollout>, seed = 1): number | undefined {
  return simulateRollouts(rollout(over), 5, createRandom(seed))?.wallClock.median;
}

describe('a deployment, by hand', () => {
  test.each<[string, Partial<Rollout>, number]>([
    ['all new ones at once, then all old ones', {}, S + I],
    [
      // Two go; their places are free when they are gone, and so on.
      'half at a time, in the places of the old',
      { minimumHealthyPercent: 50, maximumPercent: 100, roomPercent: 100 },
      2 * (I + S),
    ],
    [
      'half at a time, where a draining one leaves room',
      { minimumHealthyPercent: 50, maximumPercent: 100, roomPercent: 150 },
      2 * S,
    ],
    [
      'all at once, with nobody left',
      { minimumHealthyPercent: 0, maximumPercent: 100, roomPercent: 100 },
      I + S,
    ],
    ['one by one', { maximumPercent: 125, roomPercent: 125 }, 4 * (S + I)],
    ['never told: each is killed at the end of its window', { signal: 'eaten' }, S + 30_000],
    ['cut off: each is gone at once', { signal: 'fatal' }, S],
    [
      'busy beyond the window',
      { utilisation: 1, jobs: distributionOf({ kind: 'fixed', ms: 1e12 }) },
      S + 30_000,
    ],
    ['one worker', { workers: 1 }, S + I],
  ])('%s', (_name, over, ms) => {
    expect(took(over)).toBe(ms);
  });

  test('100 % and 100 % never end, nor 150 % of one worker: a half task is none', () => {
    const tight = { minimumHealthyPercent: 100, maximumPercent: 100, roomPercent: 100 };
    expect(simulateRollouts(rollout(tight), 1, createRandom(1))).toBeNull();
    const one = { workers: 1, maximumPercent: 150, roomPercent: 150 };
    expect(simulateRollouts(rollout(one), 1, createRandom(1))).toBeNull();
  });
});

test('starts of different length are taken in the order of their ends: the last one decides', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 2, max: 200 }), (seed, workers) => {
      const startUp = distributionOf({ kind: 'uniform', from: 10_000, to: 100_000 });
      const answer = simulateRollouts(rollout({ workers, startUp, utilisation: 0 }), 1, createRandom(seed));
      // All starts are drawn first, and all at the begin; an old one goes whenever a new one is there.
      const random = createRandom(seed);
      const starts = Array.from({ length: workers }, () => startUp.sample(random));
      expect(answer?.wallClock.median).toBeCloseTo(Math.max(...starts) + I, 6);
    }),
  );
});

test('as many jobs are lost as the chance of one stop says', () => {
  const of = (over: Partial<Rollout>): number => {
    const many = simulateRollouts(rollout({ workers: 500, ...over }), 400, createRandom(5));
    return (many?.lost.median ?? Number.NaN) / 500;
  };
  const exponential = distributionOf({ kind: 'exponential', mean: 60_000 });
  expect(of({ utilisation: 0.5, jobs: exponential })).toBeCloseTo(0.5 * Math.exp(-0.5), 2);
  expect(of({ utilisation: 0.02, signal: 'eaten', jobs: exponential })).toBeCloseTo(0.02, 2);
  expect(of({ utilisation: 0.02, signal: 'fatal', jobs: exponential })).toBeCloseTo(0.02, 2);
  expect(of({ utilisation: 1, jobs: distributionOf({ kind: 'fixed', ms: 30_000 }) })).toBe(0);
  expect(of({ utilisation: 1, signal: 'eaten', jobs: distributionOf({ kind: 'fixed', ms: 0 }) })).toBe(0);
});

describe('with drains that were measured', () => {
  const leaving = (times: readonly number[], killed = 0) => ({ times, killed });
  const none = leaving([]);

  test('they go before what the jobs and --idle-drain say, each for its kind of worker', () => {
    const measured = { busy: leaving([20_000]), idle: leaving([1_000]) };
    expect(took({ measured, utilisation: 0 })).toBe(S + 1_000);
    expect(took({ measured, utilisation: 1 })).toBe(S + 20_000);
    // Jobs of 1e12 ms outlive every window; what was measured of busy workers is empty, so that they decide.
    const jobs = distributionOf({ kind: 'fixed', ms: 1e12 });
    expect(took({ measured: { ...measured, busy: none }, utilisation: 1, jobs })).toBe(S + 30_000);
    expect(took({ measured: { ...measured, idle: none }, utilisation: 0 })).toBe(S + I);
  });

  test('one that did not drain, or not within the window, is killed at its end and loses its job', () => {
    const lost = (busy: ReturnType<typeof leaving>, utilisation = 1): number => {
      const measured = { busy, idle: busy };
      const over = { workers: 1000, measured, utilisation };
      return (simulateRollouts(rollout(over), 40, createRandom(3))?.lost.median ?? Number.NaN) / 1000;
    };
    expect(lost(leaving([1_000, 1_000, 1_000], 1))).toBeCloseTo(0.25, 1.5);
    expect(lost(leaving([1_000, 30_001]))).toBeCloseTo(0.5, 1.5);
    expect(lost(leaving([1_000, 30_000]))).toBe(0);
    expect(lost(leaving([], 2), 0)).toBe(0);
    expect(took({ measured: { busy: leaving([], 2), idle: none }, utilisation: 1 })).toBe(S + 30_000);
  });

  test('they say nothing of workers that do not hear their stop', () => {
    const measured = { busy: leaving([1_000]), idle: leaving([1_000]) };
    expect(took({ measured, utilisation: 1, signal: 'eaten' })).toBe(S + 30_000);
    expect(took({ measured, utilisation: 1, signal: 'fatal' })).toBe(S);
  });
});

const anyRollout = fc.record({
  workers: fc.integer({ min: 1, max: 60 }),
  minimumHealthyPercent: fc.integer({ min: 0, max: 100 }),
  maximumPercent: fc.integer({ min: 100, max: 200 }),
  roomPercent: fc.integer({ min: 100, max: 250 }),
  window: fc.integer({ min: 0, max: 200_000 }),
  signal: fc.constantFrom(...SIGNALS),
  utilisation: fc.double({ min: 0, max: 1, noNaN: true }),
  jobs: fc.nat(400_000).map((ms) => distributionOf({ kind: 'exponential', mean: ms })),
});

test('it ends or is blocked; it takes at least one start, and loses no more than it stops', () => {
  fc.assert(
    fc.property(anyRollout, fc.nat(1000), (over, seed) => {
      const answer = simulateRollouts(rollout(over), 3, createRandom(seed));
      const { workers, minimumHealthyPercent: min, maximumPercent: max, roomPercent: room } = over;
      const starts =
        Math.min(Math.floor((workers * max) / 100), Math.floor((workers * room) / 100)) > workers;
      const stops = Math.ceil((workers * min) / 100) < workers;
      expect(answer === null).toBe(!starts && !stops);
      if (answer === null) return;
      expect(answer.wallClock.p5).toBeGreaterThanOrEqual(S);
      expect(answer.wallClock.p95).toBeLessThanOrEqual(workers * (S + Math.max(over.window, I)));
      expect(answer.lost.p95).toBeLessThanOrEqual(workers);
      expect(simulateRollouts(rollout(over), 3, createRandom(seed))).toEqual(answer);
    }),
  );
});

test('a longer window makes a busy fleet slower where the old ones hold the places', () => {
  const held = { workers: 40, minimumHealthyPercent: 50, maximumPercent: 100, roomPercent: 100 };
  const busy = { ...held, utilisation: 1, jobs: distributionOf({ kind: 'fixed', ms: 360_000 }) };
  const short = took({ ...busy, window: 30_000 }) ?? Number.NaN;
  const long = took({ ...busy, window: 120_000 }) ?? Number.NaN;
  expect(long).toBeGreaterThan(short + 100_000);
});
