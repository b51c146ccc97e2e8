import type { Plan } from '../scenario/plan.ts';
import { countPoints, findShare, isAffordable, percentOf } from '../state/points.ts';
import { mayHaveInjected, type ScenarioState } from '../state/state.ts';
import { holds, waits, type Guard } from './guard.ts';

/** After this time the share is whole again, milliseconds. */
const WINDOW = 300_000;
/** The slowest watch that still shows a drain: a round of questions costs so many points, this often. */
const [POINTS_OF_A_ROUND, ROUND_EVERY] = [25, 15_000];
/** What is read once more before the verdict. */
const POINTS_OF_A_SWEEP = 150;
/** Rounded, so that the same need is said in the same words. */
const ROUNDED_TO = 50;

/** What a watch to its end costs before the share is whole again. A listing of all jobs waits for that where there is time. */
function estimateWatch(state: ScenarioState): number {
  const { verdictWithin, pollEvery } = state.plan.scenario.limits;
  const rounds = Math.ceil(Math.min(verdictWithin, WINDOW) / Math.max(pollEvery, ROUND_EVERY));
  const listings = state.buildIds.map((id) => countPoints({ kind: 'build-jobs', id }, state.world));
  const listing = verdictWithin > WINDOW ? 0 : listings.reduce((sum, points) => sum + points, 0);
  const points = rounds * POINTS_OF_A_ROUND + POINTS_OF_A_SWEEP + listing;
  return Math.ceil(points / ROUNDED_TO) * ROUNDED_TO;
}

/** Why nothing is to be injected, or started, at present: what is left cannot pay for the watch; null where it can, or is not known. */
export function explainTooFewPoints(state: ScenarioState): string | null {
  const share = findShare(state);
  const need = estimateWatch(state);
  if (share === null || isAffordable(share, need)) return null;
  return `watching a drain to its end takes about ${String(need)} of Buildkite's points, and fewer are left of ${sayShare(state.plan)}`;
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
