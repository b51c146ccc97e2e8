import { describe, expect, it } from 'vitest';
import { studyLines, studyPage } from '../../src/study/report.ts';
import type { StudyArm } from '../../src/verdict/result.ts';

const before: StudyArm = {
  arm: 'before',
  drills: 3,
  jobsHit: 13,
  jobsLost: 13,
  idle: { drills: 1, drained: 0, median: null, longest: null },
  busy: { drills: 2, drained: 0, median: null, longest: null },
  deployments: [{ buildsHit: 12, buildsKilled: 12, rollout: null }],
  stopTimeouts: [30_000],
  uncounted: [],
};
const after: StudyArm = {
  arm: 'after',
  drills: 5,
  jobsHit: 26,
  jobsLost: 1,
  idle: { drills: 1, drained: 1, median: 20, longest: 20 },
  busy: { drills: 4, drained: 3, median: 61_000, longest: 70_000 },
  deployments: [
    { buildsHit: 12, buildsKilled: 0, rollout: 4_000 },
    { buildsHit: 11, buildsKilled: 1, rollout: 4_000 },
  ],
  stopTimeouts: [120_000],
  uncounted: ['A scale-in: inconclusive missed-target'],
};
const nothing: StudyArm = {
  ...before,
  arm: 'nothing',
  jobsHit: 0,
  jobsLost: 0,
  idle: { drills: 0, drained: 0, median: null, longest: null },
  deployments: [],
  stopTimeouts: [],
};

describe('the table of a study', () => {
  it('has a row for each figure, and says what is not in them', () => {
    const text = studyLines([before, after, nothing], false).join('\n').replaceAll(/ +/g, ' ');
    for (const line of [
      'jobs lost, of those that a stop hit 13 of 13 (100 %) 1 of 26 (4 %) no job was hit',
      'drain of an idle worker no drain: killed 20 ms not stopped',
      'drain of a busy worker no drain: killed 1 min 1 s, at most 1 min 10 s; 1 of 4 killed no drain: killed',
      'builds killed by one deployment 12 of 12 hit 0 to 1 of 11 to 12 hit no deployment',
      'stopTimeout 30.0 s 2 min 0 s unknown',
      'not counted, after: A scale-in: inconclusive missed-target',
    ])
      expect(text).toContain(line);
  });

  it('keeps its columns in line', () => {
    const lines = studyLines([before, after], false);
    const column = lines[0]?.indexOf('after') ?? -1;
    for (const line of lines.slice(1, 6)) expect(line.slice(column - 2, column)).toBe('  ');
  });

  it('is a Markdown table too', () => {
    const [head, rule, first] = studyPage([before, after]).split('\n');
    expect(head).toBe('|  | before | after |');
    expect(rule).toBe('| --- | --- | --- |');
    expect(first).toBe('| jobs lost, of those that a stop hit | 13 of 13 (100 %) | 1 of 26 (4 %) |');
  });

  it('shows no control characters of a name', () => {
    expect(studyLines([{ ...before, arm: 'be\u001b[31mfore' }], false).join()).not.toContain('\u001b');
  });
});
