import { describe, test } from 'vitest';
import { needsPid1 } from '../support/pid1.ts';
import { hasJobEnded } from '../../src/model/entities/job.ts';
import { withAgent } from './support/agents.ts';
import { play } from './support/case.ts';
import type { Expected } from './support/case.ts';
import { EXEC, SHELL, trapping } from './support/files.ts';
import { both, ENDLESS, GATES, held, jobsSeen, whenProven } from './support/gates.ts';
import type { Opens } from './support/gates.ts';

const integration = { key: 'integration', command: held() };
const drained: Expected = { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 };

const whenOver: Opens = (events) =>
  jobsSeen(events).some((job) => job.stepKey === 'integration' && hasJobEnded(job)) ? ['over'] : [];

/** The late job goes on until it was seen. */
const whenLateRuns: Opens = (events) =>
  jobsSeen(events).some((job) => job.stepKey === 'late' && job.state === 'running') ? ['over'] : [];

function waitFor(gate: string): string {
  return `until [ -e ${GATES}/${gate} ]; do sleep 0.2; done`;
}

describe.concurrent('the worker drains', () => {
  test(withAgent('clean drain'), async () => {
    await play({
      agent: 'real',
      steps: [integration],
      expected: {
        ...drained,
        says: [/StopTask landed at .*UserInitiated/, /shows the same attempt RUNNING/, /container exited 0/],
      },
    });
  });

  needsPid1(withAgent('a trap wrapper ends 143 at the end of the drain'), async () => {
    await play({
      agent: 'real',
      container: { argv: trapping('true', 'exit 143') },
      steps: [integration],
      expected: { ...drained, notes: [/trap wrapper/], says: [/container exited 143/] },
    });
  });

  needsPid1(withAgent('shell form and disconnect-after-job: one-shot, which outlasts the stop'), async () => {
    await play({
      agent: 'real',
      container: { argv: [...SHELL.slice(0, 2), `${EXEC.join(' ')} --disconnect-after-job`] },
      steps: [integration],
      expected: { exit: 0, outcome: 'outlasted', reason: 'outlasted', notes: [/one-shot/], sent: 1 },
    });
  });

  // ECS signals the container a while after StopTask's answer, and the agent takes another job meanwhile.
  test(withAgent('a late job, finished'), async () => {
    await play({
      agent: 'real',
      standalone: 1,
      steps: [integration, { key: 'late', command: held('over', 'sleep 1') }],
      rig: { knobs: { signalLag: '7s' } },
      opens: both(whenProven, whenLateRuns),
      expected: { ...drained, notes: [/late-assignment/] },
    });
  });

  test('the target attempt is itself a retry', async () => {
    const command = `if [ "$BUILDKITE_RETRY_COUNT" = 0 ]; then exit 1; fi\n${held()}`;
    await play({
      steps: [{ key: 'integration', command, retry: { automatic: [{ exit_status: 1 }] } }],
      scenario: { when: { inFlightFor: '5s' } },
      expected: { ...drained, says: [/attempt 2 ended FINISHED, passed/] },
    });
  });

  test('the agent ends `stopped` instead of `disconnected`', async () => {
    await play({
      steps: [integration],
      rig: { knobs: { drainedAgentEnds: 'stopped' } },
      expected: drained,
    });
  });

  test('the build is BLOCKED after the step', async () => {
    await play({
      steps: [integration, { block: 'release' }],
      expected: { ...drained, says: [/build 1 is BLOCKED/] },
    });
  });

  test('hours of later steps are not waited for where the scenario says `build: any`', async () => {
    await play({
      steps: [integration, 'wait', { key: 'later', command: ENDLESS }],
      scenario: { expect: { build: 'any' } },
      expected: drained,
    });
  });

  test('stale answers of DescribeTasks', async () => {
    await play({ steps: [integration], rig: { knobs: { staleDescribe: 3 } }, expected: drained });
  });

  test('a throttled StopTask is aimed once more', async () => {
    await play({
      steps: [integration],
      rig: { faulty: { ecs: [{ operation: 'StopTask', do: { error: 'ThrottlingException' } }] } },
      expected: { ...drained, sent: 2 },
    });
  });

  test('a rate limit is obeyed', async () => {
    const limited = { count: 2, afterStop: true, do: { answer: 429 } };
    await play({
      steps: [integration],
      rig: { faulty: { buildkite: [{ operation: 'Build*', count: 2, do: { answer: 429 } }, limited] } },
      expected: drained,
    });
  });
});

describe.concurrent('the worker drains, and that is not enough', () => {
  test('slower than allowed', async () => {
    await play({
      steps: [{ key: 'integration', command: held('struck', 'sleep 3') }],
      scenario: { expect: { drain: { within: '1s' } } },
      expected: {
        exit: 10,
        outcome: 'failed',
        reason: 'drain-too-slow',
        cause: 'slow-drain',
        says: [/limit 1\.0 s/],
      },
    });
  });

  test('the disconnect call fails, the container ends 0', async () => {
    await play({
      steps: [integration],
      rig: { lostAfter: '4s', knobs: { disconnectCall: 'fail' } },
      expected: { exit: 11, outcome: 'inconclusive', reason: 'disconnect-not-received' },
    });
  });

  needsPid1('an agent that reports no stop leaves more than 5 s after its last job', async () => {
    await play({
      container: { argv: trapping(`${waitFor('over')}; sleep 7`, 'exit 0') },
      steps: [integration],
      opens: both(whenProven, whenOver),
      expected: {
        exit: 11,
        outcome: 'inconclusive',
        reason: 'drain-not-proven',
        says: [/neither at once nor by an idle time-out/],
      },
    });
  });

  test('the container still runs at the deadline', async () => {
    await play({
      steps: [{ key: 'integration', command: ENDLESS }],
      scenario: { limits: { verdictWithin: '8s' } },
      expected: { exit: 11, outcome: 'inconclusive', reason: 'verdict-timeout' },
    });
  });

  test('a person stops the agent during the drain', async () => {
    await play({
      steps: [integration],
      rig: { script: [{ on: 'stop-requested', do: 'stop-agent', of: 'struck', graceful: true }] },
      expected: { exit: 11, outcome: 'inconclusive', reason: 'stopped-by-other', says: [/by hand/] },
    });
  });
});

describe.concurrent('the worker does not drain', () => {
  needsPid1(withAgent('shell form, short step'), async () => {
    await play({
      agent: 'real',
      container: { argv: SHELL, stopTimeout: 9 },
      steps: [integration],
      expected: {
        exit: 10,
        outcome: 'failed',
        reason: 'not-drained',
        cause: 'signal-eaten',
        says: [/exited 137 \(SIGKILL\).*stopTimeout of 9\.0 s/, /SIGTERM was eaten/],
      },
    });
  });

  needsPid1(withAgent('shell form and an idle time-out, short step'), async () => {
    await play({
      agent: 'real',
      container: { argv: [...SHELL.slice(0, 2), `${EXEC.join(' ')} --disconnect-after-idle-timeout 10`] },
      steps: [integration],
      expected: {
        exit: 10,
        outcome: 'failed',
        reason: 'not-drained',
        cause: 'signal-eaten',
        says: [/left by its own idle time-out \(10\.0 s\)/],
      },
    });
  });

  needsPid1('a late job, cut', async () => {
    await play({
      standalone: 1,
      container: { argv: SHELL, stopTimeout: 9 },
      steps: [integration, { key: 'late', command: ENDLESS }],
      rig: { lostAfter: '4s' },
      expected: {
        exit: 10,
        outcome: 'failed',
        reason: 'not-drained',
        cause: 'signal-eaten',
        says: [/took job .* \(late\) after the stop, and it was lost/],
      },
    });
  });

  // Of the idle workers it is the one that completed a job last, and Buildkite cannot see that it is going down.
  test(withAgent('the worker that ate SIGTERM gets the next step, though another one is idle'), async () => {
    await play({
      agent: 'real',
      container: { argv: SHELL, stopTimeout: 15 },
      steps: [integration, 'wait', { key: 'next', command: ENDLESS }],
      rig: { lostAfter: '4s' },
      expected: {
        exit: 10,
        outcome: 'failed',
        reason: 'not-drained',
        cause: 'signal-eaten',
        says: [/took job .* \(next\) after the stop, and it was lost/],
      },
    });
  });

  const taken =
    (step: string): Opens =>
    (events) =>
      jobsSeen(events).some((job) => job.stepKey === step && job.state === 'running') ? ['struck'] : [];

  test("a second agent comes up in the task, and our build's job that it takes is lost", async () => {
    await play({
      standalone: 1,
      steps: [integration, { key: 'other', command: ENDLESS }],
      rig: { lostAfter: '4s', script: [{ on: 'stop-requested', after: '3s', do: 'restart-container' }] },
      opens: taken('other'),
      expected: {
        ...{ exit: 10, outcome: 'failed', reason: 'lost', cause: 'agent-restarted' },
        says: [/other attempt 1 .* was lost/],
      },
    });
  });

  test("a second agent comes up in the task and takes somebody else's job, which is cut", async () => {
    const neighbour = { pipeline: 'neighbour', branch: 'main' };
    await play({
      standalone: 1,
      steps: [{ key: 'integration', command: held('struck', 'sleep 4') }],
      files: { 'neighbour.yaml': { steps: [{ key: 'other', command: ENDLESS }] } },
      rig: {
        lostAfter: '4s',
        pipelines: [
          { slug: 'canary', steps: 'canary.yaml' },
          { slug: 'neighbour', steps: 'neighbour.yaml' },
        ],
        script: [
          { on: 'stop-requested', after: '3s', do: 'restart-container' },
          { on: 'stop-requested', after: '3s', do: 'create-build', ...neighbour },
        ],
      },
      expected: {
        ...{ exit: 10, outcome: 'failed', reason: 'not-drained', cause: 'agent-restarted' },
        says: [/took job .* \(other\) after the stop/],
      },
    });
  });
});
