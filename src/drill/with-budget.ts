import type { Instant } from '../model/instants.ts';
import type { Subject } from '../model/world.ts';
import { BUDGET } from '../scenario/subjects.ts';
import { countPoints, findShare, isAffordable } from '../state/points.ts';
import { hasReadSince, type DrillState } from '../state/state.ts';
import { askNow, fresh, paced, QUIET_FOR, type Ask, type Step } from '../state/step.ts';

/** While a listing waits for points it is looked so often whether they are there, milliseconds. */
const SHARE_EVERY = 5_000;

/**
 * What is left of Buildkite's budget is read beside everything else, without a request: once before the first one, so that
 * what this drill spends is known, then every 15 s.
 */
export function withBudget(state: DrillState, asks: readonly Ask[]): readonly Ask[] {
  const isFirst = !hasReadSince(state, BUDGET.kind, BUDGET.id, state.takenUpAt);
  if (asks.some((ask) => ask.subject.kind === BUDGET.kind)) return asks;
  return [isFirst && asks.some((ask) => ask.fresh) ? fresh(BUDGET) : paced(BUDGET, QUIET_FOR), ...asks];
}

/** Step: asks at once, but a listing of all jobs waits until the drill's share of Buildkite's points pays for it, or the time is over. */
export function askWithinShare(
  state: DrillState,
  subjects: readonly Subject[],
  now: Instant,
  deadline: Instant,
): Step {
  const share = findShare(state);
  const points = subjects
    .filter(({ kind }) => kind === 'build-jobs')
    .reduce((sum, subject) => sum + countPoints(subject, state.world), 0);
  if (points === 0 || share === null || isAffordable(share, points)) return askNow(state, subjects, now);
  return { do: 'observe', asks: [paced(BUDGET, SHARE_EVERY)], by: Math.min(deadline, now + SHARE_EVERY) };
}
