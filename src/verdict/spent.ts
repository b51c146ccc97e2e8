import type { Evidence } from '../evidence/evidence.ts';
import type { Budget } from '../model/entities/budget.ts';
import { BUDGET } from '../scenario/subjects.ts';
import type { DrillResult } from './result.ts';

/**
 * What the drill spent of Buildkite's budget, from the counts of its process at each look. The first look came before the
 * first request; after a resume another process counts from 0.
 */
export function measureSpent(evidence: Evidence): DrillResult['budget'] {
  const looks = evidence.values('budget', BUDGET.id);
  const [first] = looks;
  if (first === undefined) return null;
  let [points, requests] = [0, 0];
  looks.forEach((look, index) => {
    const before = looks[index - 1] ?? first;
    if (look.requests < before.requests) return;
    points += look.points - before.points;
    requests += look.requests - before.requests;
  });
  return {
    ...{ points, requests },
    lowest: { user: findLowest(looks, 'user'), organization: findLowest(looks, 'organization') },
  };
}

/** The process may have done another drill before: its lowest counts where it fell during this one. */
function findLowest(looks: readonly Budget[], scope: 'user' | 'organization'): number | null {
  const seen = looks.flatMap((look, index) => {
    const lowest = look.lowest[scope];
    const before = looks[index - 1]?.lowest[scope] ?? Infinity;
    const fell = lowest !== null && index > 0 && lowest < before ? [lowest] : [];
    return [...fell, ...(look[scope] === null ? [] : [look[scope].remaining])];
  });
  return seen.length === 0 ? null : Math.min(...seen);
}
