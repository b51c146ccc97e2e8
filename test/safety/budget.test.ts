import { describe, expect, it } from 'vitest';
import { shareOf, type Budget } from '../../src/model/entities/budget.ts';
import { budget } from '../../src/safety/budget.ts';
import { aBudget, BUILD_ID } from '../support/builders.ts';
import { fact } from '../support/journal-builders.ts';
import { guardTable, sent, type Row } from './table.ts';

const full = { limit: 5_000, remaining: 5_000, resetsIn: 300_000 };
const left = (remaining: number, over: Partial<Budget> = {}) => [
  fact('budget', aBudget({ user: { ...full, remaining }, ...over }), 'buildkite'),
];
const listed = (jobs: number) => fact('build-jobs', { listed: jobs, complete: true }, BUILD_ID);
const percent = (of: number, verdictWithin = 1_200_000) => ({
  scenario: { limits: { budget: of, verdictWithin } },
});
const waiting = 'waits buildkite-rate-limited';

// Five minutes of a slow watch take 20 rounds of 25 points, and the last reads 150.
const ROWS: readonly Row[] = [
  ['nothing is known of the budget', {}, true],
  ['Buildkite names no limit', { facts: left(0, { user: null, organization: null }) }, true],
  ['nothing was used', { facts: left(5_000) }, true],
  ['half of what remains just pays', { facts: left(1_300) }, true],
  ['half of what remains does not pay', { facts: left(1_298) }, waiting],
  ['all of it would pay', { facts: left(1_298), ...percent(100) }, true],
  ['the drill itself spent its share', { facts: left(2_800, { recent: 2_200 }) }, waiting],
  [
    "the organization's points are used up",
    { facts: left(5_000, { organization: { limit: 20_000, remaining: 1_000, resetsIn: 60_000 } }) },
    waiting,
  ],
  ['a long watch lists its jobs later', { facts: [...left(2_000), listed(400)] }, true],
  [
    'a short watch must pay for it now',
    { facts: [...left(2_000), listed(400)], ...percent(50, 120_000) },
    waiting,
  ],
  ['the fault was sent', { facts: left(0), then: sent() }, true],
  ['what the share could never pay for is due when it is whole', { facts: left(5_000), ...percent(5) }, true],
];
describe("the drill's share of Buildkite's points", () => {
  guardTable(budget, ROWS);

  it.each<[title: string, over: Partial<Budget>, whole: number, leftOver: number]>([
    ['half of an unused limit', {}, 2_500, 2_500],
    [
      'less what this process spent in the last five minutes',
      { user: { ...full, remaining: 4_000 }, recent: 1_000 },
      2_500,
      1_500,
    ],
    ['half of what others leave', { user: { ...full, remaining: 2_000 } }, 2_500, 1_000],
    ['no more after a reset than five minutes allow', { recent: 2_000 }, 2_500, 500],
    [
      'the stricter of two limits',
      { organization: { limit: 20_000, remaining: 600, resetsIn: 1 } },
      2_500,
      300,
    ],
    ['without what other drills of the process need', { reserved: 700 }, 2_500, 1_800],
    ['never less than nothing', { user: { ...full, remaining: 0 }, recent: 4_000 }, 2_500, 0],
  ])('%s', (_title, over, whole, leftOver) => {
    expect(shareOf(aBudget(over), 50)).toEqual({ whole, left: leftOver });
  });
});
