import { hasJobEnded } from '../../src/model/entities/job.ts';
import type { Budget } from '../../src/model/entities/budget.ts';
import type { FakeCall } from './fake-script.ts';
import type { Theatre } from './theatre.ts';

const WINDOW = 300_000;

/** What was spent, and when. */
interface Spending {
  readonly at: number;
  readonly points: number;
}

/** Makes the fake Buildkite count points as the real one does, 5,000 for a user in five minutes, and gives what tells the drill's spending until now. */
export function countSpending(stage: Theatre): () => readonly Spending[] {
  const spent: Spending[] = [];
  let seen = 0;
  let endsAt = stage.clock.now() + WINDOW;
  let used = 0;
  const settle = (now: number): void => {
    for (; now >= endsAt; endsAt += WINDOW) used = 0;
    for (const call of stage.buildkite.calls.slice(seen)) {
      const points = costOf(stage, call);
      spent.push({ at: now, points });
      used += points;
    }
    seen = stage.buildkite.calls.length;
  };
  Object.defineProperty(stage.buildkite.world, 'budget', {
    get(): Pick<Budget, 'user' | 'organization' | 'recent'> {
      const now = stage.clock.now();
      settle(now);
      const recent = spent.filter(({ at }) => at > now - WINDOW);
      const user = { limit: 5_000, remaining: Math.max(0, 5_000 - used), resetsIn: endsAt - now };
      return { user, organization: null, recent: recent.reduce((sum, { points }) => sum + points, 0) };
    },
  });
  return () => {
    settle(stage.clock.now());
    return spent;
  };
}

/** About what the rig counts for the same question: three points a job of a listing, two or three of a poll. */
function costOf({ buildkite }: Theatre, { operation, args }: FakeCall): number {
  const jobs = [...buildkite.world.jobs.values()];
  if (operation === 'build' || operation === 'builds') {
    const [, wanted] = args;
    if (wanted === 'all') return 8 + 3 * jobs.length;
    const keys = wanted as readonly string[];
    return 3 + 3 * jobs.filter(({ stepKey }) => keys.includes(stepKey ?? '')).length;
  }
  if (operation === 'agent') return 60;
  if (operation === 'job') return jobs.some(hasJobEnded) ? 35 : 25;
  return 10;
}

/** The most that was spent in any five minutes. */
export function mostSpent(spent: readonly Spending[]): number {
  return Math.max(
    0,
    ...spent.map(({ at: from }) =>
      spent.filter(({ at }) => at >= from && at < from + WINDOW).reduce((sum, { points }) => sum + points, 0),
    ),
  );
}
