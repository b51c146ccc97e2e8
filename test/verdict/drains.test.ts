import { describe, expect, it } from 'vitest';
import { drainsIn } from '../../src/verdict/drains.ts';
import { aJob, anAgent } from '../support/builders.ts';
import { AGENT_GONE, fact, jobEvent, LOST, PASSED, story, T } from '../support/journal-builders.ts';
import type { Told } from '../support/journal-builders.ts';

const LATER = { stopTimeout: 120_000 };
const former = aJob({
  ...PASSED,
  startedAt: T.running - 60_000,
  finishedAt: T.running - 30_000,
  events: [jobEvent('FINISHED', T.running - 30_000)],
});
const idle: Told = {
  target: { jobId: null },
  before: [fact('job', former), fact('agent', anAgent({ isRunningJob: false }))],
  proof: null,
  job: null,
  agent: { disconnectedAt: T.landed + 200 },
  task: { executionStoppedAt: T.landed + 300 },
};

describe('what a drill measured of a drain', () => {
  it('is the time until a busy worker left, and what it was granted', () => {
    expect(drainsIn(story({ definition: LATER }))).toEqual({
      drains: [{ busy: true, ms: T.left - T.landed }],
      granted: 120_000,
      onRig: false,
    });
    expect(drainsIn(story({ definition: null, plan: { label: 'rig' } }))).toMatchObject({
      ...{ granted: null, onRig: true },
    });
  });

  it('is the time until an idle worker left', () => {
    expect(drainsIn(story(idle)).drains).toEqual([{ busy: false, ms: 200 }]);
  });

  it('has no time of a worker that did not drain', () => {
    const lost: Told = { job: LOST, agent: AGENT_GONE, build: { state: 'failed', rawState: 'FAILED' } };
    expect(drainsIn(story(lost)).drains).toEqual([{ busy: true, ms: null }]);
    const killed = story({ container: { exitCode: 137 } });
    expect(drainsIn(killed).drains).toEqual([{ busy: true, ms: null }]);
  });

  it('is nothing where nothing is proven about the stop', () => {
    const at = T.stop - 1_000;
    const over = { ...PASSED, finishedAt: at, events: [jobEvent('FINISHED', at, { exitStatus: '0' })] };
    expect(drainsIn(story({ proof: over, job: over })).drains).toEqual([]);
  });
});
