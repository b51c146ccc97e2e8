import { describe, expect, test } from 'vitest';
import { concludeLosses } from '../../src/losses/conclude.ts';
import type { Asked } from '../../src/losses/document.ts';
import { boundsOf, designEffectOf, guessChange, rateOf } from '../../src/losses/rates.ts';
import { createHistoryCounter } from '../../src/losses/tally.ts';
import type { Count, DayCount } from '../../src/losses/tally.ts';
import { createRandom } from '../../src/forecast/random.ts';

const DAY = 86_400_000;
const count = (runs: number, lost: number, undecided = 0): Count => ({ runs, lost, undecided, hidden: 0 });
const daysOf = (...counts: readonly (readonly [runs: number, lost: number])[]): readonly DayCount[] =>
  counts.map(([runs, lost], nth) => ({ at: nth * DAY, name: `day ${nth}`, ...count(runs, lost) }));
const repeat = <T>(times: number, one: T): readonly T[] => Array.from({ length: times }, () => one);

describe('rates and bounds', () => {
  // 20 of 1,000, by the closed form in another language.
  test("Wilson's interval for display", () => {
    const { share, low, high } = rateOf(count(1000, 20));
    expect(share).toBe(0.02);
    expect(low).toBeCloseTo(0.012984, 6);
    expect(high).toBeCloseTo(0.03069, 6);
  });
  test('what is undecided counts both ways', () => {
    expect(rateOf(count(1000, 20, 10)).low).toBe(rateOf(count(1000, 20)).low);
    expect(rateOf(count(1000, 20, 10)).high).toBe(rateOf(count(1000, 30)).high);
    expect(boundsOf(count(1000, 0, 10), 1).upper).toBe(boundsOf(count(1000, 10), 1).upper);
    expect(boundsOf(count(1000, 0, 10), 1).lower).toBe(0);
  });
  test('no runs, no rate', () => {
    expect(rateOf(count(0, 0))).toEqual({ share: null, low: 0, high: 1 });
    expect(boundsOf(count(0, 0), 1)).toEqual({ lower: 0, upper: 1 });
  });
  // The design's own figure: nothing of 2,995 is 0.1 % at 95 %.
  test('0 of 2,995 is at most 0.1 %', () => {
    expect(boundsOf(count(2995, 0), 1).upper).toBeLessThanOrEqual(0.001);
    expect(boundsOf(count(2994, 0), 1).upper).toBeGreaterThan(0.001);
  });
});

describe('days as clusters', () => {
  test('losses that come together on a few of fifty days are worth less', () => {
    const spiky = [...repeat(45, [100, 0] as const), ...repeat(5, [100, 20] as const)];
    // 50/49 x (45 x 2^2 + 5 x 18^2) / (5,000 x 0.02 x 0.98)
    expect(designEffectOf(daysOf(...spiky))).toBeCloseTo((50 / 49) * (1800 / 98), 6);
  });
  test('losses on every day alike are worth what they are, never more', () => {
    expect(designEffectOf(daysOf(...repeat(60, [100, 2] as const)))).toBe(1);
  });
  test('forty-nine days are too few to tell', () => {
    const spiky = [...repeat(44, [100, 0] as const), ...repeat(5, [100, 20] as const)];
    expect(designEffectOf(daysOf(...spiky))).toBe(1);
  });
});

describe('the likeliest change', () => {
  test('a rate that falls to a tenth is found on its day', () => {
    const days = daysOf(...repeat(15, [500, 10] as const), ...repeat(10, [500, 1] as const));
    expect(guessChange(days)).toMatchObject({
      day: 'day 15',
      before: { runs: 7500, lost: 150 },
      since: { runs: 5000, lost: 10 },
    });
  });
  test('two loud days in a calm month are no change', () => {
    const days = daysOf(
      ...repeat(14, [500, 1] as const),
      [500, 30],
      ...repeat(10, [500, 1] as const),
      [500, 30],
    );
    expect(guessChange(days)).toBeNull();
  });
  test('chance alone makes one in at most one of forty histories', () => {
    const random = createRandom(7);
    const drawn = (): readonly [number, number] => [400, repeat(400, 0).filter(() => random() < 0.02).length];
    const guesses = Array.from({ length: 400 }, () =>
      guessChange(daysOf(...Array.from({ length: 30 }, drawn))),
    );
    expect(guesses.filter((guess) => guess !== null).length).toBeLessThanOrEqual(10);
  });
  test('a day, or none, has no change', () => {
    expect(guessChange([])).toBeNull();
    expect(guessChange(daysOf([100, 50]))).toBeNull();
  });
});

describe('conclusions', () => {
  const asked: Asked = {
    ...{ organization: 'acme', pipelines: ['main'], period: { from: 0, to: 30 * DAY } },
    ...{ grouping: null, change: null, allowed: null, deployments: null, requests: 1, remarks: [] },
  };
  const conclude = (runs: number, lost: number, over: Partial<Asked> = {}) => {
    const counted = { period: asked.period, grouping: null, change: null, nameDay: String };
    const empty = createHistoryCounter(counted).read();
    return concludeLosses({ ...empty, ...count(runs, lost) }, { ...asked, ...over });
  };

  test.each([
    [3000, 0, 0.001, 'below'],
    [1000, 0, 0.001, 'not-enough-evidence'],
    [1000, 20, 0.01, 'above'],
    [1000, 20, 0.02, 'not-enough-evidence'],
    [1000, 20, 0.05, 'below'],
    [0, 0, 0.05, 'not-enough-evidence'],
  ])('of %i runs %i lost, against %f: %s', (runs, lost, allowed, answer) => {
    expect(conclude(runs, lost, { allowed }).limit).toEqual({ allowed, answer });
  });

  test('a spike lies in the deployment that went on then, if ECS still shows it', () => {
    const spike = { from: 20 * DAY, to: 20 * DAY + 60_000, lost: 5, agents: 5 };
    const counted = { period: asked.period, grouping: null, change: null, nameDay: String };
    const history = { ...createHistoryCounter(counted).read(), spikes: [spike] };
    const at = (beganAt: number | null, completedAt: number | null) => {
      const deployments = [{ id: 'ecs-svc/1', beganAt, completedAt }];
      return concludeLosses(history, { ...asked, deployments }).spikes[0]?.deployment;
    };
    expect(at(spike.from - 600_000, null)).toBe('ecs-svc/1');
    expect(at(null, spike.from + 600_000)).toBe('ecs-svc/1');
    expect(at(spike.from - 2 * DAY, spike.from - DAY)).toBeNull();
    expect(at(spike.from + 60_000, null)).toBeNull();
  });
});
