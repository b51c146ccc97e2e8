import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import type { Service } from '../../src/model/entities/task.ts';
import { aService } from '../support/builders.ts';
import { planOf } from '../support/plans.ts';
import { ending, OPENING, theatre, type Theatre } from '../support/theatre.ts';

const [primary] = aService().deployments as [Service['deployments'][number]];
const ROLLING = [
  { ...primary, id: 'ecs-svc/2', rolloutState: 'IN_PROGRESS' },
  { ...primary, status: 'ACTIVE' },
];

function setService({ ecs }: Theatre, over: Partial<Service>): void {
  ecs.world.services.set('build-agents', aService(over));
}

/** The service is like that from the gate on, until so long after the opening; null: for good. */
function unsettled(over: Partial<Service>, until: number | null) {
  return (stage: Theatre) => {
    setService(stage, over);
    if (until !== null)
      stage.clock.at(OPENING + until, () => {
        setService(stage, {});
      });
  };
}

/** When it was stopped, after the opening; null: never. */
function stoppedAfter(stage: Theatre): number | null {
  const [sent] = eventsOf(stage.journal.events, 'GD_FAULT_SENT');
  return sent === undefined ? null : sent.payload.sentAt - OPENING;
}

describe('a service that is not settled at the gate', () => {
  it.each<[string, Partial<Service>]>([
    ['in a deployment', { deployments: ROLLING }],
    ['being scaled in', { desired: 2, running: 3 }],
    ['with one worker of two', { running: 1, pending: 1 }],
    ['scaled to zero', { desired: 0, running: 0 }],
  ])('%s is waited for, and nothing is sent before', async (_title, over) => {
    const stage = theatre({ runsFor: null, set: unsettled(over, 40_000) });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stoppedAfter(stage)).toBeGreaterThanOrEqual(40_000);
    expect(stoppedAfter(stage)).toBeLessThan(50_000);
    expect(stage.ecs.count('stopTask')).toBe(1);
  });

  it.each<[string, Partial<Service>, string, RegExp]>([
    [
      'in a deployment',
      { deployments: ROLLING },
      'refused not-settled',
      /2 deployments: a rollout is in progress/,
    ],
    ['with one worker of two', { running: 1 }, 'refused not-settled', /last worker .*running 1/],
    ['of one worker', { desired: 1, running: 1 }, 'refused blast-radius', /last worker .*running 1/],
  ])('%s to the end of startWithin ends as what it was waited for', async (_title, over, end, says) => {
    const plan = planOf({ when: { startWithin: 60_000 } });
    const stage = theatre({ plan, runsFor: null, set: unsettled(over, null) });
    const state = await stage.run();
    expect(ending(state)).toBe(end);
    expect(state.halted?.said).toMatch(says);
    expect(stage.ecs.count('stopTask')).toBe(0);
    // It is said once, and not at every poll.
    expect(eventsOf(stage.journal.events, 'GD_INJECTION_HELD')).toHaveLength(1);
    expect(stage.ecs.count('service')).toBeLessThan(60);
  });

  it('in a deployment is waited for before a build is started; scaled to zero, only the build can bring a worker', async () => {
    const startsBuild = async (over: Partial<Service>): Promise<number> => {
      const stage = theatre({ runsFor: null, set: unsettled(over, 40_000) });
      await stage.run();
      return (eventsOf(stage.journal.events, 'GD_BUILD_INTENDED')[0]?.at ?? 0) - OPENING;
    };
    expect(await startsBuild({ deployments: ROLLING })).toBeGreaterThanOrEqual(40_000);
    expect(await startsBuild({ desired: 0, running: 0 })).toBeLessThan(1_000);
  });

  it('is named where the step ended meanwhile', async () => {
    const stage = theatre({
      set: (one) => {
        one.clock.at(OPENING + 1_000, () => {
          setService(one, { deployments: ROLLING });
        });
      },
    });
    const state = await stage.run();
    expect(ending(state)).toBe('refused not-settled');
    expect(state.halted?.said).toMatch(/2 deployments.*; the step ended meanwhile/);
  });

  it('is refused at once where the scenario requires that it is settled, and no build is started', async () => {
    const stage = theatre({
      plan: planOf({ safety: { settled: 'require' } }),
      set: unsettled({ deployments: ROLLING }, 40_000),
    });
    expect(ending(await stage.run())).toBe('refused not-settled');
    expect(stage.buildkite.count('createBuild')).toBe(0);
  });
});

describe('a service that gets unsettled at the last instant', () => {
  it('is waited for, the target is chosen again, and no attempt is used up', async () => {
    const stage = theatre({
      runsFor: null,
      set: (one) => {
        one.ecs.before('service', 2, () => {
          setService(one, { deployments: ROLLING });
          one.clock.at(one.clock.now() + 20_000, () => {
            setService(one, {});
          });
        });
      },
    });
    const state = await stage.run();
    expect(ending(state)).toBe('passed drained');
    const codes = stage.journal.events.map(({ code }) => code);
    expect(codes.filter((code) => code === 'GD_TARGET_CHOSEN')).toHaveLength(2);
    expect(codes.indexOf('GD_INJECTION_HELD')).toBeGreaterThan(codes.indexOf('GD_TARGET_CHOSEN'));
    expect(stage.ecs.count('stopTask')).toBe(1);
  });
});
