import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Documents } from '../../src/preflight/documents.ts';
import type { JsonObject } from '../../src/preflight/json.ts';
import { adviceOn } from '../../src/rehearsal/advice.ts';
import { armOf, wasDisturbed, withRepeats } from '../../src/rehearsal/arm.ts';
import type { Machine } from '../../src/rehearsal/definition.ts';
import { DRILLS, rigOf, scenarioOf } from '../../src/rehearsal/drills.ts';
import { SHORTEST_JOB } from '../../src/rehearsal/job.ts';
import { fixAsked, playOf, workOf } from '../../src/rehearsal/play.ts';
import { listNetEdits } from '../../src/preflight/take-advice.ts';
import type { Asked, Play, Work } from '../../src/rehearsal/play.ts';
import { rigFile } from '../../src/rig/file-schema.ts';
import { ScenarioFile } from '../../src/scenario/schema.ts';
import type { OutcomeName, Reason } from '../../src/model/reasons.ts';
import { makeGameDayDocument } from '../../src/verdict/account.ts';
import type { DrillResult } from '../../src/verdict/result.ts';
import { ROOT } from '../support/cli.ts';
import '../support/seed.ts';

const HERE: Machine = {
  ...{ images: false, image: null, hasImage: () => false, hasProgram: () => true, isLent: () => false },
};

function incident(name: string): JsonObject {
  return JSON.parse(readFileSync(join(ROOT, 'scenarios/incident', `${name}.json`), 'utf8')) as JsonObject;
}

function asked(value: JsonObject, more: Partial<Asked> = {}, pipeline: JsonObject | null = null): Asked {
  const documents: Documents = {
    taskDefinition: { value, base: [], name: 'td.json' },
    pipeline: pipeline === null ? null : { value: pipeline, base: [], name: 'pipeline.yml' },
    ...{ service: null, imageConfig: null, capacityProvider: null, scenario: null, hooks: null },
  };
  return { documents, container: 'agent', step: undefined, jobLength: null, ...more };
}

function played(given: Asked): { readonly work: Work; readonly play: Play } {
  const work = workOf(given);
  if ('why' in work) throw new Error(work.why);
  const play = playOf(given, work, HERE);
  if ('why' in play) throw new Error(play.why);
  return { work, play };
}

describe('a definition made ready', () => {
  test("the incident's: the signal does not come to the agent, so the step outlasts the 30 s", () => {
    const { work, play } = played(asked(incident('before')));
    expect(work.job).toMatchObject({ ms: 45_000, stated: false });
    expect(play).toMatchObject({ window: 30_000, told: false, copy: { launchType: 'FARGATE' } });
    // Nobody asked how long the built-in step may be.
    expect(play.preflight.findings.map(({ rule }) => rule)).not.toContain('step-over-window');
  });

  test('a length that somebody states is held against the window', () => {
    const { play } = played(asked(incident('after'), { jobLength: 150_000 }));
    const [first] = play.preflight.findings;
    expect(first).toMatchObject({ rule: 'step-over-window', seen: expect.stringContaining('150 s') });
  });

  test('and gives the fixed one the time that it takes, on EC2', () => {
    const task = { ...incident('before'), requiresCompatibilities: ['EC2'] };
    const given = asked(task, { jobLength: 300_000 });
    const { work } = played(given);
    const fixed = fixAsked(given, work);
    if (fixed === null) throw new Error('nothing was fixed');
    expect(listNetEdits(given.documents, fixed.documents, fixed.edits)).toEqual([
      expect.objectContaining({ path: ['containerDefinitions', 0, 'entryPoint'] }),
      expect.objectContaining({
        path: ['containerDefinitions', 0, 'stopTimeout'],
        before: undefined,
        after: 300,
      }),
    ]);
  });

  test('and a Dockerfile that is mended shows the values that changed, each once', () => {
    const value = {
      Entrypoint: ['/bin/sh', '-c', 'buildkite-agent start'],
      Env: ['OTHER=1', 'BUILDKITE_AGENT_SPAWN=2'],
    };
    const open = { entryPoint: null, stopSignal: null, variables: {} };
    const bare = { ...incident('after'), containerDefinitions: [{ name: 'agent', stopTimeout: 120 }] };
    const plain = asked(bare);
    const imageConfig = { value, base: [], name: 'Dockerfile', open };
    const given = { ...plain, documents: { ...plain.documents, imageConfig } };
    const mended = fixAsked(given, played(given).work);
    if (mended === null) throw new Error('nothing was fixed');
    expect(listNetEdits(given.documents, mended.documents, mended.edits)).toEqual([
      {
        ...{ document: 'imageConfig', path: ['Entrypoint'], before: value.Entrypoint },
        after: ['buildkite-agent', 'start', '--tags-from-ecs-meta-data'],
      },
      {
        ...{ document: 'imageConfig', path: ['Env', 1] },
        ...{ before: 'BUILDKITE_AGENT_SPAWN=2', after: 'BUILDKITE_AGENT_SPAWN=1' },
      },
    ]);
    const { open: _, ...built } = imageConfig;
    const inspected = { ...given, documents: { ...given.documents, imageConfig: built } };
    expect(fixAsked(inspected, played(inspected).work)).toBeNull();
  });

  test('of a pipeline of their own it must be known how long the step runs', () => {
    const pipeline = { steps: [{ key: 'tests', command: 'make' }] };
    expect(workOf(asked(incident('after'), {}, pipeline))).toMatchObject({
      document: 'pipeline',
      why: expect.stringMatching(/the length of step tests is not known/),
      next: expect.stringMatching(/--job-length/),
    });
    expect(workOf(asked(incident('after'), { jobLength: 60_000 }, pipeline))).toMatchObject({
      steps: { step: 'tests', commands: ['make'] },
      job: { ms: 60_000 },
    });
  });
});

describe('the files', () => {
  test('whatever the lengths, the scenarios and the rig are ones that can be read', () => {
    const lengths = fc.record({
      ms: fc.integer({ min: SHORTEST_JOB, max: 86_400_000 }),
      wholeStop: fc.integer({ min: 2, max: 3_600 }).map((seconds) => seconds * 1000),
    });
    fc.assert(
      fc.property(lengths, fc.constantFrom(...DRILLS), ({ ms, wholeStop }, name) => {
        const { work } = played(asked(incident('after'), { jobLength: ms }));
        const scenario = scenarioOf(name, { ...work, wholeStop, container: 'agent', definition: 'given' });
        const read = ScenarioFile.parse(scenario);
        expect(read.limits.verdictWithin).toBeGreaterThan(wholeStop + (name === 'idle' ? 0 : ms));
        if (name === 'near-end') expect(read.when.startWithin).toBeGreaterThan(ms);
      }),
    );
    const { play } = played(asked(incident('after')));
    expect(rigFile.safeParse(rigOf(play.copy, '/programs')).success).toBe(true);
  });
});

describe('what is left to say', () => {
  const arm = (play: Play, outcome: string) => ({
    ...armOf(play, [], makeGameDayDocument([], [], null), new Map()),
    drills: [
      {
        drill: 'busy' as const,
        scenario: '',
        played: 1,
        outcome,
        reason: 'lost',
        exitCode: 0,
        said: '',
        cause: null,
        drain: null,
        journal: null,
      },
    ],
  });

  test("nothing where nothing failed, and nothing where the fixed one passed, if the length is the reader's own", () => {
    const { play, work } = played(asked(incident('before'), { jobLength: 16_000 }));
    expect(adviceOn(arm(play, 'passed'), play, null, work)).toBeNull();
    expect(adviceOn(arm(play, 'failed'), play, { play, arm: arm(play, 'passed') }, work)).toBeNull();
  });

  test('that a longer job is lost all the same, where the length was chosen to fit', () => {
    const { play, work } = played(asked(incident('after')));
    for (const outcome of ['passed', 'outlasted'])
      expect(adviceOn(arm(play, outcome), play, null, work)).toMatch(
        /^A job that has more than 2 min 0 s left .* killed all the same.*--job-length/,
      );
    expect(adviceOn(arm(play, 'could-not-run'), play, null, work)).toBeNull();
    expect(adviceOn(arm(play, 'failed'), play, { play, arm: arm(play, 'passed') }, work)).toMatch(/^A job/);
  });

  test('a step that no window on Fargate holds is fixed elsewhere', () => {
    const { play, work } = played(asked(incident('after'), { jobLength: 150_000 }));
    expect(adviceOn(arm(play, 'failed'), play, null, work)).toMatch(
      /150 s.* 120 s .*Fargate's limit.*retry exit status -1/,
    );
  });

  test('a fixed definition that fails too is named', () => {
    const { play, work } = played(asked(incident('before'), { jobLength: 40_000 }));
    const advice = adviceOn(arm(play, 'failed'), play, { play, arm: arm(play, 'failed') }, work);
    expect(advice).toMatch(/does not pass either: busy \(lost\).*up to 120 s on Fargate/);
  });
});

describe('a drill that was disturbed', () => {
  test.each<[OutcomeName, Reason, boolean]>([
    ['inconclusive', 'stopped-by-other', true],
    ['refused', 'blast-radius', true],
    ['inconclusive', 'no-pid1-semantics', false],
    ['failed', 'lost', false],
    ['passed', 'drained', false],
  ])('%s %s: %s', (outcome, reason, again) => {
    expect(wasDisturbed({ outcome, reason })).toBe(again);
  });

  test('has the result of the last time, in its place, and the sum is made anew', () => {
    const result = (file: string, outcome: string, reason: string) =>
      ({ file, outcome, reason, control: null, exitCode: 0 }) as unknown as DrillResult;
    const day = makeGameDayDocument(
      [result('a', 'inconclusive', 'missed-target'), result('b', 'passed', 'drained')],
      [],
      null,
    );
    const again = makeGameDayDocument([result('a', 'passed', 'drained')], [], null);
    const whole = withRepeats(day, again);
    expect(whole.drills.map(({ file, outcome }) => [file, outcome])).toEqual([
      ['a', 'passed'],
      ['b', 'passed'],
    ]);
    expect([day.exitCode, whole.exitCode, whole.counts]).toEqual([11, 0, { passed: 2 }]);
  });
});
