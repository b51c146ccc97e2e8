import { expect, it } from 'vitest';
import { reasonOfTrouble } from '../../src/state/trouble.ts';
import { askSubject } from '../../src/drill/questions.ts';
import { aBuild, aJob, NOON } from '../support/builders.ts';
import { fakeBuildkite } from '../support/fake-buildkite.ts';
import { fakeAutoScaling } from '../support/fake-auto-scaling.ts';
import { fakeCommand } from '../support/fake-command.ts';
import { fakeCounters } from '../support/fake-counters.ts';
import { fakeEcs } from '../support/fake-ecs.ts';
import { fakeFis } from '../support/fake-fis.ts';
import { fakeSurroundings } from '../support/fake-surroundings.ts';
import { DRILL } from '../support/journal-builders.ts';
import { manualClock } from '../support/manual-clock.ts';
import { planOf } from '../support/plans.ts';

it("a step's history is asked by pipeline and step, whose key may have a slash", async () => {
  const old = aBuild({ state: 'passed', rawState: 'PASSED' });
  const over = {
    buildId: old.id,
    stepKey: 'test/slow',
    state: 'finished',
    startedAt: NOON,
  } as const;
  const jobs = [
    aJob({ ...over, id: 'a', passed: true, finishedAt: NOON + 5000 }),
    aJob({ ...over, id: 'b', passed: false, finishedAt: NOON + 9000 }),
    aJob({ ...over, id: 'c', state: 'running', finishedAt: null }),
  ];
  const sources = {
    buildkite: fakeBuildkite({ builds: [old], jobs }),
    ecs: fakeEcs(),
    surroundings: fakeSurroundings(),
    autoScaling: fakeAutoScaling(),
    fis: fakeFis(),
    command: fakeCommand(),
    counters: fakeCounters(),
  };
  const subject = { kind: 'step-history', id: `${old.pipeline}/test/slow` } as const;
  const never = new AbortController().signal;
  const { read, facts } = await askSubject(subject, DRILL, planOf(), {}, sources, manualClock(), never);
  expect(read.ok).toBe(true);
  expect(facts).toEqual([{ ...subject, value: { durations: [5000] } }]);
  const unknown = { kind: 'step-history', id: 'nothing/test' } as const;
  const none = await askSubject(unknown, DRILL, planOf(), {}, sources, manualClock(), never);
  expect(none).toMatchObject({ read: { ok: false, error: { kind: 'not-found' } }, facts: [] });
  const { error } = none.read;
  expect(error === null ? null : reasonOfTrouble(unknown, error)).toBe('no-such-pipeline');
});
