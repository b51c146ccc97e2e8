import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Claim } from '../../src/claim/claim.ts';
import { isShareLarge, judgeClaim } from '../../src/claim/judge.ts';
import type { Asked, Judgement } from '../../src/claim/judge.ts';
import type { Trial } from '../../src/claim/trial.ts';
import { DAY, makeTrial, makeTrials, NOW } from './trials.ts';

const asked: Asked = { pessimistic: false, jobTime: null, within: null, atLeast: 0, now: NOW };
const claim: Claim = { kind: 'lost-given-stop', limit: 0.05, confidence: 0.95 };
const drains: Claim = { ...claim, kind: 'not-drained' };

const judge = (drills: readonly Trial[], more: Partial<Asked> = {}, of = claim): Judgement =>
  judgeClaim(of, drills, { ...asked, ...more });

describe('what a ledger shows of a claim', () => {
  test('62 clean drills hold below 5 %, 61 do not, and one is missing', () => {
    expect(judge(makeTrials(62, 'held'))).toMatchObject({ answer: 'held', missing: 0, lacks: [] });
    expect(judge(makeTrials(61, 'held'))).toMatchObject({
      ...{ answer: 'not-enough-evidence', missing: 1, expected: 1, lacks: ['1 clean drill is missing'] },
    });
    expect(judge([])).toMatchObject({
      answer: 'not-enough-evidence',
      missing: 62,
      upper: 1,
      lower: 0,
      newest: null,
    });
  });

  test('two losses of two refute it, and so do two among the first ten', () => {
    expect(judge(makeTrials(1, 'failed'))).toMatchObject({
      answer: 'not-enough-evidence',
      lacks: ['134 clean drills are missing'],
    });
    expect(judge(makeTrials(2, 'failed'))).toMatchObject({ answer: 'refuted', lacks: [] });
    expect(judge([...makeTrials(5, 'failed'), ...makeTrials(5, 'held')]).answer).toBe('refuted');
  });

  test('undecided drills are counted beside, and are losses by the worst reading', () => {
    const drills = [...makeTrials(62, 'held'), ...makeTrials(1, 'undecided')];
    expect(judge(drills)).toMatchObject({ answer: 'held', counts: { undecided: 1, held: 62, failed: 0 } });
    expect(judge(drills, { pessimistic: true }).answer).toBe('not-enough-evidence');
    // Nobody is refuted by what was not seen.
    expect(judge(makeTrials(20, 'undecided'), { pessimistic: true }).answer).toBe('not-enough-evidence');
  });

  test('drills without a stop are shown beside, and many that prove nothing are warned of', () => {
    const refused = makeTrials(3, 'no-trial', { outcome: 'refused' });
    const inconclusive = makeTrials(15, 'no-trial');
    const few = judge([...makeTrials(62, 'held'), ...refused, ...inconclusive]);
    expect(few).toMatchObject({ answer: 'held', counts: { notRun: 3, inconclusive: 15 } });
    expect(isShareLarge(few)).toBe(false);
    // 16 of 78 are more than a fifth.
    expect(
      isShareLarge(judge([...makeTrials(62, 'held'), ...makeTrials(1, 'no-trial'), ...inconclusive])),
    ).toBe(true);
    expect(
      isShareLarge(judge([...makeTrials(62, 'held'), ...makeTrials(16, 'undecided')], { pessimistic: true })),
    ).toBe(true);
  });

  test('an outlasted stop counts for lost-given-stop, and not for drains', () => {
    const outlasted = makeTrials(62, 'held', { drains: 'outlasted', outcome: 'outlasted' });
    expect(judge(outlasted).answer).toBe('held');
    expect(judge(outlasted, {}, drains)).toMatchObject({
      answer: 'not-enough-evidence',
      counts: { outlasted: 62, held: 0 },
    });
  });

  test('a trial is a drill, whatever the number of its jobs', () => {
    const drills = makeTrials(10, 'held', { jobs: 8 });
    expect(judge(drills)).toMatchObject({
      answer: 'not-enough-evidence',
      counts: { held: 10, jobs: 80, jobsLost: 0 },
    });
  });
});

describe('what is asked beside the bound', () => {
  test('within asks for a recent drill and drops none', () => {
    const old = makeTrials(62, 'held', { at: NOW - 41 * DAY });
    const month = { within: 30 * DAY };
    expect(judge(old, month)).toMatchObject({
      ...{ answer: 'not-enough-evidence', missing: 1 },
      lacks: ['a recent drill was asked for: the last drill is older, or dated in the future'],
    });
    expect(judge([...old, makeTrial('held')], month).answer).toBe('held');
    // The losses of last year are not forgotten.
    const lost = makeTrials(30, 'failed', { at: NOW - 300 * DAY });
    expect(judge([...lost, ...makeTrials(62, 'held')], month).answer).toBe('refuted');
    // A refused drill of this morning is none.
    expect(judge([...old, makeTrial('no-trial', { outcome: 'refused' })], month).answer).toBe(
      'not-enough-evidence',
    );
  });

  test('a clock that was ahead makes no drill recent', () => {
    const ahead = makeTrials(62, 'held', { at: NOW + 2 * DAY });
    expect(judge(ahead, { within: 30 * DAY }).answer).toBe('not-enough-evidence');
    expect(judge(ahead).answer).toBe('held');
  });

  test('at least so many drills', () => {
    expect(judge(makeTrials(62, 'held'), { atLeast: 70 })).toMatchObject({
      ...{ answer: 'not-enough-evidence', missing: 8 },
      lacks: ['at least 70 were asked for: 8 clean drills are missing'],
    });
    expect(judge(makeTrials(70, 'held'), { atLeast: 70 }).answer).toBe('held');
  });

  test('a canary of six seconds says nothing of a step of twenty minutes', () => {
    const canary = makeTrials(200, 'held', { leftMs: 6_000 });
    const long = { jobTime: 1_200_000 };
    expect(judge(canary).answer).toBe('held');
    expect(judge(canary).left).toEqual({ least: 6_000, middle: 6_000, most: 6_000 });
    expect(judge(canary, long)).toMatchObject({
      answer: 'not-enough-evidence',
      missing: 62,
      counts: { tooShort: 200 },
    });
    expect(judge([...canary, ...makeTrials(62, 'held', { leftMs: 1_500_000 })], long).answer).toBe('held');
    // What was lost with less to run would have been lost with more; what was lost with more says nothing of less.
    expect(judge(makeTrials(2, 'failed', { leftMs: 6_000 }), long).answer).toBe('refuted');
    const longer = judge(makeTrials(2, 'failed', { leftMs: 3_600_000 }), long);
    expect(longer).toMatchObject({
      answer: 'not-enough-evidence',
      counts: { against: { failed: 2, trials: 2 } },
    });
    expect(judge(makeTrials(62, 'held', { leftMs: null }), long).answer).toBe('not-enough-evidence');
  });
});

describe('whatever the ledger', () => {
  const trials = fc.array(
    fc.record({
      answer: fc.constantFrom<Trial['lostGivenStop'][]>(
        'held',
        'held',
        'held',
        'failed',
        'undecided',
        'no-trial',
      ),
      age: fc.integer({ min: -2, max: 60 }),
      leftMs: fc.option(fc.integer({ min: 0, max: 2_000_000 })),
    }),
    { maxLength: 90 },
  );
  const drillsOf = trials.map((list) =>
    list.map(({ answer, age, leftMs }) => makeTrial(answer, { at: NOW - age * DAY, leftMs })),
  );
  const askedOf = fc.record({
    ...{ pessimistic: fc.boolean(), jobTime: fc.option(fc.constantFrom(0, 60_000, 1_200_000)) },
    ...{ within: fc.option(fc.integer({ min: 1, max: 60 }).map((days) => days * DAY)) },
    ...{ atLeast: fc.integer({ min: 0, max: 80 }), now: fc.constant(NOW) },
  });

  test('a further loss never helps a claim, and a further clean drill never hurts it', () => {
    const rank = { refuted: 0, 'not-enough-evidence': 1, held: 2 };
    fc.assert(
      fc.property(drillsOf, askedOf, (drills, more) => {
        const before = judge(drills, more);
        const worse = judge([...drills, makeTrial('failed', { leftMs: 0 })], { ...more, within: null });
        const better = judge([...drills, makeTrial('held', { leftMs: 9_000_000 })], more);
        expect(rank[worse.answer]).toBeLessThanOrEqual(rank[judge(drills, { ...more, within: null }).answer]);
        expect(rank[better.answer]).toBeGreaterThanOrEqual(rank[before.answer]);
      }),
    );
  });

  test('the order does not matter, and nothing is counted twice or not at all', () => {
    fc.assert(
      fc.property(drillsOf, askedOf, (drills, more) => {
        const judged = judge(drills, more);
        expect(judge(drills.toReversed(), more)).toEqual(judged);
        const { failed, held, undecided, outlasted, inconclusive, notRun } = judged.counts;
        expect(failed + held + undecided + outlasted + inconclusive + notRun).toBe(drills.length);
      }),
    );
  });

  test('as many clean drills as are missing make it hold, and one fewer does not', () => {
    fc.assert(
      fc.property(drillsOf, askedOf, (drills, more) => {
        const { answer, missing } = judge(drills, more);
        if (answer !== 'not-enough-evidence' || missing === null) return;
        const clean = (count: number): readonly Trial[] => makeTrials(count, 'held', { leftMs: 9_000_000 });
        expect(judge([...drills, ...clean(missing)], more).answer).toBe('held');
        expect(judge([...drills, ...clean(missing - 1)], more).answer).not.toBe('held');
      }),
      { numRuns: 60 },
    );
  });

  test('a claim is held only below its limit, and refuted only above it', () => {
    fc.assert(
      fc.property(drillsOf, askedOf, (drills, more) => {
        const { answer, upper, lower } = judge(drills, more);
        if (answer === 'held') expect(upper).toBeLessThanOrEqual(claim.limit);
        if (answer === 'refuted') expect(lower).toBeGreaterThanOrEqual(claim.limit);
      }),
    );
  });
});
