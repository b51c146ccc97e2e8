import { describe, expect, it } from 'vitest';
import type { Trouble } from '../../src/model/answer.ts';
import { planOf } from '../support/plans.ts';
import { ending, OPENING, theatre, type Staged } from '../support/theatre.ts';

const limited: Trouble = { kind: 'rate-limited', message: 'try again in 300 seconds', retryAfter: 300_000 };
const plan = planOf({ when: { startWithin: 30_000 } });

/** Buildkite's answers to `build` fail from that instant after the start on. */
function failingFrom(after: number, trouble: Trouble | Trouble['kind'], times = Infinity): Staged {
  return {
    plan,
    startsAfter: null,
    set: ({ buildkite, clock }) =>
      clock.at(OPENING + after, () => buildkite.fail('build', { trouble, times })),
  };
}

describe('when.startWithin ends', () => {
  it.each<[string, Staged, string]>([
    ['while Buildkite is away', failingFrom(10_000, 'unreachable'), 'could-not-run buildkite-unreachable'],
    [
      'while Buildkite does not answer in time',
      failingFrom(10_000, 'timeout'),
      'could-not-run buildkite-unreachable',
    ],
    ['while Buildkite limits us', failingFrom(10_000, limited), 'could-not-run buildkite-rate-limited'],
    ['while Buildkite answers errors', failingFrom(10_000, 'server-error'), 'could-not-run buildkite-error'],
    [
      'after Buildkite went away for the last moment alone',
      failingFrom(29_999, 'unreachable'),
      'could-not-run buildkite-unreachable',
    ],
    [
      'after Buildkite was away and came back',
      failingFrom(10_000, 'unreachable', 3),
      'inconclusive step-never-ran',
    ],
    ['with Buildkite there all the time', { plan, startsAfter: null }, 'inconclusive step-never-ran'],
  ])('%s', async (_title, staged, expected) => {
    const stage = theatre(staged);
    expect(ending(await stage.run())).toBe(expected);
    expect(stage.ecs.count('stopTask')).toBe(0);
  });

  it('while the agent of a step in flight cannot be read: the step did run', async () => {
    const stage = theatre({
      plan,
      runsFor: null,
      set: ({ buildkite }) => buildkite.fail('agent', { trouble: 'unreachable', times: Infinity }),
    });
    expect(ending(await stage.run())).toBe('could-not-run buildkite-unreachable');
  });
});
