import { describe, expect, it } from 'vitest';
import type { Suspension } from '../../src/model/entities/scaling.ts';
import { ending, type Theatre } from '../support/theatre.ts';
import { AS_BEFORE, changes, fleet, found, left, type FleetOptions } from './fleet.ts';

const NOTHING: Suspension = { in: false, out: false, scheduled: false };
const ALL: Suspension = { in: true, out: true, scheduled: true };
const SUSPEND = {
  inject: { fault: 'scale-in', steered: false, autoscaling: 'suspend' },
  takes: () => true,
} as const;

function scaled(suspended: Suspension, then: (stage: Theatre) => void = () => undefined): FleetOptions {
  return {
    ...SUSPEND,
    set: (stage) => {
      stage.autoScaling.world.targets.set('build-agents', { min: 3, max: 5, suspended });
      then(stage);
    },
  };
}

/** Suspensions that were sent, in short words. */
function sent({ autoScaling }: Theatre): readonly string[] {
  return autoScaling.calls.flatMap(({ operation, args: [call] }) => {
    if (operation !== 'registerTarget') return [];
    const { suspended } = call as { suspended: Suspension };
    return [['in', 'out', 'scheduled'].filter((key) => suspended[key as 'in']).join('+') || 'none'];
  });
}

async function drilled(options: FleetOptions): Promise<{ stage: Theatre; end: string }> {
  const stage = fleet(options);
  return { stage, end: ending(await stage.run()) };
}

describe('automatic scaling that a scale-in suspends', () => {
  it('is suspended before the count is lowered, and resumed after it is restored', async () => {
    let whenLowered: Suspension | undefined;
    let whenResumed: number | undefined;
    const { stage, end } = await drilled(
      scaled(NOTHING, ({ ecs, autoScaling }) => {
        const now = (): Suspension | undefined => autoScaling.world.targets.get('build-agents')?.suspended;
        ecs.before('setDesiredCount', 1, () => void (whenLowered = now()));
        autoScaling.before('registerTarget', 2, () => {
          whenResumed = ecs.world.services.get('build-agents')?.desired;
        });
      }),
    );
    expect([end, found(stage), left(stage.journal.events)]).toEqual(['passed drained', AS_BEFORE, []]);
    expect([whenLowered, whenResumed]).toEqual([ALL, 3]);
    expect(sent(stage)).toEqual(['in+out+scheduled', 'none']);
  });

  it('is put back exactly as it was where a part of it was suspended', async () => {
    const { stage } = await drilled(scaled({ ...NOTHING, scheduled: true }));
    expect(sent(stage)).toEqual(['in+out+scheduled', 'scheduled']);
  });

  it('is left alone where somebody has suspended all of it, and this is said', async () => {
    const { stage, end } = await drilled(scaled(ALL));
    expect([end, sent(stage)]).toEqual(['passed drained', []]);
    expect(left(stage.journal.events)).toEqual([
      'the automatic scaling of service build-agents was suspended before the drill, and still is',
    ]);
  });

  it('is not resumed where somebody has resumed a part of it meanwhile', async () => {
    const { stage } = await drilled(
      scaled(NOTHING, ({ ecs, autoScaling }) => {
        const target = { min: 3, max: 5, suspended: { ...ALL, scheduled: false } };
        ecs.before('setDesiredCount', 2, () => autoScaling.world.targets.set('build-agents', target));
      }),
    );
    expect(sent(stage)).toEqual(['in+out+scheduled']);
    expect(left(stage.journal.events)).toEqual([
      'suspended of the automatic scaling of service build-agents, by somebody else meanwhile: scale-in, scale-out; before the drill it was: nothing',
    ]);
  });

  it('is nothing where the service is not registered', async () => {
    const { stage, end } = await drilled(SUSPEND);
    expect([end, sent(stage), found(stage)]).toEqual(['passed drained', [], AS_BEFORE]);
  });

  it('of which nothing may be read, or which may not be changed, ends the drill before the count is lowered', async () => {
    for (const operation of ['target', 'registerTarget'] as const) {
      const { stage, end } = await drilled(
        scaled(NOTHING, ({ autoScaling }) =>
          autoScaling.fail(operation, { trouble: 'denied', times: Infinity }),
        ),
      );
      expect([operation, end, changes(stage), found(stage)]).toEqual([
        ...[operation, 'could-not-run aws-denied', [], AS_BEFORE],
      ]);
    }
  });

  it('is suspended again where the answer was lost, or the target busy with another update', async () => {
    for (const trouble of ['timeout', 'rate-limited'] as const) {
      const { stage, end } = await drilled(
        scaled(NOTHING, ({ autoScaling }) =>
          autoScaling.fail('registerTarget', {
            ...{ trouble, certainty: trouble === 'timeout' ? 'unknown' : 'refused' },
          }),
        ),
      );
      expect([end, found(stage)]).toEqual(['passed drained', AS_BEFORE]);
    }
  });
});

it('a scale-in that leaves automatic scaling alone goes on where it may not be read', async () => {
  const { stage, end } = await drilled({
    inject: { fault: 'scale-in', steered: true },
    set: ({ autoScaling }) => autoScaling.fail('target', { trouble: 'denied', times: Infinity }),
  });
  expect([end, found(stage), sent(stage)]).toEqual(['passed drained', AS_BEFORE, []]);
});
