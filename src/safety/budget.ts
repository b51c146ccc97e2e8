import { findFact } from '../model/world.ts';
import type { Plan } from '../scenario/plan.ts';
import { BUDGET } from '../scenario/subjects.ts';
import { estimateWatch, findShare, isAffordable, percentOf } from '../state/points.ts';
import { mayHaveInjected, type ScenarioState } from '../state/state.ts';
import { holds, waits, type Guard } from './guard.ts';

/** Why nothing is to be injected, or started, at present: what is left cannot pay for the watch; null where it can, or is not known. */
export function explainTooFewPoints(state: ScenarioState): string | null {
  const share = findShare(state);
  const need = estimateWatch(state);
  if (share === null || isAffordable(share, need)) return null;
  const reserved = findFact(state.world, 'budget', BUDGET.id)?.reserved ?? 0;
  const others = reserved === 0 ? '' : `, without the ${String(reserved)} that drills before it need`;
  return `watching a drain to its end takes about ${String(need)} of Buildkite's points, and fewer are left of ${sayShare(state.plan)}${others}`;
}

function sayShare(plan: Plan): string {
  return `limits.budget (${String(percentOf(plan))} % of what the token's user and organization have in five minutes)`;
}

/** A stop that nobody can watch proves nothing, and the watch must not use up what others need. */
export const budget: Guard = {
  name: 'budget',
  rule: "What is left of the drill's share of Buildkite's points (limits.budget) pays for watching the drain to its end. The drill waits for it inside when.startWithin.",
  reason: 'buildkite-rate-limited',
  judge(state) {
    if (mayHaveInjected(state)) return holds('the fault was sent: the drill is watched in any case');
    const said = explainTooFewPoints(state);
    if (said !== null) return waits(said, 'buildkite-rate-limited');
    const share = findShare(state);
    return holds(
      share === null
        ? 'Buildkite names no limit on points'
        : `${String(share.left)} points are left of ${sayShare(state.plan)}; watching takes about ${String(estimateWatch(state))}`,
    );
  },
};
