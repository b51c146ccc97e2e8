import { describe, test } from 'vitest';
import { hasTrulyPassed } from '../../src/evidence/attempts.ts';
import { needsPid1 } from '../support/pid1.ts';
import { withAgent } from './support/agents.ts';
import { play } from './support/case.ts';
import type { Expected } from './support/case.ts';
import { EXEC, SHELL } from './support/files.ts';
import { both, ENDLESS, held, jobsSeen, onlyTheStopped, whenProven } from './support/gates.ts';
import type { Opens } from './support/gates.ts';

const endless = { key: 'integration', command: ENDLESS };
const shell = { argv: SHELL, stopTimeout: 3 };
const rig = { lostAfter: '4s' };
const lost: Expected = { exit: 10, outcome: 'failed', reason: 'lost', cause: 'signal-eaten', sent: 1 };
const tooLong: Expected = { ...lost, cause: 'step-over-window' };
const masked: Expected = { ...lost, reason: 'masked-loss' };
/** 3.76 to 3.82 (HTTP/2), 3.116 (no heartbeats after SIGTERM), 3.119 to 3.137.1 (a hang after a failed heartbeat). */
const FALLS_SILENT = /^3\.(?:7[6-9]|8[01]|82\.0|116|119|12\d|13[0-6]|137\.[01])\b/;
/** The first attempt never ends; the next ones do at once. */
const onceEndless = `if [ "$BUILDKITE_RETRY_COUNT" = 0 ]; then ${ENDLESS}; fi`;
const retried = {
  key: 'integration',
  command: onceEndless,
  retry: { automatic: [{ exit_status: -1, limit: 2 }] },
};

describe.concurrent('the job is lost', () => {
  needsPid1(withAgent('shell form, long step'), async () => {
    await play({
      agent: 'real',
      container: shell,
      steps: [endless],
      rig,
      expected: {
        ...lost,
        says: [/event AGENT_LOST; exit status -1/, /SIGTERM was eaten/, /shell is PID 1/],
      },
    });
  });

  test(withAgent('exec form, step longer than stopTimeout'), async () => {
    await play({
      agent: 'real',
      container: { stopTimeout: 4 },
      steps: [endless],
      rig,
      expected: {
        ...tooLong,
        says: [
          /the step needed longer than stopTimeout \(4\.0 s\).* it needed about .* more .*its own lines sleep 10 min 0 s/,
        ],
      },
    });
  });

  needsPid1(withAgent('an init and a shell: 143 at once'), async () => {
    await play({
      agent: 'real',
      container: { argv: ['tini', '--', '/bin/sh', '-c', EXEC.join(' ')] },
      steps: [endless],
      rig,
      expected: { ...lost, cause: 'init-killed-wrapper', says: [/exited 143/, /the wrapper died first/] },
    });
  });

  // Standalone: a service would start a new worker, which would take the retry.
  needsPid1('the retry is still queued at the deadline', async () => {
    await play({
      standalone: 1,
      container: shell,
      steps: [retried],
      rig,
      scenario: { limits: { verdictWithin: '20s' } },
      expected: lost,
    });
  });

  test('the stopped sibling of a parallel step passes, another one on the same task is lost', async () => {
    await play({
      standalone: 1,
      container: { argv: [...EXEC, '--spawn', '2'], stopTimeout: 6 },
      steps: [{ key: 'integration', command: held('none'), parallelism: 2 }],
      rig,
      scenario: { cluster: { sharedTask: 'allowed' } },
      opens: onlyTheStopped,
      expected: { ...tooLong, says: [/FINISHED, passed, exit status "0"/] },
    });
  });

  test("a neighbour build's job on the target task is lost", async () => {
    await play({
      standalone: 1,
      container: { argv: [...EXEC, '--spawn', '2'], stopTimeout: 6 },
      steps: [{ key: 'integration', command: held() }],
      files: { 'neighbour.yaml': { steps: [{ key: 'neighbour', command: ENDLESS }] } },
      rig: {
        ...rig,
        pipelines: [
          { slug: 'canary', steps: 'canary.yaml' },
          { slug: 'neighbour', steps: 'neighbour.yaml' },
        ],
        builds: [{ pipeline: 'neighbour' }],
      },
      scenario: { cluster: { sharedTask: 'allowed' } },
      expected: { ...tooLong, says: [/neighbour attempt 1 .* was lost/] },
    });
  });

  needsPid1('the retry lands on the same doomed task', async () => {
    const command = `if [ "$BUILDKITE_RETRY_COUNT" -gt 0 ]; then ${ENDLESS}; fi\n${held('struck', 'exit 1')}`;
    await play({
      standalone: 1,
      container: { argv: SHELL, stopTimeout: 8 },
      steps: [{ key: 'integration', command, retry: { automatic: [{ exit_status: 1, limit: 1 }] } }],
      rig,
      expected: { ...lost, says: [/integration attempt 2 .* was lost/] },
    });
  });

  needsPid1('ECS is away for good after the stop: the loss is proven all the same', async () => {
    await play({
      container: shell,
      steps: [endless],
      rig: { ...rig, faulty: { ecs: [{ afterStop: true, count: 'forever', do: { drop: 'before' } }] } },
      scenario: { limits: { verdictWithin: '20s' } },
      // With neither exit code nor time of its end, a shell in the definition is all that there is to see.
      expected: { ...lost, decided: false },
    });
  });

  test(withAgent('the agent falls silent while it drains'), async () => {
    await play({
      agent: 'real',
      container: { stopTimeout: 25 },
      steps: [endless],
      rig: {
        ...rig,
        script: [{ on: 'stop-requested', after: '1s', do: 'signal', signal: 'STOP', to: 'agent' }],
      },
      expected: {
        ...lost,
        // A version that is known to fall silent decides; the stand-in has none, and later agents are sound.
        ...{ cause: 'heartbeats-stopped', decided: (version) => FALLS_SILENT.test(version) },
        says: [/stopped sending heartbeats while it drained/],
      },
    });
  });
});

describe.concurrent('the job is lost though its worker heard the stop', () => {
  // As agent v3.116.0 did: only heartbeats are signs of life, and the log of the job and the looks at its state are none.
  test('an agent whose heartbeats stop at SIGTERM', async () => {
    await play({
      container: { stopTimeout: 60 },
      steps: [{ key: 'integration', command: `trap 'sleep 6; exit 1' TERM; ${ENDLESS} & wait` }],
      rig: { ...rig, standInAgent: 'stops-heartbeats' },
      expected: {
        ...lost,
        cause: 'heartbeats-stopped',
        says: [/event AGENT_LOST; exit status -1/, /stopped sending heartbeats while it drained/],
      },
    });
  });
});

describe.concurrent('the loss is masked, or handed over', () => {
  needsPid1(withAgent('an automatic retry makes the build green'), async () => {
    await play({
      agent: 'real',
      container: shell,
      steps: [retried],
      rig,
      expected: { ...masked, says: [/an automatic retry made its build green/] },
    });
  });

  needsPid1('soft_fail makes the build green', async () => {
    await play({
      container: shell,
      steps: [{ ...endless, soft_fail: true }],
      rig,
      expected: { ...masked, says: [/soft_fail made its build green/] },
    });
  });

  needsPid1('a person retries it, and the build is green', async () => {
    const retriedByHand: Opens = (events) =>
      jobsSeen(events).some((job) => job.retryOf !== null && hasTrulyPassed(job)) ? ['other'] : [];
    await play({
      workers: 3,
      container: shell,
      steps: [
        { key: 'integration', command: onceEndless },
        { key: 'other', command: held('other') },
      ],
      rig: { ...rig, script: [{ on: 'job-lost', step: 'integration', do: 'retry-job' }] },
      opens: both(whenProven, retriedByHand),
      expected: { ...masked, says: [/a person's retry made its build green/] },
    });
  });

  needsPid1('only soft-failed, with `handover: allowed`', async () => {
    await play({
      container: shell,
      steps: [{ ...endless, soft_fail: true }],
      rig,
      scenario: { expect: { handover: 'allowed' } },
      expected: masked,
    });
  });

  needsPid1('an automatic retry passes elsewhere, with `handover: allowed`', async () => {
    await play({
      container: shell,
      steps: [retried],
      rig,
      scenario: { expect: { handover: 'allowed' } },
      expected: {
        exit: 0,
        outcome: 'passed',
        reason: 'handed-over',
        notes: [/was lost .*the loss counts/, /did not get the signal, or its drain took too long/],
      },
    });
  });
});

describe.concurrent('the job is canceled or broken', () => {
  test(withAgent('a second SIGTERM reaches the agent'), async () => {
    await play({
      agent: 'real',
      steps: [endless],
      rig: { script: [{ on: 'stop-requested', after: '2s', do: 'signal', signal: 'TERM', to: 'agent' }] },
      expected: {
        exit: 10,
        outcome: 'failed',
        reason: 'canceled-by-agent',
        // One before 3.116 ends 0 as well where its heartbeats are refused.
        ...{ cause: 'told-twice', decided: 'by-version' },
        says: [/signal reason agent_stop/],
      },
    });
  });

  // The shell keeps ECS's own SIGTERM; then the whole group gets one.
  needsPid1('a signal to the whole group ends the job itself', async () => {
    await play({
      container: { argv: SHELL },
      steps: [endless],
      rig: { script: [{ on: 'stop-requested', after: '2s', do: 'signal', signal: 'TERM', to: 'all' }] },
      expected: {
        exit: 10,
        outcome: 'failed',
        reason: 'broken-by-stop',
        cause: 'signal-to-job',
        says: [/exit status -1, signal SIGTERM, no signal reason/],
      },
    });
  });

  test('the process executor cannot tell what a shell as PID 1 does', async () => {
    await play({
      container: shell,
      steps: [endless],
      rig,
      args: ['--executor', 'process'],
      expected: { exit: 11, outcome: 'inconclusive', reason: 'no-pid1-semantics' },
    });
  });
});
