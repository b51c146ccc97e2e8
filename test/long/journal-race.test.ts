import { expect, test } from 'vitest';
import { raceForJournals } from '../support/journal-race.ts';

test('of two processes that want to write one journal exactly one does, 200 times', async () => {
  expect(await raceForJournals(200)).toEqual({ writers: [0, 200, 0], spoilt: [] });
});
