import { describe, test } from 'vitest';
import { needsPid1 } from '../support/pid1.ts';
import { eventsOf } from '../../src/journal/events.ts';
import { play } from './support/case.ts';
import type { Expected } from './support/case.ts';
import { SHELL } from './support/files.ts';
import { both, ENDLESS, held, provenInFlight, whenProven } from './support/gates.ts';
import type { Opens } from './support/gates.ts';

const integration = { key: 'integration', command: held() };
const endless = { key: 'integration', command: ENDLESS };

function inconclusive(reason: string, ...says: readonly RegExp[]): Expected {
  return { exit: 11, outcome: 'inconclusive', reason, says };
}

const otherWhenProven: Opens = (events) => (provenInFlight(events) ? ['other'] : []);

describe.concurrent('nothing is injected, or not by us', () => {
  test('the step never runs', async () => {
    await play({
      steps: [{ ...integration, agents: { queue: 'nobody' } }],
      scenario: { when: { startWithin: '4s' } },
      expected: { ...inconclusive('step-never-ran', /was not in flight for 300 ms within 4\.0 s/), sent: 0 },
    });
  });

  test('the build is over before the step was in flight for long enough', async () => {
    await play({
      steps: [{ key: 'integration', command: 'true' }],
      scenario: { when: { inFlightFor: '60s' } },
      expected: {
        ...inconclusive('step-never-ran', /ended \(FINISHED\) before it had been in flight/),
        sent: 0,
      },
    });
  });

  test('the build is FAILING before the injection', async () => {
    await play({
      steps: [
        { key: 'other', command: 'exit 1' },
        { ...integration, depends_on: [{ step: 'other', allow_failure: true }] },
      ],
      expected: { ...inconclusive('unsound-baseline', /build 1 is FAILING already/), sent: 0 },
    });
  });

  test("somebody's StopTask comes first: the task is stopping already", async () => {
    const script = [
      { on: 'job-started', do: 'stop-task', task: 'host', step: 'integration', reason: 'a deploy' },
    ];
    await play({
      steps: [endless],
      scenario: { when: { inFlightFor: '3s' } },
      rig: { script },
      expected: {
        ...inconclusive('stopped-by-other', /already going down: UserInitiated, "a deploy"/),
        sent: 0,
      },
    });
  });

  test('the host of a spot task is taken away first', async () => {
    const script = [{ on: 'job-started', do: 'spot-interruption', task: 'host', step: 'integration' }];
    await play({
      steps: [endless],
      scenario: { when: { inFlightFor: '3s' } },
      rig: { script },
      expected: { ...inconclusive('stopped-by-other', /already going down: SpotInterruption/), sent: 0 },
    });
  });

  // The job ends when the call is about to be sent, and the call is late.
  test('the step is over at the read after the stop, seconds before it', async () => {
    await play({
      steps: [{ key: 'integration', command: held('struck', 'sleep 1') }],
      rig: { faulty: { ecs: [{ operation: 'StopTask', do: { delay: '4s' } }] } },
      opens: (events) => (eventsOf(events, 'GD_FAULT_INTENDED').length > 0 ? ['struck'] : []),
      expected: inconclusive('finished-before-stop', /had ended at .*, before the stop/),
    });
  });
});

describe.concurrent('the drill is disturbed', () => {
  test('a person cancels the build', async () => {
    await play({
      steps: [endless],
      rig: { script: [{ on: 'stop-requested', after: '2s', do: 'cancel-build', by: 'person' }] },
      expected: inconclusive('build-canceled', /build 1 was canceled by (?!Buildkite)/),
    });
  });

  test('a newer build of the branch cancels the build', async () => {
    await play({
      steps: [endless],
      rig: {
        pipelines: [{ slug: 'canary', steps: 'canary.yaml', cancelIntermediateBuilds: true }],
        script: [
          { on: 'stop-requested', after: '2s', do: 'create-build', pipeline: 'canary', branch: 'main' },
        ],
      },
      expected: inconclusive('build-canceled', /build 1 was canceled by Buildkite itself/),
    });
  });

  test("the step's own time-out ends the job", async () => {
    await play({
      steps: [endless],
      rig: { script: [{ on: 'stop-requested', after: '2s', do: 'time-out-job', step: 'integration' }] },
      expected: inconclusive('build-canceled', /ran into its step's own time-out/),
    });
  });

  test("another step's job is lost elsewhere", async () => {
    const kill = { do: 'signal', signal: 'KILL', to: 'pid1', task: 'host', step: 'other' };
    await play({
      steps: [integration, { key: 'other', command: ENDLESS }],
      rig: { lostAfter: '4s', script: [{ on: 'stop-requested', ...kill }] },
      expected: inconclusive('unrelated-loss', /\(other\), on a task that was not stopped, was lost/),
    });
  });

  test('the container dies of memory before its stop time-out', async () => {
    await play({
      steps: [endless],
      rig: { lostAfter: '4s', script: [{ on: 'stop-requested', after: '1s', do: 'oom' }] },
      expected: inconclusive('out-of-memory', /killed for lack of memory/),
    });
  });

  needsPid1('memory runs out at the stop time-out, the job being over: not drained', async () => {
    await play({
      container: { argv: SHELL, stopTimeout: 9 },
      steps: [integration],
      rig: { script: [{ on: 'stop-requested', after: '8s', do: 'oom' }] },
      expected: {
        exit: 10,
        outcome: 'failed',
        reason: 'not-drained',
        cause: 'signal-eaten',
        notes: [/OutOfMemoryError, but the end lies at the stop time-out/],
      },
    });
  });
});

describe.concurrent('the build fails', () => {
  const failed: Expected = {
    ...{ exit: 10, outcome: 'failed', reason: 'build-failed' },
    ...{ cause: 'failed-by-itself', decided: false },
  };

  test('for a reason of its own after the stop', async () => {
    await play({
      steps: [integration, { key: 'other', command: held('other', 'exit 1') }],
      opens: both(whenProven, otherWhenProven),
      expected: {
        ...failed,
        decided: true,
        says: [/build 1 is FAILED; the cause is undecided: run the scenario with `fault: none`/],
      },
    });
  });

  test('because the target attempt fails by itself', async () => {
    await play({
      steps: [{ key: 'integration', command: held('struck', 'exit 3') }],
      expected: { ...failed, says: [/the target attempt failed: exit status 3/] },
    });
  });
});
