import { describe, expect, it } from 'vitest';
import { aTaskDefinition, aContainerDefinition, DEFINITION_ARN } from '../support/builders.ts';
import { SPOT_RECLAIM } from '../support/spot.ts';
import { ending, type Theatre } from '../support/theatre.ts';
import { changes, fleet, found, leave, taskOf, type FleetOptions } from './fleet.ts';

const SPOT: FleetOptions = { inject: SPOT_RECLAIM };
/** The scenario would let a drain take four minutes, and so would ECS. */
const SLOW = { expect: { drain: { within: 240_000 } } };

async function drilled(
  over: Partial<FleetOptions> = {},
): Promise<{ stage: Theatre; end: string; said: string }> {
  const stage = fleet({ ...SPOT, ...over });
  const state = await stage.run();
  return { stage, end: ending(state), said: state.verdict?.said ?? '' };
}

function patient({ ecs }: Theatre): void {
  const containers = [aContainerDefinition({ stopTimeout: 600_000 })];
  ecs.world.definitions.set(DEFINITION_ARN, aTaskDefinition({ containers }));
}

describe('a spot reclaim', () => {
  it('on Fargate is a StopTask', async () => {
    const { stage, end, said } = await drilled();
    expect([end, changes(stage)], said).toEqual(['passed drained', ['stopTask']]);
  });

  it('on EC2 drains the host, and ends that', async () => {
    const { stage, end, said } = await drilled({ hosted: [1] });
    expect([end, changes(stage)], said).toEqual(['passed drained', ['DRAINING', 'ACTIVE']]);
    expect(found(stage)).toBe('desired 3, protected none, host ACTIVE');
  });

  it('of a deaf worker is lost, on both', async () => {
    for (const hosted of [[], [1]]) expect((await drilled({ hosted, deaf: [1] })).end).toBe('failed lost');
  });

  it('that takes longer than two minutes is too slow, whatever the scenario and ECS allow', async () => {
    for (const hosted of [[], [1]]) {
      const { end, said } = await drilled({
        hosted,
        scenario: SLOW,
        set: patient,
        asleep: true,
        ...slowly(hosted),
      });
      expect([end, said]).toEqual(['failed drain-too-slow', expect.stringMatching(/limit 2 min 0 s/)]);
    }
  });

  it('on EC2 has two minutes from our call on, also where ECS starts a replacement first', async () => {
    const { end, said } = await drilled({ scenario: SLOW, asleep: true, ...slowly([1], 100_000, 30_000) });
    expect([end, said]).toEqual([
      'failed drain-too-slow',
      expect.stringMatching(/1 min \d\d? s until ECS signalled/),
    ]);
    expect((await drilled({ scenario: SLOW, asleep: true, ...slowly([1], 60_000, 30_000) })).end).toBe(
      'passed drained',
    );
  });

  it('is called an equivalent where a person is asked', async () => {
    const stage = fleet({ ...SPOT });
    await stage.run();
    const confirmed = stage.journal.events.find(({ code }) => code === 'GD_CONFIRMED');
    expect(JSON.stringify(confirmed?.payload)).toMatch(/spot-equivalent: .* with its two minutes/);
  });
});

/** A worker that hears of it after `told`, on a host, and begins to leave `takes` later (and then needs 10 s), milliseconds. */
function slowly(hosted: readonly number[], told = 1_000, takes = 120_000): Partial<FleetOptions> {
  const later = (stage: Theatre): void => {
    stage.clock.at(stage.clock.now() + takes, () => leave(stage, taskOf(1), {}));
  };
  if (hosted.length === 0) return { staged: { runsFor: null, onStop: later } };
  return {
    hosted,
    set: (stage) => {
      patient(stage);
      stage.ecs.before('setInstanceState', 1, () => {
        stage.clock.at(stage.clock.now() + told, () => {
          const stopping = { desired: 'STOPPED', stopCode: 'ServiceSchedulerInitiated' } as const;
          stage.ecs.setTask(taskOf(1), { ...stopping, stoppingAt: stage.clock.now() });
          later(stage);
        });
      });
    },
  };
}
