import { describe, expect, test } from 'vitest';
import { hideIn } from '../../src/worker/hidden-words.ts';
import { segmentsOf, wordsOf } from '../../src/worker/shell.ts';

/** What read a character again for every character before it would need hours for these. */
const LENGTH = 400_000;

describe.each([' ', '$(', '"\\', '#', "'", ';', '--token=', '--token "'])(
  'a script of nothing but %j',
  (part) => {
    const script = part.repeat(LENGTH / part.length);

    test('is cut into commands and words', () => {
      expect(segmentsOf(script).length).toBeLessThanOrEqual(LENGTH);
      expect(wordsOf(script).join('').length).toBeLessThanOrEqual(LENGTH);
    });

    test('is searched for secrets', () => {
      expect(hideIn(script, () => 'hidden')).not.toBe('');
    });
  },
);

test('words lose their quotes, and quotes and expansions within words stay together', () => {
  expect(wordsOf(`a "b c"d 'e\\f' \\" g$(h i)j $k "l\\"m"`)).toEqual([
    ...['a', 'b cd', 'e\\f', '"', 'g$(h i)j', '$k', 'l"m'],
  ]);
});
