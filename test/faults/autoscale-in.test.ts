import { describe, expect, it } from 'vitest';
import type { ScalableTarget, ScalingActivity } from '../../src/model/entities/scaling.ts';
import { ending, type Theatre } from '../support/theatre.ts';
import { AS_BEFORE, fleet, found, left, scaled, taskOf, type FleetOptions } from './fleet.ts';

const FAULT: FleetOptions = { inject: { fault: 'autoscale-in', steered: true }, set: scaled };
const service = 'build-agents';

/** The minimum capacities that were set. */
function sent({ autoScaling }: Theatre): readonly number[] {
  return autoScaling.calls.flatMap(({ operation, args: [call] }) =>
    operation === 'registerTarget' ? [(call as { min: number }).min] : [],
  );
}

async function drilled(over: Partial<FleetOptions> = {}) {
  const stage = fleet({ ...FAULT, ...over });
  const state = await stage.run();
  return { stage, end: ending(state), said: state.verdict?.said ?? '' };
}

/** The service is scaled, and something else is made of it. */
const and =
  (change: (stage: Theatre) => void): ((stage: Theatre) => void) =>
  (stage) => {
    scaled(stage);
    change(stage);
  };

function change({ autoScaling }: Theatre, over: Partial<ScalableTarget>): void {
  const target = autoScaling.world.targets.get(service);
  if (target !== undefined) autoScaling.world.targets.set(service, { ...target, ...over });
}

describe('an automatic scale-in', () => {
  it('lowers the minimum, waits for the policy, judges the worker that it takes, and restores the minimum', async () => {
    const { stage, end, said } = await drilled();
    expect([end, found(stage), left(stage.journal.events)]).toEqual(['passed drained', AS_BEFORE, []]);
    expect(sent(stage)).toEqual([2, 3]);
    // The policy lowered the count, and the restored minimum brought it back.
    expect(stage.autoScaling.world.activities.map(({ count, cause }) => [count, cause])).toEqual([
      [3, 'minimum capacity was set to 3'],
      [2, 'monitor alarm low in state ALARM triggered policy jobs'],
    ]);
    expect(stage.ecs.count('setDesiredCount')).toBe(0);
    expect(said).not.toBe('');
  });

  it('of a policy that does nothing is not confirmed, and leaves nothing behind', async () => {
    const { stage, end } = await drilled({
      scenario: { limits: { verdictWithin: 60_000 } },
      set: and(({ autoScaling }) => (autoScaling.scale = () => undefined)),
    });
    expect([end, found(stage)]).toEqual(['inconclusive stop-not-confirmed', AS_BEFORE]);
    expect(sent(stage)).toEqual([2, 3]);
  });

  it.each<readonly [string, (stage: Theatre) => void, RegExp]>([
    ['is not registered', ({ autoScaling }) => autoScaling.world.targets.clear(), /not registered/],
    [
      'has its scale-in suspended',
      (stage) => change(stage, { suspended: { in: true, out: false, scheduled: false } }),
      /suspended/,
    ],
    [
      'has no policy that scales in',
      ({ autoScaling }) => (autoScaling.world.policies = []),
      /no scaling policy/,
    ],
    ['may be scaled in already', (stage) => change(stage, { min: 1 }), /the load keeps it/],
  ])('of a service that %s is refused before anything is changed', async (_name, make, why) => {
    // The policy has taken what it may before the drill begins, so it is kept still here.
    const { stage, end, said } = await drilled({
      set: and((one) => {
        one.autoScaling.scale = () => undefined;
        make(one);
      }),
    });
    expect([end, sent(stage)]).toEqual(['refused inert-fault', []]);
    expect(said).toMatch(why);
  });

  it('is not ours where somebody else lowered the count and no activity shows the policy', async () => {
    const { end, said, stage } = await drilled({
      set: and(({ autoScaling, ecs }) => {
        autoScaling.scale = () => undefined;
        autoScaling.before('registerTarget', 1, () => {
          const known = ecs.world.services.get(service);
          if (known !== undefined) ecs.world.services.set(service, { ...known, desired: 2 });
        });
      }),
    });
    expect(end).toBe('inconclusive stopped-by-other');
    expect(said).toContain('began no scale-in after our call');
    expect(sent(stage)).toEqual([2, 3]);
  });

  it('does not take an activity of before for its own', async () => {
    const { end } = await drilled({
      set: and(({ autoScaling, ecs, clock }) => {
        autoScaling.scale = () => undefined;
        const startedAt = clock.now() as ScalingActivity['startedAt'];
        autoScaling.world.activities = [{ id: 'old', startedAt, count: 2, cause: 'policy jobs' }];
        autoScaling.before('registerTarget', 1, () => {
          const known = ecs.world.services.get(service);
          if (known !== undefined) ecs.world.services.set(service, { ...known, desired: 2 });
        });
      }),
    });
    expect(end).toBe('inconclusive stopped-by-other');
  });

  it('whose activities cannot be read any more after the stop is without its evidence', async () => {
    const { end } = await drilled({
      set: and(({ autoScaling }) => {
        autoScaling.before('registerTarget', 1, () =>
          autoScaling.fail('activities', { trouble: 'denied', times: Infinity }),
        );
      }),
    });
    expect(end).toBe('inconclusive evidence-missing');
  });

  it('that may not read or change the registration ends as aws-denied, with nothing changed', async () => {
    for (const operation of ['target', 'activities', 'registerTarget'] as const) {
      const { stage, end } = await drilled({
        set: and(({ autoScaling }) => autoScaling.fail(operation, { trouble: 'denied', times: Infinity })),
      });
      expect([operation, end, found(stage)]).toEqual([operation, 'could-not-run aws-denied', AS_BEFORE]);
    }
  });

  it('leaves a minimum that somebody else has set meanwhile, and names it', async () => {
    const { stage } = await drilled({
      set: and((one) => one.autoScaling.before('activities', 4, () => change(one, { min: 1 }))),
    });
    expect(sent(stage)).toEqual([2]);
    expect(left(stage.journal.events)).toEqual([
      'the minimum capacity of service build-agents is 1, set by somebody else meanwhile; it was 3 before the drill',
    ]);
  });

  it('takes whom the scheduler chooses where it is not steered', async () => {
    const { end } = await drilled({
      inject: { fault: 'autoscale-in', steered: false },
      takes: ({ arn }) => arn === taskOf(2),
    });
    expect(end).toBe('inconclusive missed-target');
  });
});
