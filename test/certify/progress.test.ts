import { describe, expect, test } from 'vitest';
import { mayBegin, weighProgress } from '../../src/certify/progress.ts';
import type { Progress } from '../../src/certify/progress.ts';
import type { LedgerDocument } from '../../src/ledger/document.ts';
import { fingerprintOf } from '../../src/ledger/seal.ts';
import { aDocument, LOST_ONE, NOT_TRIED, WORKER } from '../support/ledger-documents.ts';

const claim = { kind: 'lost-given-stop', limit: 0.05, confidence: 0.95 } as const;
const asked = { pessimistic: false, jobTime: null, within: null, atLeast: 0, now: Infinity };
const many = (count: number, over: Parameters<typeof aDocument>[0] = {}): readonly LedgerDocument[] =>
  Array.from({ length: count }, () => aDocument(over));
const PRINT = fingerprintOf(WORKER);
const OTHER = { ...WORKER, fault: 'scale-in' };

function weigh(
  own: readonly LedgerDocument[],
  before: readonly LedgerDocument[] = [],
  max = 200,
  unreadable = new Set<string>(),
): Progress {
  return weighProgress({ claim, asked, max, unreadable }, own, [...before, ...own]);
}

describe('a certification goes on until the answer is known', () => {
  test('a good worker is certified to 5 % in 62 drills', () => {
    expect(weigh(many(61))).toMatchObject({
      answer: 'not-enough-evidence',
      missing: 1,
      expected: 1,
      stop: null,
    });
    expect(weigh(many(62))).toMatchObject({ answer: 'held', missing: 0, stop: 'decided' });
  });

  test('a worker that loses each job is refuted by its second drill', () => {
    expect(weigh(many(1, LOST_ONE))).toMatchObject({ answer: 'not-enough-evidence', stop: null });
    expect(weigh(many(2, LOST_ONE))).toMatchObject({ answer: 'refuted', stop: 'decided' });
  });

  test('drills of earlier nights count', () => {
    expect(weigh(many(2), many(60))).toMatchObject({ answer: 'held', stop: 'decided' });
    expect(weigh(many(40), many(1, LOST_ONE)).missing).toBe(94);
  });

  test('nothing is known before the first drill: only it shows which worker runs', () => {
    expect(weigh([], many(62))).toMatchObject({
      answer: 'not-enough-evidence',
      workers: [],
      missing: null,
      stop: null,
    });
  });

  test('the maximum ends it, and so does a maximum that could no longer decide', () => {
    expect(weigh(many(30), [], 30).stop).toBe('maximum');
    // One drill is left: it can neither hold the claim nor refute it.
    expect(weigh(many(30), [], 31).stop).toBe('out-of-reach');
    expect(weigh(many(30), [], 92).stop).toBeNull();
    // Two losses in a row would refute it at once.
    expect(weigh(many(1), [], 5).stop).toBeNull();
  });

  test('drills that stop nothing are not repeated for ever', () => {
    expect(weigh(many(2, { ...NOT_TRIED })).stop).toBeNull();
    expect(weigh(many(3, { ...NOT_TRIED })).stop).toBe('fruitless');
    expect(weigh([...many(2, { ...NOT_TRIED }), ...many(1), ...many(2, { ...NOT_TRIED })]).stop).toBeNull();
  });

  test('drills that waited for points in vain are no sign of that', () => {
    const waited = { ...NOT_TRIED, outcome: 'could-not-run', reason: 'buildkite-rate-limited' };
    expect(weigh(many(5, waited)).stop).toBeNull();
  });

  test('drills whose runner died are no sign that the next ones stop nothing', () => {
    const taken = many(4, { ...NOT_TRIED });
    const certification = { claim, asked, max: 200, unreadable: new Set<string>() };
    expect(weighProgress(certification, taken, taken, 4).stop).toBeNull();
    const own = [...taken, ...many(3, { ...NOT_TRIED })];
    expect(weighProgress(certification, own, own, 4).stop).toBe('fruitless');
  });

  test('a document that cannot be read may be a loss: nothing is held, and no drill helps', () => {
    const unreadable = new Set([PRINT]);
    expect(weigh(many(62), [], 200, unreadable)).toMatchObject({
      answer: 'not-enough-evidence',
      stop: 'unreadable',
    });
    expect(weigh(many(2, LOST_ONE), [], 200, unreadable)).toMatchObject({
      answer: 'refuted',
      stop: 'decided',
    });
    expect(weigh(many(62), [], 200, new Set(['e'.repeat(64)])).answer).toBe('held');
  });

  test('a release in the middle begins anew: drills of the old worker do not count', () => {
    const newer = { ...WORKER, agent: { ...WORKER.agent, version: '3.140.0' } };
    const progress = weigh([...many(61), ...many(1, { worker: newer })]);
    expect(progress).toMatchObject({ answer: 'not-enough-evidence', missing: 61, replaced: [PRINT] });
    expect(progress.workers.map(({ fingerprint }) => fingerprint)).toEqual([fingerprintOf(newer)]);
  });

  test('scenarios with several workers: each is certified, and one that is refuted decides', () => {
    const both = [...many(62), ...many(10, { worker: OTHER, fault: 'scale-in' })];
    expect(weigh(both)).toMatchObject({ answer: 'not-enough-evidence', missing: 52 });
    expect(weigh([...both, ...many(52, { worker: OTHER, fault: 'scale-in' })]).answer).toBe('held');
    expect(weigh([...many(62), ...many(2, { ...LOST_ONE, worker: OTHER, fault: 'scale-in' })]).answer).toBe(
      'refuted',
    );
  });
});

describe('how many drills begin', () => {
  const max = 200;

  test('never more than clean ones are missing', () => {
    const progress = weigh(many(59));
    expect([0, 1, 2, 3].map((running) => mayBegin(progress, 59, running, max))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test('none beyond the maximum, those that run included', () => {
    expect(mayBegin(weigh([]), 0, 199, max)).toBe(true);
    expect(mayBegin(weigh([]), 0, 200, max)).toBe(false);
    expect(mayBegin(weigh(many(62)), 62, 0, max)).toBe(false);
  });
});
