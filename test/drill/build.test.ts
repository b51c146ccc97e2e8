import { describe, expect, it } from 'vitest';
import type { Trouble } from '../../src/model/answer.ts';
import { eventsOf } from '../../src/journal/events.ts';
import { aBuild, aJob, AGENT_ID, BUILD_ID, JOB_ID } from '../support/builders.ts';
import { jobEvent } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';
import { ending, OPENING, theatre, type Theatre } from '../support/theatre.ts';

const limited = (retryAfter: number): Trouble => ({
  kind: 'rate-limited',
  message: 'try again later',
  retryAfter,
});
const sent = (stage: Theatre): readonly number[] => [
  stage.buildkite.count('createBuild'),
  stage.ecs.count('stopTask'),
  stage.buildkite.count('cancelBuild'),
];

describe('the build', () => {
  it('is found by its meta-data where the answer was lost', async () => {
    const stage = theatre({
      set: ({ buildkite }) => buildkite.fail('createBuild', { trouble: 'timeout', acted: true }),
    });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.buildkite.count('createBuild')).toBe(1);
    expect(eventsOf(stage.journal.events, 'GD_BUILD_KNOWN')[0]?.payload.by).toBe('meta-data');
  });

  it('is never sent again blindly', async () => {
    const stage = theatre({
      set: ({ buildkite }) => buildkite.fail('createBuild', { trouble: 'timeout', certainty: 'unknown' }),
    });
    const state = await stage.run();
    expect(ending(state)).toBe('could-not-run build-not-created');
    expect(stage.buildkite.count('createBuild')).toBe(1);
    expect(stage.buildkite.count('buildOfDrill')).toBeGreaterThan(5);
    expect(eventsOf(stage.journal.events, 'GD_SETTLED')[0]?.payload.left.join()).toContain('may exist');
  });

  it('is sent again when the rate is limited no more', async () => {
    const stage = theatre({
      set: ({ buildkite }) => buildkite.fail('createBuild', { trouble: limited(20_000), times: 2 }),
    });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.buildkite.count('createBuild')).toBe(3);
    expect(stage.clock.now() - OPENING).toBeGreaterThan(40_000);
  });

  it('is not waited for where Buildkite asks for more time than the drill has', async () => {
    const stage = theatre({
      plan: planOf({ when: { startWithin: 60_000 } }),
      set: ({ buildkite }) =>
        buildkite.fail('createBuild', { trouble: limited(86_400_000), times: Infinity }),
    });
    expect(ending(await stage.run())).toBe('could-not-run buildkite-rate-limited');
    expect(stage.buildkite.count('createBuild')).toBe(1);
    expect(stage.clock.now() - OPENING).toBeLessThan(60_000);
  });

  it.each<[Trouble['kind'], string]>([
    ['refused', 'could-not-run build-not-created'],
    ['unauthorized', 'could-not-run buildkite-unauthorized'],
    ['unreachable', 'could-not-run buildkite-unreachable'],
  ])('refused as %s ends the drill', async (trouble, expected) => {
    const stage = theatre({ set: ({ buildkite }) => buildkite.fail('createBuild', { trouble }) });
    expect(ending(await stage.run())).toBe(expected);
  });

  it('that is named is stopped, and never canceled', async () => {
    const running = (stage: Theatre, over = {}): void => {
      stage.buildkite.world.builds.set(BUILD_ID, aBuild(over));
      const events = [jobEvent('STARTED', OPENING)];
      stage.buildkite.world.jobs.set(JOB_ID, aJob({ startedAt: OPENING, events }));
      stage.buildkite.setAgent(AGENT_ID, { isRunningJob: true });
    };
    const plan = planOf({ build: { number: 1 } });
    const stage = theatre({ plan, set: running });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.buildkite.count('createBuild')).toBe(0);
    const hurt = theatre({ plan, set: (one) => running(one, { state: 'failing', rawState: 'FAILING' }) });
    expect(ending(await hurt.run())).toBe('inconclusive unsound-baseline');
    expect(sent(hurt)).toEqual([0, 0, 0]);
  });

  it('that is named and does not exist could not run', async () => {
    const stage = theatre({ plan: planOf({ build: { number: 99 } }) });
    expect(ending(await stage.run())).toBe('could-not-run build-not-created');
  });
});
