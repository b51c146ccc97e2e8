import { it } from 'vitest';
import { RUNS } from './runs.ts';
import { worldsHold } from './worlds.ts';

it('no clock, cache or lost read makes a pass of what was none, or a failure of a clean drain', () => {
  worldsHold(RUNS * 10);
  // Half a minute on two idle cores; beside the other files it has taken two.
}, 400_000);
