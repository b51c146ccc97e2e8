import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { NOON } from '../support/builders.ts';
import { planOf } from '../support/plans.ts';
import { ending, theatre } from '../support/theatre.ts';

const MINUTE = 60_000;
const plan = planOf({ limits: { verdictWithin: 10 * MINUTE } });

describe('credentials that expire before a verdict may be there', () => {
  it('and stand in the environment end the drill at the gate, and nothing is started', async () => {
    const stage = theatre({
      plan,
      set: ({ ecs }) => (ecs.world.credentials = { expiresAt: NOON + 5 * MINUTE, renewable: false }),
    });
    const state = await stage.run();
    expect(ending(state)).toBe('could-not-run aws-unauthorized');
    expect(state.verdict?.said).toMatch(/credentials expire in .+, sooner than limits\.verdictWithin/);
    expect([stage.buildkite.count('createBuild'), stage.ecs.count('stopTask')]).toEqual([0, 0]);
  });

  it('do no harm where they last, or where others can be fetched', async () => {
    for (const credentials of [
      { expiresAt: NOON + 60 * MINUTE, renewable: false },
      { expiresAt: NOON + 5 * MINUTE, renewable: true },
    ]) {
      const stage = theatre({ plan, set: ({ ecs }) => (ecs.world.credentials = credentials) });
      expect(ending(await stage.run())).toBe('passed drained');
    }
  });

  it('are fetched anew before the last look, and not between it and the call', async () => {
    const stage = theatre({
      plan,
      set: ({ ecs }) => (ecs.world.credentials = { expiresAt: NOON + 5 * MINUTE, renewable: true }),
    });
    await stage.run();
    const order = stage.ecs.calls.map(({ operation }) => operation);
    const stop = order.indexOf('stopTask');
    const renewed = order.lastIndexOf('credentials', stop);
    expect(renewed).toBeGreaterThan(order.indexOf('credentials'));
    expect(order.slice(renewed + 1, stop)).toContain('tasks');
  });
});

it('credentials that ECS does not accept any more end the wait long before its limit', async () => {
  const stage = theatre({
    plan: planOf({ limits: { verdictWithin: 60 * MINUTE } }),
    onStop: ({ ecs }) => {
      for (const operation of ['tasks', 'service', 'recentStops', 'tasksOf', 'taskDefinition'] as const)
        ecs.fail(operation, { trouble: 'unauthorized', times: Infinity });
    },
  });
  const state = await stage.run();
  expect(ending(state)).toBe('inconclusive observation-gap');
  const [ended] = eventsOf(stage.journal.events, 'GD_WATCH_ENDED');
  expect(ended?.payload.why).toBe('gap');
  expect(ended?.payload.said).toMatch(/^for .+ unauthorized; not seen any more: /);
  expect(stage.clock.now() - NOON).toBeLessThan(10 * MINUTE);
});
