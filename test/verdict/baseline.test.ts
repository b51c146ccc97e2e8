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

describe('fault: none, and an idle worker that is to leave by itself', () => {
  const idle = (told: Told) =>
    judge(
      story({
        ...told,
        scenario: { inject: { fault: 'none' }, expect: { idle: { within: 5_000 } } },
        target: { jobId: null },
        ...{ stop: null, proof: null, job: null },
        task: { stopCode: 'EssentialContainerExited', stoppingAt: null, ...told.task },
      }),
    );
  const flag = ['buildkite-agent', 'start', '--disconnect-after-idle-timeout'];
  const first = (told: Told) => {
    const { reason, cause } = idle(told);
    return [reason, cause?.ranked[0]?.name, cause?.ranked[0]?.weight, cause?.decided];
  };

  it.each<[string, Told, readonly unknown[], RegExp]>([
    [
      'whose own time-out is longer than allowed',
      { definition: { entryPoint: [], command: [...flag, '20'] } },
      ['idle-too-slow', 'idle-too-long', 'proven', true],
      /`--disconnect-after-idle-timeout 5`/,
    ],
    [
      'that has none',
      { definition: { command: ['buildkite-agent', 'start'] } },
      ['idle-too-slow', 'idle-too-long', 'likely', true],
      /disconnect-after-idle-timeout/,
    ],
    [
      'whose own time-out is short enough',
      { definition: { command: [...flag, '3'] } },
      ['idle-too-slow', 'idle-too-long', 'possible', false],
      /see its log/,
    ],
    [
      'whose container ends badly',
      { container: { exitCode: 2 } },
      ['not-drained', 'agent-exited', 'possible', false],
      /log/,
    ],
  ])('%s', (_title, told, expected, saves) => {
    expect(first(told)).toEqual(expected);
    expect(idle(told).cause?.ranked[0]?.saves).toMatch(saves);
  });
});
