import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatSpan } from '../../src/model/instants.ts';
import { timeOfDay } from '../../src/report/text.ts';
import { clip, pad, widthOf, wrap } from '../../src/report/width.ts';

test.each([
  ['abc', 3],
  ['naïve', 5],
  ['日本', 4],
  ['🎯', 2],
  ['e\u0301', 1],
  ['👩‍👩‍👧', 2],
  ['🇩🇪', 2],
])('the width of %s is %i', (text, width) => {
  expect(widthOf(text)).toBe(width);
});

test('clipped text fits, whatever it holds', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 20 }), (text, width) => {
      expect(widthOf(clip(text, width))).toBeLessThanOrEqual(
        Math.max(width, widthOf(text) <= width ? width : 0),
      );
      if (widthOf(text) <= width) expect(clip(text, width)).toBe(text);
    }),
    { numRuns: 300 },
  );
  expect(clip('abcdef', 4)).toBe('abc…');
});

test('wrapping loses no word and breaks long ones only when told', () => {
  expect(wrap('a bb ccc', 4)).toEqual(['a bb', 'ccc']);
  expect(wrap('aaaaaaa b', 3)).toEqual(['aaaaaaa', 'b']);
  expect(wrap('aaaaaaa b', 3, true)).toEqual(['aaa', 'aaa', 'a b']);
  expect(pad('日', 4)).toBe('日  ');
});

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1000, '1.0 s'],
  [59_999, '1 min 0 s'],
  [245_000, '4 min 5 s'],
  [7_380_000, '2 h 3 min'],
  [-1500, '-1.5 s'],
])('%i ms is %s', (ms, text) => {
  expect(formatSpan(ms)).toBe(text);
});

test('times are UTC', () => {
  expect(timeOfDay(Date.UTC(2026, 0, 2, 3, 4, 5, 6))).toBe('03:04:05.006');
});
