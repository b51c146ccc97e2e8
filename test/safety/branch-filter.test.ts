import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isGlobMatch } from '../../src/model/glob.ts';
import { isBranchMatch } from '../../src/safety/intermediate-builds.ts';

test.each<[string | null, string, boolean]>([
  [null, 'main', true],
  ['', 'main', true],
  ['main', 'main', true],
  ['main', 'maintenance', false],
  ['main release/*', 'release/1.2', true],
  ['release/*', 'release', false],
  ['*', 'any/thing', true],
  ['feature/*-x', 'feature/-x', true],
  ['feature/*-x', 'feature/x', false],
  ['a*a', 'a', false],
  ['!main', 'topic', true],
  ['!main', 'main', false],
  ['topic/* !topic/old-*', 'topic/old-1', false],
  ['v1.2+(x)', 'v1.2+(x)', true],
  ['v1.2', 'v1x2', false],
])('filter %j and branch %j: %j', (filter, branch, expected) => {
  expect(isBranchMatch(filter, branch)).toBe(expected);
});

test('it says what a regular expression would', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.', '/') });
  fc.assert(
    fc.property(text, text, (pattern, branch) => {
      const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*');
      expect(isGlobMatch(pattern, branch)).toBe(new RegExp(`^${source}$`).test(branch));
    }),
    { numRuns: 300 },
  );
});

/** A regular expression of the first tries every way to share the letters out, which takes longer than the sun will burn. */
test('a filter that makes a regular expression try everything is answered', () => {
  const branch = 'a'.repeat(250);
  expect(isBranchMatch(`${'*a'.repeat(60)}*b`, branch)).toBe(false);
  expect(isBranchMatch(`${'*a'.repeat(60)}*`, branch)).toBe(true);
  expect(isBranchMatch(Array.from({ length: 20_000 }, () => '!*a*a*a*a*b').join(' '), branch)).toBe(true);
});
