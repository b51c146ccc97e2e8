import { expect, test } from 'vitest';
import { fits } from '../../src/rig/wildcard.ts';

test.each<[string, string, boolean]>([
  ['ecs:StopTask', 'ecs:StopTask', true],
  ['ecs:*', 'ecs:StopTask', true],
  ['*', '', true],
  ['', '', true],
  ['?', '', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['a*c*e', 'abcde', true],
  ['a*c*e', 'abcdef', false],
  ['*/ab', 'x/a/ab', true],
  ['**a', 'bba', true],
  ['a.c', 'abc', false],
])('%j and %j: %j', (pattern, text, expected) => {
  expect(fits(pattern, text)).toBe(expected);
});

/** A regular expression of it would try every way to share the letters out. */
test('a pattern of many stars is answered', () => {
  expect(fits(`${'*a'.repeat(60)}*b`, 'a'.repeat(2_000))).toBe(false);
});
