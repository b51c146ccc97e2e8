import { describe, expect, it } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import { aJob } from '../support/builders.ts';
import { fleet } from '../faults/fleet.ts';
import { planOf } from '../support/plans.ts';
import { countSpending, mostSpent } from '../support/points-spent.ts';
import { ending, OPENING, theatre, type Staged, type Theatre } from '../support/theatre.ts';

const LIMIT = 5_000;
const MINUTE = 60_000;

/** A build of so many jobs beside the step's, which runs until it is stopped. */
function buildOf(jobs: number, staged: Staged = {}) {
  let spent: ReturnType<typeof countSpending> = () => [];
  const stage = theatre({
    runsFor: null,
    ...staged,
    set: (stage) => {
      spent = countSpending(stage);
      stage.clock.at(OPENING + 1_000, () => {
        addJobs(stage, jobs);
      });
    },
  });
  return { stage, mostSpent: () => mostSpent(spent()) };
}

function addJobs({ buildkite }: Theatre, jobs: number): void {
  const [{ id: buildId } = { id: '' }] = buildkite.world.builds.values();
  for (let at = 0; at < jobs; at += 1) {
    const id = `other-${String(at)}`;
    const waiting = { state: 'scheduled', rawState: 'SCHEDULED', agentId: null, startedAt: null } as const;
    buildkite.world.jobs.set(id, aJob({ id, buildId, stepKey: 'other', label: 'Other', ...waiting }));
  }
}

const plan = planOf({
  when: { startWithin: 15 * MINUTE },
  expect: { build: 'any' },
  limits: { verdictWithin: 15 * MINUTE, pollEvery: 2_000 },
});

describe('within half of what a user may spend', () => {
  it.each([10, 400])('a build of %i jobs is drilled to its verdict', async (jobs) => {
    const { stage, mostSpent } = buildOf(jobs, { plan });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(mostSpent()).toBeLessThanOrEqual(LIMIT / 2);
  });

  // One listing costs more than half: it is made where the share is nearly whole, and no other soon after it.
  it.each([1_000, 1_500])(
    'a build of %i jobs too, and nothing is refused for want of points',
    async (jobs) => {
      const { stage, mostSpent } = buildOf(jobs, { plan });
      expect(ending(await stage.run())).toBe('passed drained');
      expect(mostSpent()).toBeLessThanOrEqual(LIMIT);
    },
  );

  it('a worker that is lost is seen to be lost, though few points are left to watch it', async () => {
    const { stage, mostSpent } = buildOf(600, { plan, onStop: (theatre) => theatre.die(2_000) });
    expect(ending(await stage.run())).toBe('failed lost');
    expect(eventsOf(stage.journal.events, 'GD_FAULT_SENT')).toHaveLength(1);
    expect(mostSpent()).toBeLessThanOrEqual(LIMIT / 2);
  });

  it('a scale-in of a large build waits for the points of its last listing too', async () => {
    let spent: ReturnType<typeof countSpending> = () => [];
    const { when, expect: expected, limits } = plan.scenario;
    const stage = fleet({
      inject: { fault: 'scale-in', steered: true },
      scenario: { when, expect: expected, limits },
      set: (stage) => {
        spent = countSpending(stage);
        stage.clock.at(OPENING + 1_000, () => {
          addJobs(stage, 500);
        });
      },
    });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(mostSpent(spent())).toBeLessThanOrEqual(LIMIT / 2);
  });
});
