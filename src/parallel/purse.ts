import type { Budget } from '../model/entities/budget.ts';
import { countPoints, estimateWatch, isAffordable, shareOfDrill } from '../state/points.ts';
import type { DrillState } from '../state/state.ts';
import type { Ask } from '../state/step.ts';
import type { Member } from './member.ts';

/** Polls take so long at least to use up what is left of Buildkite's points, as those of a single drill do. */
const SPREAD_OVER_MS = 60_000;
/** While drills near an edge and waiting ones share the points, the waiting ones have this part of them at least. */
const WAITING_PART = 0.25;

/** What a drill asks for again and again. */
export interface Demand {
  readonly state: DrillState;
  readonly asks: readonly Ask[];
}

/** By how much polls of Buildkite are slower than their pace: those of drills near an edge, and those of waiting ones. */
export interface Stretch {
  readonly near: number;
  readonly waiting: number;
}

/** Whether something is about to happen in a drill, or happens: its job runs, it injects, or it watches what the stop did. */
export function isNearEdge({ phase, inFlightSince, idleSince }: DrillState): boolean {
  if (phase !== 'planned' && phase !== 'gated' && phase !== 'armed') return true;
  return phase === 'armed' && Object.keys(inFlightSince).length + Object.keys(idleSince).length > 0;
}

/** Spreads what is left of the one budget over the polls of all drills. No drill waits for good: a part is kept for those far from an edge. */
export function stretchPolls(demands: readonly Demand[], budget: Budget): Stretch {
  let [near, waiting, left] = [0, 0, Infinity];
  for (const { state, asks } of demands) {
    const share = shareOfDrill(state.plan, budget);
    if (share === null) continue;
    left = Math.min(left, share.left);
    const perMs = countPointsPerMs(state, asks);
    if (isNearEdge(state)) near += perMs;
    else waiting += perMs;
  }
  if (left === Infinity) return { near: 1, waiting: 1 };
  const forNear = waiting > 0 ? left * (1 - WAITING_PART) : left;
  const forWaiting = Math.max(left * WAITING_PART, left - near * SPREAD_OVER_MS);
  return { near: stretchOver(near, forNear), waiting: stretchOver(waiting, forWaiting) };
}

/** Points that the watches of other drills need which came near an edge before this one: each was promised them when its guards held. */
export function countReserved(drill: Member, members: Iterable<Member>): number {
  let sum = 0;
  for (const other of members) {
    const isBefore = other.nearAs !== null && other.nearAs < (drill.nearAs ?? Infinity);
    const isSameClient = other.given.buildkite === drill.given.buildkite;
    if (other !== drill && isBefore && isSameClient && other.state !== null)
      sum += estimateWatch(other.state);
  }
  return sum;
}

function countPointsPerMs({ world }: DrillState, asks: readonly Ask[]): number {
  return asks.reduce(
    (sum, { subject, every, fresh }) =>
      fresh || every <= 0 ? sum : sum + countPoints(subject, world) / every,
    0,
  );
}

function stretchOver(perMs: number, points: number): number {
  return Math.max(1, (perMs * SPREAD_OVER_MS) / Math.max(1, points));
}

/** Whether the drill's share of the budget pays for so many points beside those that are under way. */
export function isPaid({ plan }: DrillState, budget: Budget, points: number, underWay: number): boolean {
  if (points === 0) return true;
  const share = shareOfDrill(plan, budget);
  return share === null || isAffordable({ ...share, left: share.left - underWay }, points);
}
