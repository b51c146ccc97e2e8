import type { Trial } from '../../src/claim/trial.ts';

export const DAY = 86_400_000;
export const NOW = 400 * DAY;

/** A drill of yesterday with one job that had a minute left. */
export function makeTrial(answer: Trial['lostGivenStop'], more: Partial<Trial> = {}): Trial {
  return {
    ...{
      drill: 'd',
      at: NOW - DAY,
      organization: 'acme',
      pipeline: 'canary',
      step: 'integration',
      fault: 'stop-task',
    },
    outcome: answer === 'failed' ? 'failed' : answer === 'held' ? 'passed' : 'inconclusive',
    ...{
      lostGivenStop: answer,
      drains: answer,
      jobs: 1,
      jobsLost: answer === 'failed' ? 1 : 0,
      leftMs: 60_000,
    },
    ...more,
  };
}

export function makeTrials(
  count: number,
  answer: Trial['lostGivenStop'],
  more: Partial<Trial> = {},
): readonly Trial[] {
  return Array.from({ length: count }, () => makeTrial(answer, more));
}
