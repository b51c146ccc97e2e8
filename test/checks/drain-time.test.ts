import { describe, expect, it } from 'vitest';
import { drainInTime, measureDrainTime } from '../../src/checks/drain-time.ts';
import { aContainer, aContainerDefinition } from '../support/builders.ts';
import { caseOf } from '../support/asking.ts';
import { AGENT_GONE, clocks, LOST, T, type Told } from '../support/journal-builders.ts';
import { holdsTable } from './table.ts';

const within = (ms: number | null): Told => ({ scenario: { expect: { drain: { within: ms } } } });

function timed(told: Told): { ms: number; by: string } | null {
  return measureDrainTime(caseOf(told).evidence);
}

describe('drain-in-time', () => {
  holdsTable(drainInTime, [
    ['quick enough', within(21_000), 'yes'],
    ['too slow', within(20_000), 'no drain-too-slow'],
    ['no time is set', within(null), 'unasked'],
    ['nothing was sent', { ...within(1), stop: null }, 'unasked'],
    ['a lost job has no drain to time', { ...within(1), job: LOST }, 'unasked'],
    [
      'it cannot be timed',
      { agent: { disconnectedAt: null }, task: { executionStoppedAt: null, stoppedAt: null } },
      'unknown evidence-missing',
    ],
    ['a drain that is not proven is not too slow', { ...within(1_000), agent: AGENT_GONE }, 'unknown'],
    ['a dead drain is not too slow', { ...within(1_000), container: { exitCode: 137 } }, 'unknown'],
  ]);
});

describe('drain-in-time', () => {
  it('gives what was measured, and the limit, as numbers beside the sentence', () => {
    const measured = { ms: T.left - T.landed, limit: 21_000 };
    expect(drainInTime.judge(caseOf(within(21_000))).measured).toEqual([measured]);
    expect(drainInTime.judge(caseOf(within(1_000))).measured).toEqual([{ ...measured, limit: 1_000 }]);
    expect(drainInTime.judge(caseOf(within(null))).measured).toBeUndefined();
  });
});

describe('drain time', () => {
  it('runs from the stop to the disconnect', () => {
    expect(timed({})?.ms).toBe(T.left - T.landed);
    expect(timed({})?.by).toContain('disconnect');
  });

  it('takes the end of the only essential container where there is no disconnect', () => {
    expect(timed({ agent: AGENT_GONE })).toMatchObject({ ms: T.exited - T.landed });
    expect(timed({ agent: AGENT_GONE })?.by).toContain('executionStoppedAt');
  });

  it('takes the end of the task where another container is essential too', () => {
    const two: Told = {
      agent: AGENT_GONE,
      otherContainers: [aContainerDefinition({ name: 'proxy' })],
      task: { containers: [aContainer({ exitCode: 0 }), aContainer({ name: 'proxy', exitCode: 0 })] },
    };
    expect(timed(two)).toMatchObject({ ms: T.stopped - T.landed });
    expect(timed(two)?.by).toContain('at most');
  });

  it('corrects clocks that are known to be apart, and widens what is not', () => {
    const ahead = (offset: number): Told => ({ clocks: clocks(offset, 0, 600) });
    expect(timed(ahead(5_000))?.ms).toBe(T.left - T.landed - 5_000);
    expect(timed(ahead(900))?.ms).toBe(T.left - T.landed);
    expect(measureDrainTime(caseOf(ahead(900)).evidence)?.atMost).toBe(T.left - T.landed + 1_200);
  });
});
