import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createManyDrillsReporter } from '../../src/report/many-drills.ts';
import { countBegun, countEnded, planAgenda, sayProgress, startProgress } from '../../src/report/agenda.ts';
import { manyBlock } from '../../src/report/many-block.ts';
import { createResultsReporter } from '../../src/report/results.ts';
import { makeGameDayDocument } from '../../src/verdict/account.ts';
import type { DrillState } from '../../src/state/state.ts';
import { NOON } from '../support/builders.ts';
import { guardedState } from '../support/guarded.ts';
import { lostResult } from './results.ts';

const BASE = guardedState();
const state = (nth: number, phase: DrillState['phase'], seconds: number): DrillState => ({
  ...BASE,
  ...{ drill: `drill-${nth}`, phase, phaseSince: NOON - seconds * 1_000 },
});
const running = [state(1, 'armed', 10), state(2, 'observing', 5), state(3, 'armed', 90)];
const latest = ['drained', 'lost'].map((reason, nth) => ({
  ...{
    outcome: reason === 'lost' ? 'failed' : 'passed',
    reason,
    title: `Scenario ${nth}`,
    drill: `ended-${nth}`,
  },
})) as Parameters<typeof manyBlock>[0]['latest'];
const ended = new Map([
  ['passed', 41],
  ['failed', 1],
]);

/** Forty drills took a minute each and one ten seconds; two more have begun, ten and ninety seconds ago. */
const progress = (() => {
  let so = startProgress(planAgenda(50, 2));
  for (let nth = 0; nth < 41; nth += 1) {
    so = countBegun(so, `old-${String(nth)}`, NOON - 200_000);
    so = countEnded(so, `old-${String(nth)}`, NOON - (nth === 0 ? 190_000 : 140_000));
  }
  return countBegun(countBegun(so, 'drill-1', NOON - 10_000), 'drill-3', NOON - 90_000);
})();

describe('how far the drills have come', () => {
  it('is counted, and the time left follows from the median of those that ended', () => {
    // Nine of 50 are left, at 60 s each; of the two that run 10 s and 60 s are done: (9 * 60 - 70) / 2 at once.
    expect(sayProgress(progress, 41, NOON)).toBe(
      'drill 42 of 50; about 3 min 55 s left, at 1 min 0 s a drill so far',
    );
  });

  it('says no time before a drill has ended, and nothing of one drill alone', () => {
    const begun = countBegun(startProgress(planAgenda(3, 1)), 'a', NOON);
    expect(sayProgress(begun, 0, NOON + 5_000)).toBe('drill 1 of 3');
    expect(sayProgress(startProgress(planAgenda(1, 1)), 0, NOON)).toBeNull();
  });

  it('says what was known beforehand, and nothing once that is over', () => {
    const known = { title: () => 'as given', total: 3, parallel: 3, lasts: 60_000 };
    const begun = countBegun(startProgress(known), 'a', NOON);
    expect(sayProgress(begun, 0, NOON + 12_000)).toBe('as given; drill 1 of 3; about 48 s left');
    expect(sayProgress(begun, 0, NOON + 61_000)).toBe('as given; drill 1 of 3');
  });

  it('a drill that never began says nothing of the others', () => {
    expect(countEnded(startProgress(planAgenda(3, 1)), 'no-rig', NOON).took).toEqual([]);
  });
});

describe('the live view of many drills', () => {
  it('counts drills by phase and outcome, and names the slowest and the last verdicts', () => {
    const title = running[0]?.plan.scenario.title ?? '';
    expect(manyBlock({ running, ended, latest, progress }, 20, NOON)).toEqual([
      '3 drills run; 42 of 50 ended: 41 passed, 1 failed',
      '  2 armed, 1 observing; about 3 min 25 s left, at 1 min 0 s a drill so far',
      `  ${title}: the step has run for 0 s; the injection comes in 3 s  drill-3`,
      `  ${title}: the step has run for 0 s; the injection comes in 3 s  drill-1`,
      `  ${title}: the step has run for 0 s  drill-2`,
      '  passed: drained  Scenario 0  ended-0',
      '  failed: lost  Scenario 1  ended-1',
    ]);
  });

  it('keeps the slowest and the newest verdict where there is little room', () => {
    const lines = manyBlock({ running, ended, latest, progress }, 4, NOON);
    expect(lines.map((line) => line.split('  ').at(-1))).toEqual([
      '3 drills run; 42 of 50 ended: 41 passed, 1 failed',
      '2 armed, 1 observing; about 3 min 25 s left, at 1 min 0 s a drill so far',
      'drill-3',
      'ended-1',
    ]);
  });

  it('fits any height, and always says how many run', () => {
    const size = fc.integer({ min: -1, max: 60 });
    fc.assert(
      fc.property(size, fc.nat(80), fc.nat(80), (height, count, verdicts) => {
        const some = Array.from({ length: count }, (_, nth) => state(nth, 'armed', nth));
        const last = Array.from({ length: verdicts }, () => latest[0] as (typeof latest)[number]);
        const lines = manyBlock({ running: some, ended, latest: last, progress }, height, NOON);
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, height));
        expect(lines[0]).toContain(String(count));
      }),
    );
  });

  it('is gone from the screen when a result is written', () => {
    const written: string[] = [];
    let tick = (): void => undefined;
    const screen = {
      write: (text: string) => void written.push(text),
      columns: () => 80,
      rows: () => 10,
      colors: false,
    };
    const reporter = createManyDrillsReporter({
      screen,
      now: () => NOON,
      every: (_ms, act) => {
        tick = act;
        return () => undefined;
      },
    });
    reporter.onEvent?.({} as never, state(1, 'armed', 10));
    tick();
    expect(written.at(-1)).toContain('1 drill runs');
    reporter.onResult?.({ ...lostResult({ control: null }), drill: 'drill-1' }, []);
    expect(written.at(-1)).toBe('\u001b[3A\r\u001b[J');
    tick();
    expect(written.at(-1)).toContain('0 drills run; 1 ended: 1 failed');
  });
});

describe('the results of many drills', () => {
  function write(...results: readonly ReturnType<typeof lostResult>[]): string {
    let text = '';
    const screen = {
      write: (more: string) => void (text += more),
      columns: () => 80,
      rows: () => 24,
      colors: false,
    };
    const reporter = createResultsReporter(screen, 'many');
    for (const result of results) reporter.onResult?.(result, []);
    reporter.onDocument?.(makeGameDayDocument(results, [], null));
    return text;
  }
  const lost = lostResult({ control: null });

  it('are one line where several ended alike', () => {
    const passed = { ...lost, outcome: 'passed', reason: 'drained', exitCode: 0 } as typeof lost;
    const text = write(passed, passed, passed);
    expect(text.split('\n')[0]).toBe(`  passed  drained  ${lost.title} (3 drills)`);
    expect(text).toContain('Game day: passed: drained (exit code 0)');
  });

  it('show the card of a drill that did not pass', () => {
    expect(write(lost)).toContain('gameday drills show');
  });

  it('say of an interrupted one how it goes on', () => {
    const cut = {
      ...lost,
      outcome: 'interrupted',
      reason: 'interrupted',
      exitCode: 130,
      commands: ['gameday drills resume x'],
    } as typeof lost;
    const text = write(cut);
    expect(text.split('\n')[0]).toBe(`interrupted: ${lost.title}: gameday drills resume x`);
    expect(text).not.toContain('gameday drills show');
  });
});
