import { describe, expect, test } from 'vitest';
import type { Claim } from '../../src/claim/claim.ts';
import type { Asked } from '../../src/claim/judge.ts';
import { judgeRuns, judgeRunsDirectly } from '../../src/claim/runs.ts';
import { makeTrials } from './trials.ts';

const claim: Claim = { kind: 'runs-lost', limit: 0.001, confidence: 0.95 };
const asked: Asked = { pessimistic: false, jobTime: null, within: null, atLeast: 0, now: 0 };
const stated = { by: 'statement', share: 0.022 } as const;

describe('runs lost: how many meet a stop, and what a stop loses', () => {
  test('at most 2.2 % of runs meet a stop: 83 clean drills carry 0.1 % of runs, 82 do not', () => {
    const judged = judgeRuns(claim, stated, makeTrials(83, 'held'), asked);
    expect(judged).toMatchObject({ answer: 'held', stops: { confidence: 0.975, upper: 0.022 } });
    expect(judged.drills?.claim.limit).toBeCloseTo(0.04545, 5);
    expect(judged.upper).toBeLessThanOrEqual(0.001);
    const few = judgeRuns(claim, stated, makeTrials(82, 'held'), asked);
    expect(few).toMatchObject({ answer: 'not-enough-evidence', drills: { missing: 1 } });
  });

  test('so few runs meet a stop that no drill is needed', () => {
    const judged = judgeRuns(claim, { by: 'statement', share: 0.0009 }, [], asked);
    expect(judged).toMatchObject({ answer: 'held', drills: null, upper: 0.0009 });
  });

  test('a statement bounds from above alone: drills that all lose refute nothing about runs', () => {
    const lost = makeTrials(30, 'failed');
    expect(judgeRuns(claim, stated, lost, asked)).toMatchObject({ answer: 'not-enough-evidence', lower: 0 });
    const counted = { by: 'count', stopped: { failed: 220, trials: 10_000 } } as const;
    expect(judgeRuns(claim, counted, lost, asked).answer).toBe('refuted');
  });

  test('counted stops are bounded before they count', () => {
    const counted = { by: 'count', stopped: { failed: 220, trials: 10_000 } } as const;
    const judged = judgeRuns(claim, counted, makeTrials(83, 'held'), asked);
    expect(judged.stops.upper).toBeGreaterThan(0.0245);
    expect(judged.answer).toBe('not-enough-evidence');
    expect(judgeRuns(claim, counted, makeTrials(120, 'held'), asked).answer).toBe('held');
  });

  test("losses of the old worker, over what its own stops lost, bound today's stops", () => {
    const tally = { failed: 205, trials: 10_000 };
    const lost = { against: tally, inFavour: tally };
    const old = { by: 'losses', lost, losing: { failed: 30, trials: 30 } } as const;
    const judged = judgeRuns(claim, old, makeTrials(150, 'held'), asked);
    // More than the losses, as some stops lost nothing that was seen.
    expect(judged.stops.upper).toBeGreaterThan(0.0205 / 0.9);
    expect(judged.answer).toBe('held');
    // Without a drill of that time, each run may have met a stop.
    const unknown = { by: 'losses', lost, losing: { failed: 0, trials: 0 } } as const;
    expect(judgeRuns(claim, unknown, makeTrials(150, 'held'), asked)).toMatchObject({
      answer: 'not-enough-evidence',
      stops: { upper: 1 },
    });
  });
});

describe('runs lost, by the runs alone', () => {
  test.each([
    [0, 3138, 'not-enough-evidence'],
    [0, 3139, 'held'],
    [1, 3139, 'not-enough-evidence'],
    [16, 3139, 'refuted'],
    [0, 0, 'not-enough-evidence'],
  ] as const)('%i lost of %i: %s', (failed, trials, answer) => {
    const tally = { failed, trials };
    expect(judgeRunsDirectly(claim, { against: tally, inFavour: tally }).answer).toBe(answer);
  });
});
