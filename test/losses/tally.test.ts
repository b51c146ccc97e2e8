import { describe, expect, test } from 'vitest';
import { createHistoryCounter } from '../../src/losses/tally.ts';
import type { Counted, History } from '../../src/losses/tally.ts';
import type { BuildRuns, Hidden, LostRun, Run } from '../../src/losses/runs.ts';
import { NOON } from '../support/builders.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const MIDNIGHT = Math.floor(NOON / DAY) * DAY;
const nameDay = (at: number): string => `day ${(at - MIDNIGHT) / DAY}`;

function run(over: Partial<Run> = {}): Run {
  return { step: 'test', queue: 'default', version: '3.78.0', at: NOON, lost: null, ...over };
}
function lostRun(over: Partial<LostRun> = {}): Run {
  const lost = {
    ...{ job: 'job', isSure: true, at: NOON, agent: 'agent', ms: MINUTE, isRetriedByPerson: false },
    hidden: 'no' as Hidden,
    ...over,
  };
  return run({ at: lost.at, lost });
}
function build(runs: readonly Run[], over: Partial<BuildRuns> = {}): BuildRuns {
  return {
    ...{ pipeline: 'main', branch: 'main', createdAt: NOON, isFailed: false, hasOtherFailure: false },
    ...{ runs, leftOut: {}, clockErrors: 0, ...over },
  };
}
function count(
  builds: readonly BuildRuns[],
  over: Partial<Counted> = {},
  isLost: (run: LostRun) => boolean | null = () => null,
): History {
  const period = { from: NOON - 30 * DAY, to: NOON + DAY };
  const counter = createHistoryCounter({ period, grouping: null, change: null, nameDay, ...over });
  for (const one of builds) counter.add(one, isLost);
  return counter.read();
}

test('runs, losses, what hid them, wasted time and people', () => {
  const history = count([
    build([run(), lostRun({ hidden: 'retry' })]),
    build([lostRun({ hidden: 'person', isRetriedByPerson: true }), lostRun({ hidden: 'soft-fail' })]),
    build([run(), lostRun(), run()], { isFailed: true }),
  ]);
  expect(history).toMatchObject({ builds: 3, runs: 7, lost: 4, hidden: 3, undecided: 0 });
  expect(history.hiddenBy).toEqual({ retry: 1, person: 1, 'soft-fail': 1, no: 1, open: 0 });
  expect(history).toMatchObject({ wasted: 4 * MINUTE, retriedByPeople: 1 });
});

test('a build is reddened by a loss that shows, alone or beside another failure; a green one never', () => {
  const history = count([
    build([lostRun()], { isFailed: true }),
    build([lostRun()], { isFailed: true, hasOtherFailure: true }),
    build([lostRun({ hidden: 'retry' })], { isFailed: true, hasOtherFailure: true }),
    build([lostRun()], { isFailed: false }),
  ]);
  expect(history).toMatchObject({ reddened: 2, reddenedByLossAlone: 1 });
});

test('a run that only its history decides: lost, not lost, or undecided', () => {
  const of = (job: string) => lostRun({ job, isSure: false });
  const answers: Readonly<Record<string, boolean | null>> = { lost: true, kept: false, unknown: null };
  const history = count(
    [build([of('lost'), of('kept'), of('unknown')], { isFailed: true })],
    {},
    ({ job }) => answers[job] ?? null,
  );
  expect(history).toMatchObject({ runs: 3, lost: 1, undecided: 1, reddened: 1, reddenedByLossAlone: 0 });
});

describe('groups', () => {
  const builds = [
    build([run({ step: 'a' }), lostRun()], { branch: 'feature', pipeline: 'other' }),
    build([run({ at: NOON - DAY, queue: 'big', version: '4.0.0' })]),
  ];
  const names = (grouping: Counted['grouping']) =>
    count(builds, { grouping }).groups.map(({ name, runs, lost }) => [name, runs, lost]);

  test.each([
    [
      'step',
      [
        ['test', 2, 1],
        ['a', 1, 0],
      ],
    ],
    [
      'queue',
      [
        ['default', 2, 1],
        ['big', 1, 0],
      ],
    ],
    [
      'agent-version',
      [
        ['3.78.0', 2, 1],
        ['4.0.0', 1, 0],
      ],
    ],
    [
      'branch',
      [
        ['feature', 2, 1],
        ['main', 1, 0],
      ],
    ],
    [
      'pipeline',
      [
        ['other', 2, 1],
        ['main', 1, 0],
      ],
    ],
    [
      'day',
      [
        ['day -1', 1, 0],
        ['day 0', 2, 1],
      ],
    ],
  ] as const)('by %s, the most losses first; days in their order', (grouping, expected) => {
    expect(names(grouping)).toEqual(expected);
  });

  test('days are always there, with their midnight', () => {
    expect(count(builds).days).toMatchObject([{ at: MIDNIGHT - DAY }, { at: MIDNIGHT }]);
  });

  test('branches without end become one group, and no run is left out', () => {
    const many = Array.from({ length: 20_050 }, (_, nth) => build([run()], { branch: `b${nth}` }));
    const { groups, runs } = count(many, { grouping: 'branch' });
    expect(groups.length).toBe(20_001);
    expect(groups[0]).toMatchObject({ name: '(others)', runs: 50 });
    expect(runs).toBe(20_050);
  });
});

test('before and since a change', () => {
  const at = NOON + 1;
  const history = count([build([run({ at: at - 1 }), run({ at }), lostRun({ at: at + 1 })])], { change: at });
  expect(history.before).toMatchObject({ runs: 1, lost: 0 });
  expect(history.since).toMatchObject({ runs: 2, lost: 1 });
});

describe('spikes', () => {
  const losses = (howMany: number, apart: number, agents = howMany, from = NOON) =>
    build(
      Array.from({ length: howMany }, (_, nth) =>
        lostRun({ at: from + nth * apart, agent: `agent-${nth % agents}` }),
      ),
    );
  const spikes = (...builds: readonly BuildRuns[]) => count(builds).spikes;

  test('a dozen agents within six minutes are one, with its time', () => {
    expect(spikes(losses(12, 30_000))).toEqual([
      { from: NOON, to: NOON + 11 * 30_000, lost: 12, agents: 12 },
    ]);
  });
  test('it is found among losses all over the month', () => {
    const spread = losses(100, 7 * 3_600_000, 100, NOON - 29.5 * DAY);
    const found = spikes(spread, losses(9, 20_000));
    expect(found).toHaveLength(1);
    expect(found[0]?.lost).toBeGreaterThanOrEqual(9);
  });
  test('two nights are two', () => {
    expect(spikes(losses(5, 30_000), losses(5, 30_000, 5, NOON - DAY))).toMatchObject([
      { from: NOON - DAY, lost: 5 },
      { from: NOON, lost: 5 },
    ]);
  });
  test('one agent that loses many is none: nothing was deployed', () => {
    expect(spikes(losses(12, 30_000, 1))).toEqual([]);
  });
  test('losses that are always there are none, however many', () => {
    expect(spikes(losses(40_000, MINUTE, 40_000, NOON - 29 * DAY))).toEqual([]);
  });
});
