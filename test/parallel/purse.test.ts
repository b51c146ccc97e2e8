import { describe, expect, it } from 'vitest';
import { isNearEdge, stretchPolls } from '../../src/parallel/purse.ts';
import type { Budget } from '../../src/model/entities/budget.ts';
import type { DrillState } from '../../src/state/state.ts';
import { paced } from '../../src/state/step.ts';
import { guardedState } from '../support/guarded.ts';
import { JOB_ID, NOON } from '../support/builders.ts';

const stateIn = (phase: DrillState['phase']): DrillState => ({
  ...guardedState(),
  phase,
  inFlightSince: {},
  idleSince: {},
});
const build = paced({ kind: 'build', id: 'b' }, 2_000);
const drills = (count: number, phase: DrillState['phase']) =>
  Array.from({ length: count }, () => ({ state: stateIn(phase), asks: [build] }));
/** A drill may spend half: 2,500 points in five minutes. */
const budgetWith = (remaining: number): Budget => ({
  user: { limit: 5_000, remaining, resetsIn: 60_000 },
  ...{ organization: null, recent: 0, points: 0, requests: 0, lowest: { user: null, organization: null } },
});
/** Points a minute that polls of builds cost at that pace: five each. */
const perMinute = (count: number, stretch: number): number => (count * 5 * 60_000) / (2_000 * stretch);

describe('one budget for many drills', () => {
  it('slows nobody down while it pays for all', () => {
    expect(stretchPolls(drills(10, 'armed'), budgetWith(5_000))).toEqual({ near: 1, waiting: 1 });
    expect(stretchPolls(drills(500, 'armed'), { ...budgetWith(0), user: null })).toEqual({
      near: 1,
      waiting: 1,
    });
  });

  it('spreads what is left over a minute', () => {
    const { waiting } = stretchPolls(drills(500, 'armed'), budgetWith(5_000));
    expect(perMinute(500, waiting)).toBeCloseTo(2_500, 0);
  });

  it('gives drills near an edge what they need first', () => {
    const { near, waiting } = stretchPolls(
      [...drills(10, 'observing'), ...drills(500, 'armed')],
      budgetWith(5_000),
    );
    expect(near).toBe(1);
    expect(perMinute(10, near) + perMinute(500, waiting)).toBeCloseTo(2_500, 0);
  });

  it('keeps a quarter for those that wait, however many are near an edge', () => {
    const { near, waiting } = stretchPolls(
      [...drills(500, 'observing'), ...drills(10, 'armed')],
      budgetWith(5_000),
    );
    expect(perMinute(500, near)).toBeCloseTo(0.75 * 2_500, 0);
    expect(perMinute(10, waiting)).toBeGreaterThanOrEqual(0.25 * 2_500 - 1);
  });

  it.each<[string, Partial<DrillState>, boolean]>([
    ['waits at the gate', { phase: 'gated' }, false],
    ['waits for its step', { phase: 'armed' }, false],
    ['has seen its job run', { phase: 'armed', inFlightSince: { [JOB_ID]: NOON } }, true],
    ['aims', { phase: 'aiming' }, true],
    ['watches what the stop did', { phase: 'observing' }, true],
  ])('a drill that %s: near an edge %s', (_title, over, near) => {
    expect(isNearEdge({ ...stateIn('armed'), ...over })).toBe(near);
  });
});
