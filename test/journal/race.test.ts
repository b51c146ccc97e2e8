import { expect, test } from 'vitest';
import { raceForJournals } from '../support/journal-race.ts';

test('of two processes that want to write one journal exactly one does, also behind a dead writer', async () => {
  expect(await raceForJournals(20)).toEqual({ writers: [0, 20, 0], spoilt: [] });
});
