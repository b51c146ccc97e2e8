import { describe, expect, it } from 'vitest';
import { createPace } from '../../src/drill/pace.ts';
import type { Member, Wait } from '../../src/parallel/member.ts';
import { planRound, stretchAll } from '../../src/parallel/rounds.ts';
import type { DrillState } from '../../src/state/state.ts';
import { paced } from '../../src/state/step.ts';
import { fakeBuildkite } from '../support/fake-buildkite.ts';
import { guardedState } from '../support/guarded.ts';
import { manualClock } from '../support/manual-clock.ts';

/** Drills that each want to poll a build of their own, through one client whose share pays for so many of them. */
function waiting(
  builds: number,
  drills: readonly { readonly servedAt: number; readonly phase?: DrillState['phase'] }[],
  rung: ReadonlySet<string> = new Set(),
) {
  const clock = manualClock();
  const buildkite = fakeBuildkite();
  // A drill may spend half of it, and a build costs five points.
  const user = { limit: 5_000, remaining: builds * 10, resetsIn: 1_000 };
  const known = { ...buildkite.budget(), user };
  buildkite.budget = () => known;
  const waits = drills.map(({ servedAt, phase = 'armed' }, nth): Wait => {
    const member = { given: { buildkite }, pace: createPace(clock, () => 0), servedAt } as unknown as Member;
    const state = { ...guardedState(), phase, inFlightSince: {}, idleSince: {} };
    const asks = [paced({ kind: 'build', id: `build-${nth}` }, 2_000)];
    return { member, state, asks, signal: new AbortController().signal };
  });
  return planRound(waits, stretchAll(waits), () => 0, rung).turns.flatMap(({ asks }) =>
    asks.map(({ subject }) => subject.id),
  );
}

describe('a round', () => {
  it('asks for all where the budget pays for all', () => {
    expect(waiting(3, [{ servedAt: 3 }, { servedAt: 1 }, { servedAt: 2 }])).toHaveLength(3);
  });

  it('asks first for those that waited longest where it does not', () => {
    expect(waiting(2, [{ servedAt: 3 }, { servedAt: 1 }, { servedAt: 2 }])).toEqual(['build-1', 'build-2']);
  });

  it('asks first for a build that has changed, as a list shows', () => {
    const drills = [{ servedAt: 1 }, { servedAt: 2 }, { servedAt: 3 }];
    expect(waiting(1, drills, new Set(['build-2']))).toEqual(['build-2']);
  });

  it('asks for a drill near an edge before them', () => {
    expect(waiting(1, [{ servedAt: 1 }, { servedAt: 9, phase: 'observing' }])).toEqual(['build-1']);
  });
});
