import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeGameDayDocument } from '../../src/verdict/account.ts';
import { GameDayDocument } from '../../src/verdict/result.ts';
import { journalLines, mergeLeft, resultIn, STORIES } from './shards.ts';
import type { Left, StoryName } from './shards.ts';

const whole = [{ shard: 1 }, { shard: 2 }] as const;
const inconclusive = { outcome: 'inconclusive', reason: 'evidence-missing', exitCode: 11 };

describe('merge', () => {
  it('makes one result of whole shards, the same each time, and it fits the schema', async () => {
    const { merged, again } = await mergeLeft(whole, 2);
    expect(merged).toMatchObject({
      outcome: 'passed',
      reason: 'drained',
      exitCode: 0,
      counts: { passed: 2 },
    });
    expect(merged.merge.problems).toEqual([]);
    expect(again.merge).toEqual(merged.merge);
    expect({ ...again, drills: [] }).toEqual({ ...merged, drills: [] });
    expect(GameDayDocument.parse(merged).drills).toHaveLength(2);
  });

  it('answers with the worst drill', async () => {
    const { merged } = await mergeLeft([{ shard: 1 }, { shard: 2, story: 'lost' }], 2);
    expect(merged).toMatchObject({
      outcome: 'failed',
      reason: 'lost',
      exitCode: 10,
      merge: { problems: [] },
    });
  });

  it.each<readonly [string, readonly Left[], RegExp]>([
    ['a missing shard', [{ shard: 1 }], /^shard 2 \(s2\.yaml\): it is missing/],
    [
      'a shard from two jobs',
      [...whole, { shard: 2, job: 'other', drill: '20261124-120000-beef' }],
      /shard 2 \(s2\.yaml\): it is doubled: attempt 0 is there from the jobs job-2-0, other/,
    ],
    [
      'one drill in two shards',
      [{ shard: 1 }, { shard: 2, drill: '20261124-120001-0000' }],
      /^drill 20261124-120001-0000 is there 2 times: shard 1, attempt 0; shard 2, attempt 0$/,
    ],
    ['an attempt that left nothing', [{ shard: 1 }, { shard: 2, attempt: 1 }], /attempt 0 is missing/],
    ['a shard that is none of ours', [...whole, { shard: 3 }], /3 is no shard of this game day: it has 2/],
    ['a step that was cut', [{ shard: 1 }, { shard: 2, ended: false }], /did not come to its end/],
    [
      'a step that ended before its drill',
      [{ shard: 1 }, { shard: 2, begun: false }],
      /attempt 0 ran no drill: it ended as bad-input/,
    ],
    [
      'a journal without its verdict',
      [{ shard: 1 }, { shard: 2, cut: (lines) => lines.slice(0, -1) }],
      /its journal is cut/,
    ],
    [
      'a journal cut in a line',
      [{ shard: 1 }, { shard: 2, cut: (lines) => [...lines.slice(0, -1), lines.at(-1)?.slice(0, 40) ?? ''] }],
      /its journal is cut/,
    ],
    [
      'a journal with half a line more',
      [{ shard: 1 }, { shard: 2, cut: (lines) => [...lines, '{"v":1,"seq"'] }],
      /its journal is cut/,
    ],
    [
      'a drill in the folder of another one',
      [{ shard: 1 }, { shard: 2, folder: '20261124-120000-beef' }],
      /its folder is 20261124-120000-beef, its journal that of drill 20261124-120002-0000/,
    ],
    [
      'a drill whose journal was not uploaded',
      [{ shard: 1 }, { shard: 2, named: ['20261124-120002-0000', '20261124-120000-beef'] }],
      /the journal of drill 20261124-120000-beef is missing/,
    ],
    [
      'a drill that its step does not know',
      [{ shard: 1 }, { shard: 2, named: [] }],
      /20261124-120002-0000 is no drill of its game-day\.json/,
    ],
    [
      'two drills in one attempt',
      [...whole, { shard: 2, drill: '20261124-120000-beef' }],
      /it holds 2 drills of one scenario/,
    ],
    [
      'a journal without its middle',
      [{ shard: 1 }, { shard: 2, cut: (lines) => lines.filter((_, index) => index !== 4) }],
      /wrong checksum/,
    ],
    [
      'a changed journal',
      [
        { shard: 1 },
        { shard: 2, cut: (lines) => lines.map((line) => line.replaceAll('"exitCode":0', '"exitCode":7')) },
      ],
      /wrong checksum/,
    ],
    [
      'a result that says another thing than its journal',
      [{ shard: 1 }, { shard: 2, story: 'unproven', said: { outcome: 'passed', reason: 'drained' } }],
      /its result\.json says passed: drained, its journal inconclusive/,
    ],
    ['a drill without its result', [{ shard: 1 }, { shard: 2, said: null }], /result\.json is missing/],
    [
      'the journal of another scenario',
      [{ shard: 1 }, { shard: 2, file: 's1.yaml' }],
      /its journal is that of s1\.yaml, and the shard's file is s2\.yaml/,
    ],
    [
      'the journal of another job',
      [{ shard: 1 }, { shard: 2, writtenIn: { jobId: 'elsewhere' } }],
      /its journal was written in job elsewhere/,
    ],
    [
      "last night's journal",
      [{ shard: 1 }, { shard: 2, writtenIn: { buildId: 'build-0' } }],
      /its journal was written in build build-0/,
    ],
    [
      'a drill of the rig',
      [{ shard: 1 }, { shard: 2, told: { plan: { embeddedRig: true } } }],
      /its drill ran on the rig/,
    ],
    [
      'a dry run',
      [{ shard: 1 }, { shard: 2, told: { plan: { dryRun: true } } }],
      /its journal is not that of `gameday run`/,
    ],
    [
      'an attempt above the limit',
      [...whole, { shard: 2, attempt: 1001 }],
      /is not the folder of an attempt/,
    ],
  ])('is inconclusive with %s', async (_name, left, why) => {
    const { merged, again } = await mergeLeft(left, 2);
    expect(merged).toMatchObject(inconclusive);
    expect(merged.merge.problems).toContainEqual(expect.stringMatching(why));
    expect(again.merge.problems).toEqual(merged.merge.problems);
  });

  it('hides no proven loss behind a missing shard', async () => {
    const { merged } = await mergeLeft([{ shard: 1, story: 'lost' }], 2);
    expect(merged).toMatchObject({ outcome: 'failed', reason: 'lost', exitCode: 10 });
    expect(merged.merge.problems).toHaveLength(1);
  });

  it('is inconclusive where nothing is there', async () => {
    expect((await mergeLeft([], 3)).merged).toMatchObject({ ...inconclusive, drills: [] });
  });

  it('takes drills of the rig where the pipeline was made for it, and then no other ones', async () => {
    const onRig = { plan: { embeddedRig: true } };
    const left = whole.map((one) => ({ ...one, told: onRig }));
    expect((await mergeLeft(left, 2, { rig: true })).merged).toMatchObject({ outcome: 'passed' });
    expect((await mergeLeft(whole, 2, { rig: true })).merged.merge.problems).toContainEqual(
      expect.stringContaining('and not on the rig'),
    );
  });

  it('knows a shipped scenario by its name, wherever it lies', async () => {
    const left = [{ shard: 1, file: '/opt/gameday/scenarios/exec-form.yaml' }];
    expect((await mergeLeft(left, 1, { files: ['@exec-form'] })).merged).toMatchObject({ outcome: 'passed' });
    expect((await mergeLeft(left, 1, { files: ['@shell-form'] })).merged).toMatchObject(inconclusive);
  });
});

describe('attempts', () => {
  it.each<readonly [StoryName, StoryName, string, readonly boolean[]]>([
    ['never-ran', 'drained', 'passed', [false, true]],
    ['never-ran', 'lost', 'failed', [false, true]],
    ['drained', 'never-ran', 'inconclusive', [true, true]],
    // Retried until it passes, it stays what it was: the stop had landed.
    ['unproven', 'drained', 'inconclusive', [true, true]],
    ['lost', 'drained', 'failed', [true, true]],
  ])('%s, then %s: %s', async (first, second, outcome, counts) => {
    const { merged } = await mergeLeft(
      [
        { shard: 1, story: first },
        { shard: 1, attempt: 1, story: second },
      ],
      1,
    );
    expect(merged).toMatchObject({ outcome, merge: { problems: [] } });
    expect(merged.drills).toHaveLength(2);
    expect(merged.merge.attempts.map((attempt) => attempt.counts)).toEqual(counts);
  });
});

describe('merge, whatever ran', () => {
  const stories = fc.constantFrom(...(Object.keys(STORIES) as StoryName[]));

  it('of the shards is the game day of all their drills', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stories, { minLength: 1, maxLength: 4 }), async (names) => {
        const left = names.map((story, index) => ({ shard: index + 1, story }));
        const { merged } = await mergeLeft(left, names.length);
        const day = makeGameDayDocument(
          left.map((one) => resultIn(journalLines(one))),
          [],
          null,
        );
        expect(merged).toMatchObject({
          ...{ outcome: day.outcome, reason: day.reason, exitCode: day.exitCode, counts: day.counts },
          merge: { problems: [] },
        });
      }),
      { numRuns: 12 },
    );
  });

  it('is never green without one of the shards', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stories, { minLength: 2, maxLength: 4 }), fc.nat(), async (names, nth) => {
        const left = names.map((story, index) => ({ shard: index + 1, story }));
        const { merged } = await mergeLeft(left.toSpliced(nth % names.length, 1), names.length);
        expect(merged.exitCode).not.toBe(0);
        expect(merged.merge.problems).toHaveLength(1);
      }),
      { numRuns: 12 },
    );
  });
});
