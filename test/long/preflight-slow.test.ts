import { describe, test } from 'vitest';
import { SLOW_PAIRS } from '../e2e/support/pairs.ts';
import { playPair } from '../e2e/support/play-pair.ts';

describe.concurrent('what is foreseen takes its time, and the mended line ends it:', () => {
  test.each(SLOW_PAIRS.map((pair) => [pair.rule, pair] as const))('%s', (_, pair) => playPair(pair));
});
