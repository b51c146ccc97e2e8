import { expect, it } from 'vitest';
import { evidenceOf } from '../../src/evidence/evidence.ts';
import type { NewEvent } from '../../src/journal/events.ts';
import type { Budget } from '../../src/model/entities/budget.ts';
import { measureSpent } from '../../src/verdict/spent.ts';
import { aBudget, NOON } from '../support/builders.ts';
import { fact, journalOf, read } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';

/** What a drill spent whose looks at the budget showed this. */
function spent(...looks: readonly Partial<Budget>[]) {
  const events = looks.map((over, index): [number, NewEvent] => {
    const at = NOON + 1_000 * (index + 1);
    const seen = fact('budget', aBudget(over), 'buildkite');
    return [
      at,
      { code: 'GD_OBSERVED', payload: { reads: [read('budget', 'buildkite', at)], facts: [seen] } },
    ];
  });
  return measureSpent(
    evidenceOf(journalOf([[NOON, { code: 'GD_DRILL_PLANNED', payload: { plan: planOf() } }], ...events])),
  );
}

const unknown = { user: null, organization: null, lowest: { user: null, organization: null } };
const left = (user: number, lowest = user) => ({
  user: { limit: 5_000, remaining: user, resetsIn: 1_000 },
  organization: null,
  lowest: { user: lowest, organization: null },
});

it('is not known from a journal without a look at the budget', () => {
  expect(spent()).toBeNull();
});

it('is what came after the first look: an earlier drill of the same process is not counted', () => {
  expect(
    spent(
      { ...left(4_000, 900), points: 700, requests: 90 },
      { ...left(3_400, 900), points: 1_000, requests: 100 },
    ),
  ).toEqual({ points: 300, requests: 10, lowest: { user: 3_400, organization: null } });
});

it('goes on in the process that resumed the drill', () => {
  expect(
    spent(
      { ...unknown, points: 0, requests: 0 },
      { ...left(4_500), points: 500, requests: 50 },
      { ...unknown, points: 0, requests: 0 },
      { ...left(4_900), points: 40, requests: 4 },
    ),
  ).toEqual({ points: 540, requests: 54, lowest: { user: 4_500, organization: null } });
});

it('tells the lowest between two looks', () => {
  expect(
    spent({ ...unknown, points: 0, requests: 0 }, { ...left(4_950, 1_200), points: 500, requests: 50 })
      ?.lowest,
  ).toEqual({ user: 1_200, organization: null });
});
