import { describe, expect, it } from 'vitest';
import { judge } from '../../src/verdict/judge.ts';
import { BUILD_ID } from '../support/builders.ts';
import { failed, story, T, type Told } from '../support/journal-builders.ts';

const none = (told: Told): string => {
  const verdict = judge(story({ ...told, scenario: { inject: { fault: 'none' } }, stop: null, proof: null }));
  return `${verdict.outcome} ${verdict.reason}`;
};

describe('fault: none', () => {
  it.each<[string, Told, string]>([
    ['the build passed', {}, 'baseline baseline'],
    ['the build is blocked', { build: { state: 'blocked' } }, 'baseline baseline'],
    ['the build failed', { build: { state: 'failed' } }, 'inconclusive unsound-baseline'],
    ['the build was not run', { build: { state: 'not_run' } }, 'inconclusive unsound-baseline'],
    ['the build was canceled', { build: { state: 'canceled' } }, 'inconclusive build-canceled'],
    [
      'it still runs at the deadline',
      { build: { state: 'running' }, ended: 'deadline' },
      'inconclusive verdict-timeout',
    ],
    [
      'Buildkite is away to the end',
      { build: null, failures: [failed('build', BUILD_ID, T.looked)], ended: 'deadline' },
      'inconclusive observation-gap',
    ],
  ])('%s', (_title, told, expected) => {
    expect(none(told)).toBe(expected);
  });
});
