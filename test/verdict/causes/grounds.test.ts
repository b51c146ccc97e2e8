import { expect, it } from 'vitest';
import { byEcs } from '../../../src/evidence/clocks.ts';
import { evidenceOf } from '../../../src/evidence/evidence.ts';
import { measureElapsed } from '../../../src/verdict/causes/grounds.ts';
import { story, T } from '../../support/journal-builders.ts';

it('less than half a millisecond before counts as 0, which JSON can say, and not as -0', () => {
  const evidence = evidenceOf(story({}));
  expect(measureElapsed({ evidence }, byEcs(T.stop + 0.3), byEcs(T.stop))).toBe(0);
});
