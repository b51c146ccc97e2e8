import { describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import type { Ending } from '../../src/report/one-document.ts';
import { createTestEngineReporter } from '../../src/report/test-engine.ts';
import { makeGameDayDocument } from '../../src/verdict/account.ts';
import type { DrillResult } from '../../src/verdict/result.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { lostDrill, tell } from './journals.ts';
import { drainedResult, lostResult } from './results.ts';

const Range = { start_at: z.number(), end_at: z.number(), duration: z.number().nonnegative() };

/** The fields that buildkite.com/docs/test-engine/importing-json names, and no other. */
const Upload = z
  .array(
    z.strictObject({
      id: z.uuid().optional(),
      scope: z.string(),
      name: z.string().min(1),
      location: z.string().optional(),
      file_name: z.string().optional(),
      result: z.enum(['passed', 'failed', 'skipped', 'unknown']),
      failure_reason: z.string().optional(),
      failure_expanded: z
        .array(z.strictObject({ expanded: z.array(z.string()), backtrace: z.array(z.string()) }))
        .optional(),
      history: z.strictObject({
        ...Range,
        children: z
          .array(
            z.strictObject({
              section: z.literal('annotation'),
              ...Range,
              detail: z.strictObject({ content: z.string().min(1) }),
            }),
          )
          .optional(),
      }),
      tags: z.record(z.string(), z.string().min(1)).optional(),
    }),
  )
  .max(5000);

/** What is written of these drills; those without a journal have no spans of their own. */
function upload(drills: readonly DrillResult[], errors: Ending['errors'] = [], journal = NO_JOURNAL) {
  let text = '';
  const screen = { write: (part: string) => void (text += part), columns: () => 80, rows: () => 24 };
  const reporter = createTestEngineReporter({ ...screen, colors: false });
  for (const drill of drills) reporter.onResult?.(drill, journal);
  reporter.onAnswer?.(makeGameDayDocument(drills, errors, null));
  return Upload.parse(JSON.parse(text));
}
const NO_JOURNAL: ReturnType<typeof tell>[number]['event'][] = [];

describe('a drill as a test of Test Engine', () => {
  test.each<[DrillResult['outcome'], string]>([
    ['passed', 'passed'],
    ['failed', 'failed'],
    ['inconclusive', 'unknown'],
    ['could-not-run', 'unknown'],
    ['internal', 'unknown'],
    ['interrupted', 'unknown'],
    ['refused', 'skipped'],
    ['planned', 'skipped'],
    ['aborted', 'skipped'],
  ])('%s is %s', (outcome, result) => {
    const [test] = upload([lostResult({ outcome, control: null })]);
    expect(test?.result).toBe(result);
    expect(test?.failure_reason === undefined).toBe(result === 'passed');
  });

  it('names why it failed, in one line and in full', () => {
    const [test] = upload([lostResult({ control: null })]);
    expect(test?.failure_reason).toBe(
      'failed: lost: attempt 1 of step integration was lost with its agent: exit status -1, AGENT_LOST',
    );
    expect(test?.failure_expanded?.[0]?.expanded).toContain('Cause');
    expect(test?.tags).toMatchObject({ 'gameday.outcome': 'failed', 'gameday.reason': 'lost' });
  });

  it('counts a negative control as its game day does', () => {
    const control = { expected: 'lost', met: true, contradicted: false };
    const [test] = upload([lostResult({ control })]);
    expect(test).toMatchObject({ result: 'passed', tags: { 'gameday.reason': 'control-met' } });
  });

  it('has the id of its drill whenever it is made, and another than every other drill', () => {
    const ids = [
      '20260102-030405-0123456789abcdef',
      '20260102-030405-0123456789abcdee',
      '20260102-030405-beef',
    ];
    const drills = ids.map((drill) => drainedResult({ drill }));
    const uuids = upload(drills).map(({ id }) => id);
    expect(new Set(uuids).size).toBe(3);
    expect(
      upload(drills.toReversed())
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(uuids.toSorted());
    expect(uuids).toContain('20260102-0304-8050-8123-456789abcdef');
  });

  it('of one scenario run twice has a name of its own', () => {
    const drills = ['20260102-030405-beef', '20260102-030406-beef'].map((drill) => drainedResult({ drill }));
    const [first, second] = upload(drills).map(({ name }) => name);
    expect([first?.slice(-9), second?.slice(-9)]).toEqual([' (1 of 2)', ' (2 of 2)']);
  });
});

describe('the history of a drill', () => {
  const journal = tell(lostDrill()).map(({ event }) => event);
  const result = summarizeDrill(journal, null);
  const [test] = upload([result], [], journal);
  const children = test?.history.children ?? [];

  it('takes as long as the drill, in seconds', () => {
    expect(test?.history.duration).toBe(((result.endedAt ?? 0) - result.startedAt) / 1000);
    expect(test?.history.start_at).toBe(result.startedAt / 1000);
  });

  it('says what the drill did and what happened to the worker', () => {
    const contents = children.map(({ detail }) => detail.content);
    expect(contents).toEqual(
      expect.arrayContaining([
        'inject',
        ...result.timeline.map(({ said }) => expect.stringContaining(said) as string),
      ]),
    );
  });

  it('has its spans in order and within the test, whatever other clocks show', () => {
    const early = result.timeline.map((moment) => ({ ...moment, at: 0 }));
    for (const timeline of [result.timeline, early]) {
      const [{ history } = { history: null }] = upload([{ ...result, timeline }], [], journal);
      const starts = (history?.children ?? []).map(({ start_at: start }) => start);
      expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      for (const span of history?.children ?? []) {
        expect(span.start_at).toBeGreaterThanOrEqual(history?.start_at ?? Infinity);
        expect(span.end_at).toBeLessThanOrEqual(history?.end_at ?? -Infinity);
      }
    }
  });
});

test('a run that began no drill is a test that decided nothing, not an empty upload', () => {
  const error = { at: 'drill.yaml', message: 'there is no such file', next: 'Check the name.' };
  expect(upload([], [error])).toMatchObject([
    { result: 'unknown', failure_reason: 'drill.yaml: there is no such file' },
  ]);
});
