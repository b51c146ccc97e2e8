import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { empirical, distributionOf } from '../../src/forecast/distribution.ts';
import type { Distribution, Stated } from '../../src/forecast/distribution.ts';
import { bootstrapLoss, lossInFlight, lossPerStop, retryOf, unseenShare } from '../../src/forecast/loss.ts';
import { createRandom } from '../../src/forecast/random.ts';

const exponential = distributionOf({ kind: 'exponential', mean: 300_000 });
const fixed = distributionOf({ kind: 'fixed', ms: 300_000 });
const uniform = distributionOf({ kind: 'uniform', from: 60_000, to: 180_000 });

describe('the chance that the job in flight outlives the window', () => {
  test.each<[string, Distribution, number, number]>([
    ['exponential, 300 s against 115 s', exponential, 115_000, Math.exp(-115 / 300)],
    ['exponential against nothing', exponential, 0, 1],
    ['fixed, 300 s against 115 s', fixed, 115_000, 185 / 300],
    ['fixed, as long as the window', fixed, 300_000, 0],
    // ∫ from t to b of (x - t)/(b - a), over (a + b)/2.
    ['uniform, window inside', uniform, 120_000, 60 ** 2 / (2 * 120) / 120],
    ['uniform, window below', uniform, 30_000, (120 - 30) / 120],
    ['uniform, window above', uniform, 200_000, 0],
    ['jobs that take no time', distributionOf({ kind: 'fixed', ms: 0 }), 30_000, 0],
    ['three jobs, by hand', empirical([10, 40, 50]), 30, (10 + 20) / 100],
  ])('%s', (_name, jobs, window, chance) => {
    expect(lossInFlight(jobs, window)).toBeCloseTo(chance, 12);
  });

  test('the known figures: 68 % for exponential, 62 % for fixed', () => {
    expect(Math.round(lossInFlight(exponential, 115_000) * 100)).toBe(68);
    expect(Math.round(lossInFlight(fixed, 115_000) * 100)).toBe(62);
  });

  test.each<[string, Distribution]>([
    ['exponential', exponential],
    ['fixed', fixed],
    ['uniform', uniform],
    ['seen', empirical([0, 5_000, 100_000, 100_000, 400_000])],
  ])('a worker that is watched for long and stopped at random instants loses as many: %s', (_name, jobs) => {
    // Jobs one after the other on one worker, and instants strewn over all of its time: no formula is used here.
    const random = createRandom(7);
    const window = 90_000;
    let [time, injectAt, stopped, lost] = [0, 0, 0, 0];
    while (stopped < 40_000) {
      const end = time + jobs.sample(random);
      for (; injectAt < end; injectAt += 2 * random() * jobs.mean) {
        stopped += 1;
        if (end - injectAt > window) lost += 1;
      }
      time = end;
    }
    expect(lost / stopped).toBeCloseTo(lossInFlight(jobs, window), 1.7);
    const left = Array.from({ length: 40_000 }, () => jobs.residual(random));
    expect(left.filter((ms) => ms > window).length / left.length).toBeCloseTo(
      lossInFlight(jobs, window),
      1.7,
    );
  });
});

const anyStated = fc.oneof(
  fc.record({ kind: fc.constant('fixed' as const), ms: fc.nat(10_000_000) }),
  fc.record({ kind: fc.constant('exponential' as const), mean: fc.nat(10_000_000) }),
  fc
    .tuple(fc.nat(10_000_000), fc.nat(10_000_000))
    .map(([a, b]): Stated => ({ kind: 'uniform', from: Math.min(a, b), to: Math.max(a, b) })),
);
const anyJobs = fc.oneof(
  anyStated.map(distributionOf),
  fc.array(fc.nat(10_000_000), { minLength: 1, maxLength: 60 }).map(empirical),
);

test('a longer window never loses more; no window loses every job that takes time', () => {
  fc.assert(
    fc.property(anyJobs, fc.nat(12_000_000), fc.nat(12_000_000), (jobs, a, b) => {
      const [less, more] = [Math.min(a, b), Math.max(a, b)];
      expect(lossInFlight(jobs, more)).toBeLessThanOrEqual(lossInFlight(jobs, less) + 1e-9);
      expect(lossInFlight(jobs, 0)).toBeCloseTo(jobs.mean === 0 ? 0 : 1, 9);
      expect(lossInFlight(jobs, less)).toBeGreaterThanOrEqual(0);
      if (jobs.longest <= more) expect(lossInFlight(jobs, more)).toBe(0);
    }),
  );
});

test('what was seen counts as the sum over its jobs, in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000_000), { minLength: 1 }), fc.nat(1_200_000), (durations, t) => {
      const over = durations.reduce((sum, ms) => sum + Math.max(0, ms - t), 0);
      const all = durations.reduce((sum, ms) => sum + ms, 0);
      const jobs = empirical(durations);
      expect(lossInFlight(jobs, t)).toBeCloseTo(all === 0 ? 0 : over / all, 9);
      expect(lossInFlight(empirical(durations.toReversed()), t)).toBe(lossInFlight(jobs, t));
      expect(jobs.longerThan(t)).toBeCloseTo(durations.filter((ms) => ms > t).length / durations.length, 12);
    }),
  );
});

test('a worker that is told loses its own job; one that is not, whatever it has when it is killed', () => {
  const stop = { window: 115_000, utilisation: 0.4 };
  expect(lossPerStop(fixed, { ...stop, signal: 'heard' })).toBeCloseTo((0.4 * 185) / 300, 12);
  expect(lossPerStop(fixed, { ...stop, signal: 'eaten' })).toBe(0.4);
  expect(lossPerStop(fixed, { ...stop, window: 0, signal: 'fatal' })).toBe(0.4);
  // A window that is long enough for the job in flight saves nothing where nobody is told.
  expect(lossPerStop(fixed, { window: 400_000, utilisation: 0.4, signal: 'eaten' })).toBe(0.4);
});

test.each<[string, Distribution]>([
  ['exponential', exponential],
  ['uniform', uniform],
  ['seen', empirical([5_000, 100_000, 100_000, 400_000])],
])('a worker that works on for T, job after job and pause after pause, loses as many: %s', (_name, jobs) => {
  // No formula: its days are laid out, it is stopped anywhere in them, and what runs T later is what is lost.
  const random = createRandom(13);
  const pauses = distributionOf({ kind: 'exponential', mean: jobs.mean });
  const window = 90_000;
  const busy: (readonly [from: number, to: number])[] = [];
  let time = 0;
  for (let nth = 0; nth < 40_000; nth += 1) {
    const end = time + jobs.sample(random);
    busy.push([time, end]);
    time = end + pauses.sample(random);
  }
  const injections = Float64Array.from({ length: 40_000 }, () => random() * (time - window)).sort();
  let [at, lost] = [0, 0];
  for (const injection of injections) {
    while ((busy[at]?.[1] ?? Infinity) <= injection + window) at += 1;
    if ((busy[at]?.[0] ?? Infinity) <= injection + window) lost += 1;
  }
  const share = lossPerStop(jobs, { window, utilisation: 0.5, signal: 'eaten' });
  expect(lost / injections.length).toBeCloseTo(share, 1.5);
});

describe('the interval', () => {
  test('it covers the truth about as often as it says', () => {
    const truth = lossInFlight(exponential, 115_000);
    const random = createRandom(11);
    let covered = 0;
    for (let history = 0; history < 200; history += 1) {
      const durations = Float64Array.from({ length: 120 }, () => exponential.sample(random));
      const [bounds] = bootstrapLoss(durations, [115_000], random);
      if (bounds != null && bounds[0] <= truth && truth <= bounds[1]) covered += 1;
    }
    // 95 % of 200, less three standard deviations and what the percentile method falls short by.
    expect(covered).toBeGreaterThanOrEqual(174);
    expect(covered).toBeLessThan(200);
  });

  test('there is none of a few jobs, nor where no job outlived the window', () => {
    const random = createRandom(1);
    expect(bootstrapLoss(Float64Array.of(1, 2, 3), [1], random)).toEqual([null]);
    const durations = Float64Array.from({ length: 50 }, (_, index) => index);
    const [over, under] = bootstrapLoss(durations, [49, 20], random);
    expect(over).toBeNull();
    expect(under).not.toBeNull();
  });

  test('its bounds are shares in order, narrower with more jobs, and the windows may come in any order', () => {
    const few = Float64Array.from({ length: 40 }, (_, index) => index * 1000);
    const many = Float64Array.from({ length: 4000 }, (_, index) => (index % 40) * 1000);
    const [a, b] = bootstrapLoss(few, [20_000, 5_000], createRandom(3));
    const [c] = bootstrapLoss(many, [20_000], createRandom(3));
    expect(a?.[0]).toBeLessThan(a?.[1] ?? 0);
    expect(b?.[0]).toBeGreaterThan(a?.[0] ?? 1);
    expect((c?.[1] ?? 1) - (c?.[0] ?? 0)).toBeLessThan(((a?.[1] ?? 1) - (a?.[0] ?? 0)) / 3);
  });

  test('of many jobs it is that of the normal distribution, and both ways agree where they meet', () => {
    const random = createRandom(9);
    const below = Float64Array.from({ length: 19_999 }, () => exponential.sample(random));
    const above = Float64Array.from([...below, exponential.mean]);
    const [drawn] = bootstrapLoss(below, [115_000], random);
    const [normal] = bootstrapLoss(above, [115_000], random);
    expect(drawn?.[0]).toBeCloseTo(normal?.[0] ?? 0, 2.5);
    expect(drawn?.[1]).toBeCloseTo(normal?.[1] ?? 0, 2.5);
    expect(normal?.[0]).toBeLessThan(normal?.[1] ?? 0);
    expect(bootstrapLoss(above, [1e12], random)).toEqual([null]);
  });

  test('what was never seen may still be there', () => {
    expect(unseenShare(3)).toBeCloseTo(0.632, 3);
    // The table of clean drills: 299 of them prove less than 1 %.
    expect(unseenShare(299)).toBeLessThan(0.01);
    expect(unseenShare(298)).toBeGreaterThan(0.01);
    expect(unseenShare(0)).toBe(1);
  });
});

describe('a retry rule', () => {
  const heard = (window: number) => ({ window, signal: 'heard' }) as const;
  test('of jobs that nobody warns: the half of each is done twice, and a retry that is short enough is finished', () => {
    // Killed anywhere in its 300 s. The retry is lost where its stop comes in its first 200 s, which is killed 100 s later.
    const eaten = retryOf(fixed, { window: 100_000, signal: 'eaten' });
    expect(eaten?.workLost).toBeCloseTo(150_000, 3);
    expect(eaten?.rescuedAtLeast).toBeCloseTo(1 / 3, 9);
    const fatal = retryOf(fixed, { window: 0, signal: 'fatal' });
    expect(fatal?.workLost).toBeCloseTo(150_000, 3);
    expect(fatal?.rescuedAtLeast).toBeCloseTo(0, 9);
    expect(retryOf(fixed, { window: 400_000, signal: 'eaten' })?.rescuedAtLeast).toBe(1);
  });

  test('of jobs of 300 s and a window of 100 s', () => {
    // Stopped evenly within the first 200 s, killed 100 s later: 200 s of work behind it. Stopped again: 200 of 300 are lost.
    const retry = retryOf(fixed, heard(100_000));
    expect(retry?.workLost).toBeCloseTo(200_000, 3);
    expect(retry?.rescuedAtLeast).toBeCloseTo(1 / 3, 9);
    expect(retry?.later[0]).toBeCloseTo(380_000, 3);
    expect(retry?.later[1]).toBeCloseTo(440_000, 3);
  });

  test('nothing is lost, nothing is retried', () => {
    expect(retryOf(fixed, heard(300_000))).toBeNull();
  });

  test('the work that is done twice is between the window and the job', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1 }),
        fc.nat(1_000_000),
        (all, t) => {
          const retry = retryOf(empirical(all), heard(t));
          if (retry === null) return;
          expect(retry.workLost).toBeGreaterThanOrEqual(t);
          expect(retry.workLost).toBeLessThanOrEqual(Math.max(...all));
          expect(retry.rescuedAtLeast).toBeGreaterThanOrEqual(-1e-12);
          expect(retry.rescuedAtLeast).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
