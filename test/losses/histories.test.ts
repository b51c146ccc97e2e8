import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHistories } from '../../src/losses/histories.ts';
import { openPages } from '../../src/losses/pages.ts';
import type { KeptPages } from '../../src/losses/pages.ts';
import { readRuns } from '../../src/losses/runs.ts';
import type { BuildRuns, LostRun } from '../../src/losses/runs.ts';
import type { Budget } from '../../src/model/entities/budget.ts';
import { aJob, NOON } from '../support/builders.ts';
import { aLostAttempt, aPastBuild } from '../support/fake-buildkite-rest.ts';
import { fakeBuildkite } from '../support/fake-buildkite.ts';
import { manualClock } from '../support/manual-clock.ts';

let folder: string;
let kept: KeptPages;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gameday-histories-'));
  kept = openPages({ path: folder, named: false }, NOON);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs that the list leaves open: canceled ones, say. */
const openRuns = (many: number): readonly BuildRuns[] =>
  Array.from({ length: many }, (_, nth) =>
    readRuns(aPastBuild({ attempts: [aLostAttempt({ id: `job-${nth}`, state: 'canceled' })] })),
  );
const runOf = (nth: number): LostRun => openRuns(nth + 1)[nth]!.runs[0]!.lost!;

/** A Buildkite whose jobs, the even ones, were lost; each answer costs these points. */
function setUp(many: number, { cost = 20, points = 2500 } = {}) {
  const events = (isLost: boolean) => [
    {
      ...{ type: isLost ? 'AGENT_LOST' : 'CANCELED', at: NOON, actor: 'system' as const },
      ...{ exitStatus: null, signal: null, signalReason: null },
    },
  ];
  const jobs = Array.from({ length: many }, (_, nth) =>
    aJob({ id: `job-${nth}`, state: 'canceled', events: events(nth % 2 === 0) }),
  );
  const buildkite = fakeBuildkite({ jobs });
  const clock = manualClock();
  const budget = (): Budget => ({ ...buildkite.budget(), points: buildkite.count('job') * cost });
  const histories = createHistories({
    buildkite: () => Promise.resolve({ job: (...given) => buildkite.job(...given), budget }),
    ...{ kept, points, clock, signal: new AbortController().signal },
  });
  return { buildkite, histories, clock };
}

test('each is asked once, answered by AGENT_LOST alone, and kept', async () => {
  const { buildkite, histories } = setUp(4);
  await histories.ask(openRuns(4));
  await histories.ask(openRuns(4));
  expect(buildkite.count('job')).toBe(4);
  expect([0, 1, 2, 3].map((nth) => histories.isLost(runOf(nth)))).toEqual([true, false, true, false]);
  expect(openPages({ path: folder, named: false }, NOON).answer('job-2')).toBe(true);
});

test('what the list shows for sure is not asked', async () => {
  const { buildkite, histories } = setUp(0);
  await histories.ask([readRuns(aPastBuild({ attempts: [aLostAttempt()] }))]);
  expect(buildkite.count('job')).toBe(0);
});

test('no more points are spent than allowed, and it says so', async () => {
  const { buildkite, histories } = setUp(20, { cost: 100, points: 500 });
  await histories.ask(openRuns(20));
  expect(buildkite.count('job')).toBe(5);
  expect(histories.isLost(runOf(10))).toBeNull();
  expect(histories.unasked()).toContain('--points (500)');
});

test("Buildkite's limit in the middle is waited for", async () => {
  const { buildkite, histories, clock } = setUp(3);
  buildkite.before('job', 2, () =>
    buildkite.fail('job', { trouble: { kind: 'rate-limited', message: 'later', retryAfter: 187_000 } }),
  );
  await histories.ask(openRuns(3));
  expect(clock.now() - NOON).toBe(187_000);
  expect(histories.unasked()).toBeNull();
  expect(histories.isLost(runOf(2))).toBe(true);
});

test('a token without GraphQL is asked once, and the runs stay undecided', async () => {
  const { buildkite, histories } = setUp(3);
  buildkite.fail('job', { trouble: 'denied', times: Infinity });
  await histories.ask(openRuns(3));
  expect(buildkite.count('job')).toBe(1);
  expect(histories.unasked()).toContain('denied');
});

test('a job that is gone stays undecided alone', async () => {
  const { buildkite, histories } = setUp(2);
  buildkite.fail('job', { trouble: 'not-found' });
  await histories.ask(openRuns(2));
  expect([histories.isLost(runOf(0)), histories.isLost(runOf(1))]).toEqual([null, false]);
  expect(histories.unasked()).toBeNull();
});
