import { test } from 'vitest';
import { mutatedFilesHold, strangeFilesHold } from '../scenario/mutations.ts';

const RUNS = 10_000;

test('ten thousand mutated scenario files each give a plan, or errors with their places', () =>
  mutatedFilesHold(RUNS));

test('so do ten thousand of which nothing was ever a scenario', () => strangeFilesHold(RUNS));
