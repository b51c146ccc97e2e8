import '../support/seed.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timesOf, timesText } from '../../src/preflight/step-times.ts';
import { documentsOf, findingsOf, lookAt } from './fixtures.ts';
import type { Bundle } from './fixtures.ts';

const definition = (stopTimeout: number): Bundle => ({
  taskDefinition: {
    requiresCompatibilities: ['FARGATE'],
    containerDefinitions: [{ name: 'agent', command: ['buildkite-agent', 'start'], stopTimeout }],
  },
  pipeline: { steps: [{ key: 'test', command: 'make', timeout_in_minutes: 60 }] },
});
const look = (stopTimeout: number, seconds: readonly number[]) =>
  lookAt(documentsOf(definition(stopTimeout)), { history: [timesOf('test', seconds)] });
const many = Array.from({ length: 40 }, (_, index) => 10 + index);

test('median and 95th percentile are those of the jobs', () => {
  expect(timesOf('test', [4, 1, 3, 2])).toEqual({ key: 'test', jobs: 4, median: 2, p95: 4, most: 4 });
  expect(timesOf('test', many)).toMatchObject({ median: 29, p95: 47, most: 49 });
  expect(timesText(timesOf('test', many))).toBe(
    'took 29 s in the median and 47 s in the 95th percentile of 40 passed jobs',
  );
});

test('in whatever order the jobs come: no more than one in twenty lies above the 95th, and no less than half below the median', () => {
  fc.assert(
    fc.property(fc.array(fc.float({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (seconds) => {
      const { jobs, median, p95, most } = timesOf('test', seconds);
      expect(jobs).toBe(seconds.length);
      expect(seconds.filter((one) => one > p95).length).toBeLessThanOrEqual(seconds.length / 20);
      expect(seconds.filter((one) => one <= median).length).toBeGreaterThanOrEqual(seconds.length / 2);
      expect([median <= p95, p95 <= most, seconds.includes(p95)]).toEqual([true, true, true]);
    }),
  );
});

describe('what is known of a step goes before what bounds it', () => {
  test('many jobs that fit: nothing is found, whatever its time-out says', () => {
    const found = look(60, many);
    for (const rule of ['step-over-window', 'stop-timeout-short', 'fargate-ceiling'])
      expect(findingsOf(rule, found)).toEqual([]);
  });

  test('many jobs that do not: it is said how long they took', () => {
    const found = look(30, many);
    expect(findingsOf('step-over-window', found)).toMatchObject([
      {
        severity: 'warning',
        seen: expect.stringContaining('29 s in the median and 47 s') as string,
        unknown: null,
      },
    ]);
    expect(findingsOf('stop-timeout-short', found)[0]?.why).toContain('47 s in the 95th percentile of 40');
  });

  test('few jobs prove little: the time-out counts, and a longer job of theirs is told of with what it is worth', () => {
    expect(findingsOf('step-over-window', look(60, [10, 12, 11]))).toMatchObject([
      { seen: expect.stringContaining('may take 60 min') as string },
    ]);
    expect(findingsOf('step-over-window', look(60, [10, 7200, 11]))).toMatchObject([
      { unknown: expect.stringContaining('3 passed jobs are too few') as string },
    ]);
  });

  test('no job at all: that is said', () => {
    expect(look(60, []).unknown).toContainEqual({
      rule: 'step-over-window',
      said: 'how long step test takes: no passed job of it is known',
    });
  });
});
