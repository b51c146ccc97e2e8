import '../support/seed.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { distributionOf, empirical } from '../../src/forecast/distribution.ts';
import { lossIfProtected } from '../../src/forecast/loss.ts';
import { createRandom } from '../../src/forecast/random.ts';
import { simulateRollouts } from '../../src/forecast/rollout.ts';
import type { Rollout } from '../../src/forecast/rollout.ts';
import { SIGNALS } from '../../src/forecast/signal.ts';

const START = 60_000;
const IDLE = 11_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;

function rollout(over: Partial<Rollout> = {}): Rollout {
  return {
    ...{ workers: 50, minimumHealthyPercent: 100, maximumPercent: 200, roomPercent: 200 },
    startUp: distributionOf({ kind: 'fixed', ms: START }),
    jobs: distributionOf({ kind: 'fixed', ms: 300_000 }),
    ...{ idle: IDLE, measured: null, window: 30_000, signal: 'heard', utilisation: 1, protection: HOUR },
    ...over,
  };
}

function simulate(over: Partial<Rollout>, replications = 400) {
  const answer = simulateRollouts(rollout(over), replications, createRandom(7));
  if (answer === null) throw new Error('the deployment is blocked');
  return answer;
}

describe('a deployment waits for the jobs of protected workers', () => {
  test('each goes at the end of its job: jobs of five minutes end evenly within five minutes', () => {
    const { wallClock, lost } = simulate({});
    // The last of 50 ends, each even between 0 and 300 s: its quantile q is 300 s times q^(1/50).
    for (const [name, q] of [
      ['p5', 0.05],
      ['median', 0.5],
      ['p95', 0.95],
    ] as const)
      expect(wallClock[name] / 1000).toBeCloseTo((START + IDLE) / 1000 + 300 * q ** (1 / 50), -1);
    expect(wallClock.p95).toBeLessThanOrEqual(START + IDLE + 300_000);
    expect(lost.p95).toBe(0);
  });

  test('a job without memory is waited for by its mean, however long it has run', () => {
    const jobs = distributionOf({ kind: 'exponential', mean: 300_000 });
    const { wallClock } = simulate({ workers: 1, jobs, protection: 48 * HOUR }, 4000);
    expect(wallClock.median / 1000).toBeCloseTo((START + IDLE) / 1000 + 300 * Math.log(2), -1.5);
  });

  test('an idle fleet does not wait', () => {
    expect(simulate({ utilisation: 0 }).wallClock.p95).toBe(START + IDLE);
  });

  test('one that is half busy waits for the busy ones, and loses nothing either', () => {
    const { wallClock, lost } = simulate({ workers: 200, utilisation: 0.5 });
    expect(wallClock.median).toBeGreaterThan(START + IDLE + 280_000);
    expect([wallClock.p95 <= START + IDLE + 300_000, lost.p95]).toEqual([true, 0]);
  });

  test('where the old ones hold the places, a batch waits for the jobs of the one before as well', () => {
    const held = { workers: 40, minimumHealthyPercent: 90, maximumPercent: 100, roomPercent: 100 };
    const { wallClock } = simulate(held, 100);
    // Ten times four go, and each place is free again after an exit and a start.
    expect(wallClock.p5).toBeGreaterThan(10 * (START + IDLE));
    // Jobs of seconds end all the time: the places alone decide.
    const quick = simulate({ ...held, jobs: distributionOf({ kind: 'fixed', ms: 2000 }) }, 20).wallClock;
    expect(quick.p95).toBeLessThan(10 * (START + IDLE + 2000));
  });

  test('100 % and 100 % never end', () => {
    const tight = { minimumHealthyPercent: 100, maximumPercent: 100, roomPercent: 100 };
    expect(simulateRollouts(rollout(tight), 1, createRandom(1))).toBeNull();
  });
});

describe('a job that is longer than its protection and the drain after it', () => {
  test.each<[string, Partial<Rollout>, number]>([
    // Of 300 s, stopped after the first 60 s or later with 30 s to drain: lost unless in its last 30 s.
    ['is lost unless it is nearly done', { protection: MINUTE }, 0.9],
    ['half as often on a fleet half as busy', { protection: MINUTE, utilisation: 0.5 }, 0.45],
    ['is saved where protection and drain are just enough', { protection: 4 * MINUTE, window: 60_000 }, 0],
    ['is lost where they are not', { protection: 4 * MINUTE, window: 59_000 }, 241 / 300],
    ['is lost at once where the signal cuts it off', { protection: MINUTE, signal: 'fatal', window: 0 }, 1],
    ['does not matter to a worker that takes the next one', { signal: 'eaten', utilisation: 0.5 }, 0.5],
  ])('%s', (_, over, share) => {
    const { lost } = simulate({ workers: 500, ...over }, 200);
    expect(lost.median / 500).toBeCloseTo(share, 1.5);
  });

  test('as many are lost as the chance says', () => {
    const any = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        any,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 120 }),
        (seconds, minutes, window) => {
          const jobs = empirical(seconds.map((s) => s * 1000));
          const over = { jobs, protection: minutes * MINUTE, window: window * 1000, workers: 1000 };
          const { lost } = simulate(over, 15);
          const chance = lossIfProtected(jobs, over.protection, over.window);
          expect(Math.abs(lost.median / 1000 - chance)).toBeLessThan(0.05);
          if (Math.max(...seconds) <= minutes * 60 + window) expect(lost.p95).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });
});

const anyRollout = fc.record({
  workers: fc.integer({ min: 1, max: 40 }),
  minimumHealthyPercent: fc.integer({ min: 0, max: 99 }),
  maximumPercent: fc.integer({ min: 100, max: 200 }),
  roomPercent: fc.integer({ min: 100, max: 250 }),
  window: fc.integer({ min: 0, max: 200_000 }),
  signal: fc.constantFrom(...SIGNALS),
  utilisation: fc.double({ min: 0, max: 1, noNaN: true }),
  protection: fc.integer({ min: 1, max: 60 }).map((minutes) => minutes * MINUTE),
  jobs: fc
    .integer({ min: 1000, max: 400_000 })
    .map((ms) => distributionOf({ kind: 'exponential', mean: ms })),
});

test('it ends, waits no longer than protections last, and one seed gives one answer', () => {
  fc.assert(
    fc.property(anyRollout, fc.nat(1000), (over, seed) => {
      const answer = simulateRollouts(rollout(over), 3, createRandom(seed));
      const { workers, minimumHealthyPercent: min } = over;
      if (Math.ceil((workers * min) / 100) === workers) return;
      const most = workers * (START + over.protection + Math.max(over.window, IDLE));
      expect(answer?.wallClock.p95).toBeLessThanOrEqual(most);
      expect(answer?.wallClock.p5).toBeGreaterThanOrEqual(START);
      expect(simulateRollouts(rollout(over), 3, createRandom(seed))).toEqual(answer);
    }),
  );
});
