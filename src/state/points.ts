import { shareOf, type Budget, type Share } from '../model/entities/budget.ts';
import { FACTS, findFact, type Subject, type World } from '../model/world.ts';
import type { Plan } from '../scenario/plan.ts';
import { BUDGET } from '../scenario/subjects.ts';
import type { DrillState } from './state.ts';

/** Percent of Buildkite's limits that a drill may spend where limits.budget does not say it: as much is left to others. */
const DEFAULT_PERCENT = 50;
/** What one question costs at the most in common builds; a build: of one step with one job and its agent. */
const POINTS: Readonly<Partial<Record<Subject['kind'], number>>> = {
  build: 5,
  job: 35,
  agent: 60,
  'step-history': 300,
  'past-workers': 400,
};
/** Any other question to Buildkite. */
const FEW_POINTS = 10;
/** What a listing of all jobs of a build costs: for each job, and beside them. */
const [POINTS_OF_A_JOB, POINTS_BESIDE] = [3, 8];

/** The percentage of Buildkite's limits that the drill may spend. */
export function percentOf(plan: Plan): number {
  return plan.scenario.limits.budget ?? DEFAULT_PERCENT;
}

/** The drill's share of such a budget. */
export function shareOfDrill(plan: Plan, budget: Budget): Share | null {
  return shareOf(budget, percentOf(plan));
}

/** The drill's share as it was read last; null where Buildkite names no limit. */
export function findShare({ world, plan }: DrillState): Share | null {
  const budget = findFact(world, 'budget', BUDGET.id);
  return budget === undefined ? null : shareOfDrill(plan, budget);
}

/** About how many of Buildkite's points one question costs; 0 for the other services. */
export function countPoints({ kind, id }: Subject, world: World): number {
  if (FACTS[kind].from !== 'Buildkite') return 0;
  if (kind !== 'build-jobs') return POINTS[kind] ?? FEW_POINTS;
  return POINTS_BESIDE + POINTS_OF_A_JOB * (findFact(world, 'build-jobs', id)?.listed ?? 0);
}

/** Whether the share pays for so much; what it could never pay for is due when it is nearly whole. */
export function isAffordable({ whole, left }: Share, points: number): boolean {
  return left >= Math.min(points, 0.9 * whole);
}

/** After this time the share is whole again, milliseconds. */
const WINDOW = 300_000;
/** The slowest watch that still shows a drain: a round of questions costs so many points, this often. */
const [POINTS_OF_A_ROUND, ROUND_EVERY] = [25, 15_000];
/** What is read once more before the verdict. */
const POINTS_OF_A_SWEEP = 150;
/** Rounded, so that the same need is said in the same words. */
const ROUNDED_TO = 50;

/** What a watch to its end costs before the share is whole again. A listing of all jobs waits for that where there is time. */
export function estimateWatch({ plan, buildIds, world }: DrillState): number {
  const { verdictWithin, pollEvery } = plan.scenario.limits;
  const rounds = Math.ceil(Math.min(verdictWithin, WINDOW) / Math.max(pollEvery, ROUND_EVERY));
  const listings = buildIds.map((id) => countPoints({ kind: 'build-jobs', id }, world));
  const listing = verdictWithin > WINDOW ? 0 : listings.reduce((sum, points) => sum + points, 0);
  const points = rounds * POINTS_OF_A_ROUND + POINTS_OF_A_SWEEP + listing;
  return Math.ceil(points / ROUNDED_TO) * ROUNDED_TO;
}
