import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/model/entities/job.ts';
import type { StepName } from '../../src/model/step-name.ts';
import { aJob, aPipeline, BUILD_ID } from '../support/builders.ts';
import { planOf } from '../support/plans.ts';
import { ending, OPENING, theatre, type Theatre } from '../support/theatre.ts';

/** How long the trigger waits with the job in flight, milliseconds. */
const WAITS = 120_000;
/** Jobs of another step, so that a listing of all costs much more than a poll. */
const OTHERS = 60;

/** A build of 61 jobs on which a drill waits for two minutes for a step of this name, in a pipeline that may upload steps. */
function waitingFor(step: StepName, own: Partial<Job>, set: (stage: Theatre) => void = () => undefined) {
  const plan = planOf({ when: { step, inFlightFor: WAITS, startWithin: 600_000 }, expect: { build: 'any' } });
  const pipeline = aPipeline({ stepKeys: [], stepLabels: [], dynamic: true });
  return theatre({
    plan,
    runsFor: null,
    set: (stage) => {
      stage.buildkite.world.pipelines.set(pipeline.slug, pipeline);
      stage.clock.at(OPENING + 1_000, () => {
        for (const { id } of stage.buildkite.world.jobs.values()) stage.buildkite.setJob(id, own);
        addOthers(stage);
      });
      set(stage);
    },
  });
}

function addOthers({ buildkite }: Theatre): void {
  for (let at = 0; at < OTHERS; at += 1) {
    const id = `other-${String(at)}`;
    const waiting = { state: 'scheduled', rawState: 'SCHEDULED', agentId: null, startedAt: null } as const;
    buildkite.world.jobs.set(id, aJob({ id, buildId: BUILD_ID, stepKey: 'unit', label: 'Unit', ...waiting }));
  }
}

/** What each question after the build listed: all of its jobs, or those of some steps. */
function wantedIn({ buildkite }: Theatre): readonly unknown[] {
  return buildkite.calls
    .filter(({ operation }) => operation === 'build' || operation === 'builds')
    .map(({ args }) => args[1]);
}

const countListings = (stage: Theatre): number => wantedIn(stage).filter((wanted) => wanted === 'all').length;
const labelled = { label: ':rocket: Deploy' };

describe('while a step is waited for', () => {
  it('that a label names, polls ask for the key that its job has', async () => {
    const stage = waitingFor(labelled, { ...labelled, stepKey: 'deploy' });
    expect(ending(await stage.run())).toBe('passed drained');
    const wanted = wantedIn(stage);
    expect(wanted.filter((keys) => JSON.stringify(keys) === '["deploy"]').length).toBeGreaterThan(50);
    // Until it is there, and at the end.
    expect(countListings(stage)).toBeLessThanOrEqual(4);
  });

  it('that a glob names, they ask for the keys that fit, and listings go on seldom: it may gain keys', async () => {
    const stage = waitingFor('test-*', { stepKey: 'test-linux' });
    expect(ending(await stage.run())).toBe('passed drained');
    const wanted = wantedIn(stage);
    expect(wanted.filter((keys) => JSON.stringify(keys) === '["test-linux"]').length).toBeGreaterThan(50);
    // 191 points at 160 a minute: every 71 s.
    expect(countListings(stage)).toBeGreaterThanOrEqual(4);
    expect(countListings(stage)).toBeLessThanOrEqual(6);
  });

  it('whose job has no key, it is looked for in listings alone, and seldom', async () => {
    const stage = waitingFor(labelled, { ...labelled, stepKey: null });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(wantedIn(stage).filter((keys) => Array.isArray(keys) && keys.length > 0)).toEqual([]);
    expect(countListings(stage)).toBeGreaterThanOrEqual(4);
    expect(countListings(stage)).toBeLessThanOrEqual(8);
  });

  it('that is uploaded late, it is found all the same', async () => {
    const isRunning = { state: 'running', rawState: 'RUNNING' } as const;
    const stage = waitingFor(labelled, { label: 'Upload', stepKey: null }, ({ clock, buildkite }) =>
      clock.at(OPENING + 100_000, () => {
        for (const job of [...buildkite.world.jobs.values()].slice(0, 1))
          buildkite.setJob(job.id, { ...isRunning, ...labelled, stepKey: 'deploy' });
      }),
    );
    expect(ending(await stage.run())).toBe('passed drained');
    expect(countListings(stage)).toBeLessThanOrEqual(6);
  });

  it('and the build ends, all jobs are listed once more before it is said that it never ran', async () => {
    const stage = waitingFor(labelled, { label: 'Other', stepKey: 'other' }, ({ clock, buildkite }) =>
      clock.at(OPENING + 20_000, () => {
        for (const { id } of buildkite.world.builds.values())
          buildkite.setBuild(id, { state: 'passed', rawState: 'PASSED', finishedAt: OPENING + 20_000 });
        const [job] = buildkite.world.jobs.values();
        const ended = { state: 'finished', rawState: 'FINISHED', passed: true, exitStatus: '0' } as const;
        buildkite.setJob(job?.id ?? '', { ...labelled, stepKey: 'deploy', ...ended });
      }),
    );
    const state = await stage.run();
    expect(ending(state)).toBe('inconclusive step-never-ran');
    expect(state.halted?.said).toMatch(/ended \(FINISHED\) before it had been in flight/);
  });
});
