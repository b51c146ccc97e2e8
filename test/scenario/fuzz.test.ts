import { env } from 'node:process';
import { describe, it } from 'vitest';
import { mutatedFilesHold, strangeFilesHold } from './mutations.ts';

const RUNS = Number(env['GAMEDAY_FUZZ_RUNS'] ?? '300');

describe('whatever a scenario file holds', () => {
  it('is a valid scenario or has its errors with places', { timeout: 600_000 }, () => mutatedFilesHold(RUNS));

  it(
    'is a valid scenario or has its errors with places, also where nothing of it was ever one',
    { timeout: 600_000 },
    () => strangeFilesHold(RUNS),
  );
});
