import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { When } from '../../src/scenario/when.ts';
import { atFraction } from '../../src/triggers/at-fraction.ts';
import { nearEnd } from '../../src/triggers/near-end.ts';
import { aBuild, aJob, BUILD_ID, JOB_ID, NOON } from '../support/builders.ts';
import { fact } from '../support/journal-builders.ts';
import { armed } from './armed.ts';

const patience = { startWithin: 60_000, attempts: 1 };
const near = (usually: number | null, left: number): When => ({
  trigger: 'near-end',
  step: 'integration',
  usually,
  left,
  ...patience,
});
const fraction = (usually: number | null, fractionLeft: number): When => ({
  trigger: 'at-fraction',
  step: 'integration',
  usually,
  fractionLeft,
  ...patience,
});
const running = [fact('build', aBuild({ jobs: [JOB_ID] })), fact('job', aJob())];
const history = (durations: readonly number[]) =>
  fact('step-history', { durations: [...durations] }, 'canary/integration');

/** When the trigger would fire, milliseconds after the job was first seen running. */
function firesAt(when: When, durations?: readonly number[]): number | string {
  const trigger = when.trigger === 'near-end' ? nearEnd : atFraction;
  const known = durations === undefined ? [] : [history(durations)];
  const state = armed(when, [...running, ...known]);
  const fired = trigger.fire(state, NOON);
  if (fired.fires === 'never') return fired.said;
  if (fired.fires === 'now') return 0;
  return (fired.at ?? Infinity) - NOON;
}

describe('near-end and at-fraction', () => {
  it.each<[string, When, readonly number[] | undefined, number | RegExp]>([
    ['the scenario knows the time', near(60_000, 10_000), undefined, 50_000],
    ['the median of an odd history', near(null, 2_000), [9_000, 5_000, 6_000], 4_000],
    ['the median of an even history', near(null, 2_000), [8_000, 5_000, 6_000, 7_000], 4_500],
    ['a step of one job', near(null, 2_000), [6_000], 4_000],
    ['a step shorter than what is to be left', near(null, 20_000), [6_000], 0],
    ['what the scenario says goes before the history', near(10_000, 2_000), [60_000], 8_000],
    ['half of it is left', fraction(6_000, 0.5), undefined, 3_000],
    ['a tenth of the history is left', fraction(null, 0.1), [10_000], 9_000],
    ['no history', near(null, 2_000), [], /no passed job yet.*when\.usually/],
  ])('%s', (_title, when, durations, expected) => {
    const at = firesAt(when, durations);
    if (typeof expected === 'number') expect(at).toBe(expected);
    else expect(at).toMatch(expected);
  });

  it('asks for the history only where the scenario does not say how long the step runs', () => {
    expect(nearEnd.before(armed(near(null, 1_000), running))).toEqual([
      { kind: 'step-history', id: 'canary/integration' },
    ]);
    expect(nearEnd.before(armed(near(60_000, 1_000), running))).toEqual([]);
    expect(atFraction.before(armed(fraction(null, 0.5), running))).toHaveLength(1);
  });

  it('says how much was left, of what, and who says so', () => {
    const state = armed(near(null, 2_000), [...running, history([6_000, 6_000])]);
    const fired = nearEnd.fire(state, NOON + 4_000);
    expect(fired).toMatchObject({ fires: 'now', aim: { job: { id: JOB_ID } } });
    expect(fired.fires === 'now' && fired.why).toMatch(/2\.0 s left of 6\.0 s \(the median of its 2 latest/);
    const short = nearEnd.fire(armed(near(null, 9_000), [...running, history([6_000])]), NOON);
    expect(short.fires === 'now' && short.why).toMatch(/less than what should be left/);
  });

  it('never fires once the build is over', () => {
    const over = [
      fact('build', aBuild({ id: BUILD_ID, state: 'passed', rawState: 'PASSED', jobs: [JOB_ID] })),
      fact('job', aJob({ state: 'finished', rawState: 'FINISHED', passed: true })),
    ];
    expect(nearEnd.fire(armed(near(60_000, 1_000), over), NOON)).toMatchObject({ fires: 'never' });
  });

  it('never fires before there is as much left as was asked for, nor later than the usual end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3_600_000 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 3_600_000 }),
        (durations, left) => {
          const at = firesAt(near(null, left), durations);
          expect(at).toBeGreaterThanOrEqual(0);
          expect(at).toBeLessThanOrEqual(Math.max(0, Math.max(...durations) - left));
          expect(at).toBeGreaterThanOrEqual(Math.max(0, Math.min(...durations) - left));
        },
      ),
    );
  });
});
