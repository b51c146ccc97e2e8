import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLAIM_KINDS, formatClaim, formatLower, formatUpper } from '../../src/claim/claim.ts';
import type { Claim } from '../../src/claim/claim.ts';
import { parseClaim } from '../../src/claim/parse.ts';

describe('a claim is read', () => {
  test.each<[string, Claim]>([
    ['lost-given-stop < 5 % at 95 %', { kind: 'lost-given-stop', limit: 0.05, confidence: 0.95 }],
    ['lost-given-stop<5%at 95%', { kind: 'lost-given-stop', limit: 0.05, confidence: 0.95 }],
    ['  Not-Drained  <  10 %  at  99.9 %  ', { kind: 'not-drained', limit: 0.1, confidence: 0.999 }],
    ['drains > 90 % at 95 %', { kind: 'not-drained', limit: 0.1, confidence: 0.95 }],
    ['drains > 99.9 % at 95 %', { kind: 'not-drained', limit: 0.001, confidence: 0.95 }],
    ['runs-lost < 0.1 % at 95 %', { kind: 'runs-lost', limit: 0.001, confidence: 0.95 }],
  ])('%s', (text, claim) => {
    expect(parseClaim(text)).toEqual({ ok: true, claim });
  });

  test('each claim is read as it is written', () => {
    const claims = fc.record({
      kind: fc.constantFrom(...CLAIM_KINDS),
      limit: fc.integer({ min: 1, max: 999 }).map((permille) => permille / 1000),
      confidence: fc.constantFrom(0.5, 0.9, 0.95, 0.975, 0.99),
    });
    fc.assert(
      fc.property(claims, (claim) => {
        expect(parseClaim(formatClaim(claim))).toEqual({ ok: true, claim });
      }),
    );
  });

  test('no text makes it throw, and each problem names a place in the text', () => {
    const piece = fc.constantFrom(
      'drains',
      'lost-given-stop',
      '<',
      '>',
      '5',
      '%',
      'at',
      '95 %',
      ' ',
      '0.1',
      '§',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseClaim(text);
        if (parsed.ok) return;
        expect(parsed.problem.column).toBeGreaterThanOrEqual(1);
        expect(parsed.problem.column).toBeLessThanOrEqual(text.length + 1);
      }),
    );
  });
});

describe('a text that is no claim is told where it goes wrong', () => {
  test.each([
    ['', 1, 'the claim begins with what it is about'],
    ['lost < 5 % at 95 %', 1, 'no claim is called "lost"'],
    ['lost-given-stop 5 % at 95 %', 17, '< is missing'],
    ['lost-given-stop <= 5 % at 95 %', 17, '"<=" is not the sign: a bound lies strictly below (<) a limit'],
    ['lost-given-stop > 5 % at 95 %', 17, 'a rate of losses is claimed to be below a limit, not above it'],
    ['drains < 10 % at 95 %', 8, 'this would claim that few workers drain'],
    ['lost-given-stop < five % at 95 %', 19, 'a limit is missing: a percentage such as 5 %'],
    ['lost-given-stop < 0,5 % at 95 %', 19, '"0,5" is not a number'],
    ['lost-given-stop < 0.05 at 95 %', 24, 'a limit is a percentage, and % is missing'],
    ['lost-given-stop < 0 % at 95 %', 19, 'a limit lies above 0 % and below 100 %; this is 0 %'],
    ['lost-given-stop < 5 %', 22, 'the confidence is missing: "at" and a percentage'],
    ['lost-given-stop < 5 % at 100 %', 26, 'a confidence lies from 50 % to 99.999 %; this is 100 %'],
    ['lost-given-stop < 5 % at 5 %', 26, 'a confidence lies from 50 % to 99.999 %; this is 5 %'],
    ['lost-given-stop < 5 % at 95 % of runs', 31, '"of runs" is too much: the claim ends before it'],
  ])('%j', (text, column, message) => {
    const parsed = parseClaim(text);
    if (parsed.ok) throw new Error('this is no claim');
    expect(parsed.problem).toMatchObject({ column, message });
    expect(parsed.problem.next).not.toBe('');
  });
});

test('a bound is never told smaller than it is, nor a lower one larger', () => {
  expect(formatUpper(0.049501)).toBe('4.96 %');
  expect(formatUpper(0.05)).toBe('5 %');
  expect(formatUpper(1)).toBe('100 %');
  expect(formatLower(0.0499999)).toBe('4.99 %');
  expect(formatLower(0)).toBe('0 %');
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 1, noNaN: true }), (part) => {
      expect(parseFloat(formatUpper(part))).toBeGreaterThanOrEqual(part * 100 * (1 - 1e-9));
      expect(parseFloat(formatLower(part))).toBeLessThanOrEqual(part * 100 * (1 + 1e-9));
    }),
  );
});
