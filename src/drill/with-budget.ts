import { BUDGET } from '../scenario/subjects.ts';
import { hasReadSince, type DrillState } from '../state/state.ts';
import { fresh, paced, QUIET_FOR, type Ask } from '../state/step.ts';

/**
 * What is left of Buildkite's budget is read beside everything else, without a request: once before the first one, so that
 * what this drill spends is known, then every 15 s.
 */
export function withBudget(state: DrillState, asks: readonly Ask[]): readonly Ask[] {
  const isFirst = !hasReadSince(state, BUDGET.kind, BUDGET.id, state.takenUpAt);
  if (asks.some((ask) => ask.subject.kind === BUDGET.kind)) return asks;
  return [isFirst && asks.some((ask) => ask.fresh) ? fresh(BUDGET) : paced(BUDGET, QUIET_FOR), ...asks];
}
