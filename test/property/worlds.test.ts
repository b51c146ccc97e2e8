import { it } from 'vitest';
import { RUNS } from './runs.ts';
import { worldsHold } from './worlds.ts';

it('no clock, cache or lost read makes a pass of what was none, or a failure of a clean drain', () => {
  worldsHold(RUNS * 10);
});
