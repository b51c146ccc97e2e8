import { expect, test } from 'vitest';
import { eventsOf } from '../../src/journal/events.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { inFolder } from '../e2e/support/case.ts';
import { until } from '../support/until.ts';
import { onRoads, row } from './support/killing.ts';
import type { Meanwhile, Share, Survival } from './support/killing.ts';
import type { Road } from './support/lanes.ts';

/** A journal without a whole line tells of nothing, and nothing was sent before its first line. */
const NOTHING = { exit: 2, outcome: 'bad-input', reason: 'bad-input', intended: 0, landed: 0 };
const DRAINED = { exit: 0, outcome: 'passed', reason: 'drained', intended: 1, landed: 1 };

/** The uninterrupted verdict; twice intended only where the first intent is all that is known and nothing was sent. */
function expected({ at, left }: Survival): typeof DRAINED {
  if (left === 0) return NOTHING;
  return at === 'after:GD_FAULT_INTENDED' ? { ...DRAINED, intended: 2 } : DRAINED;
}

function wrong(survivals: readonly Survival[]): readonly string[] {
  return survivals
    .filter((one) => {
      const { exit, outcome, reason, intended, landed } = one;
      return JSON.stringify({ exit, outcome, reason, intended, landed }) !== JSON.stringify(expected(one));
    })
    .map((one) => `${row(one)}\n${one.said}`);
}

/** What the rig counted: as many StopTask calls as drills that stopped, each on a task of its own, and one build for each drill. */
function countedOnce({ survivals, counts }: Share): void {
  const stopped = survivals.filter(({ landed }) => landed > 0).length;
  const built = survivals.filter(({ events }) => eventsOf(events, 'GD_BUILD_KNOWN').length > 0).length;
  expect(Object.values(counts.stopTaskLanded)).toEqual(Array.from({ length: stopped }, () => 1));
  expect(counts.ecs['StopTask'] ?? 0).toBe(stopped);
  expect(counts.buildkite['CreateBuild'] ?? 0).toBe(built);
  expect(counts.foreign).toBe(0);
}

test('killed at any line of its journal a drill is resumed to the verdict that it would have had, with one StopTask', async () => {
  await inFolder(async (folder) => {
    const [uninterrupted] = (await onRoads(folder, ['after:9999'])).flatMap(({ survivals }) => survivals);
    if (uninterrupted === undefined) throw new Error('nothing was run');
    expect(uninterrupted.left).toBeNull();
    expect(wrong([uninterrupted])).toEqual([]);
    const lines = uninterrupted.events.map(({ seq }) => seq);
    const kills = [
      ...lines.map((n) => `${n % 2 === 0 ? 'half' : 'before'}:${String(n)}`),
      'half:GD_DRILL_PLANNED',
      ...['GD_BUILD_INTENDED', 'GD_FAULT_INTENDED'].map((code) => `after:${code}`),
      ...['GD_BUILD_SENT', 'GD_FAULT_SENT', 'GD_JUDGED'].map((code) => `half:${code}`),
      `after:${String(lines.length - 1)}`,
    ];
    const shares = await onRoads(folder, kills);
    const survivals = shares.flatMap((one) => one.survivals);
    expect(survivals).toHaveLength(kills.length);
    expect(wrong(survivals)).toEqual([]);
    // Observations come as they come: the last lines of the longest journal may lie beyond a shorter one's end.
    expect(survivals.filter(({ left }) => left === null).length).toBeLessThan(kills.length / 5);
    shares.forEach(countedOnce);
  });
});

/** The job ends and its worker leaves while no runner lives. */
function awayUntilOver(road: Road): Meanwhile {
  const untilOver = async (events: readonly DrillEvent[]): Promise<void> => {
    const target = eventsOf(events, 'GD_TARGET_CHOSEN').at(-1)?.payload.target;
    await road.release(events);
    await until('the end of the job', async () => {
      const answered = await fetch(`${road.env['GAMEDAY_RIG_CONTROL'] ?? ''}/log`);
      const log = (await answered.json()) as readonly Readonly<Record<string, unknown>>[];
      return log.some((one) => one['event'] === 'job-finished' && one['jobId'] === target?.jobId);
    });
  };
  return { opens: () => [], then: untilOver };
}

test('where everything was over before it was resumed, the verdict has the evidence or says by name that it is gone', async () => {
  await inFolder(async (folder) => {
    const kills = ['after:GD_FAULT_INTENDED', 'before:GD_FAULT_SENT', 'after:GD_FAULT_LANDED'];
    const shares = await onRoads(folder, kills, awayUntilOver);
    shares.forEach(countedOnce);
    for (const one of shares.flatMap(({ survivals }) => survivals)) {
      const unsent = one.at === 'after:GD_FAULT_INTENDED';
      expect(one, one.said).toMatchObject({ intended: 1, landed: unsent ? 0 : 1 });
      const reasons = ['finished-before-stop', unsent ? 'stop-not-confirmed' : 'drained'];
      expect(reasons, `${row(one)}\n${one.said}`).toContain(one.reason);
      expect(one.exit, one.said).toBe(one.reason === 'drained' ? 0 : 11);
    }
  });
});
