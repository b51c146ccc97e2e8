import { describe, expect, test } from 'vitest';
import { play, playOpen } from '../e2e/support/case.ts';
import { EXEC, SHELL } from '../e2e/support/files.ts';
import { both, ENDLESS, held, jobsSeen, whenIntended, whenProven } from '../e2e/support/gates.ts';
import type { Opens } from '../e2e/support/gates.ts';
import { hiddenSettings, inconclusive, lateStop, waitFor } from '../e2e/support/worlds.ts';

const integration = { key: 'integration', command: held() };
const endless = { key: 'integration', command: ENDLESS };
const sh = SHELL.slice(0, 2);

/** A shell that passes SIGTERM on, and starts the agent again whenever it has left. */
const LOOP = [
  ...sh,
  `trap 'kill -TERM $pid' TERM; while :; do ${EXEC.join(' ')} & pid=$!; wait $pid; wait $pid; sleep 0.5; done`,
];

/** The restarted agent is not to be told by its tags. */
const untagged = { agentTag: 'first-only' };

/** A build of somebody else, which comes when the worker goes down. */
const neighbour = {
  files: { 'neighbour.yaml': { steps: [{ key: 'neighbour', command: ENDLESS }] } },
  pipelines: [
    { slug: 'canary', steps: 'canary.yaml' },
    { slug: 'neighbour', steps: 'neighbour.yaml' },
  ],
  script: [{ on: 'stop-requested', do: 'create-build', pipeline: 'neighbour', branch: 'main' }],
};

describe.concurrent('an agent is started again in its container, unseen', () => {
  // Nothing but its container's end tells of the second agent: no list names it under the task.
  test("somebody else's job that it takes is cut", async () => {
    const { code, drill } = await playOpen({
      standalone: 1,
      container: { argv: LOOP, stopTimeout: 12 },
      steps: [integration],
      files: neighbour.files,
      rig: {
        ...{ lostAfter: '5s', knobs: untagged },
        ...{ pipelines: neighbour.pipelines, script: neighbour.script },
      },
    });
    expect([code, drill.outcome, drill.reason], drill.said).toEqual([10, 'failed', 'not-drained']);
  });

  // The container lives for long enough after the stop that a busy machine has the second agent take a job.
  test("our build's job that it takes is lost", async () => {
    await play({
      standalone: 1,
      container: { argv: LOOP, stopTimeout: 24 },
      steps: [integration, { key: 'other', command: ENDLESS }],
      rig: { lostAfter: '5s', knobs: untagged },
      expected: { exit: 10, outcome: 'failed', reason: 'lost', cause: 'agent-restarted', sent: 1 },
    });
  });

  // The first agent dies of its own, and the retry runs "elsewhere": in the same container, under another name.
  test.each([
    ['masked-loss', 'true'],
    ['lost', 'exit 1'],
  ] as const)('a retry that it takes is not handed over: %s', async (reason, ends) => {
    const loop = [...sh, `while :; do ${EXEC.join(' ')}; sleep 0.5; done`];
    const command = `if [ "$BUILDKITE_RETRY_COUNT" -gt 0 ]; then ${ends}; else ${ENDLESS}; fi`;
    const played = await playOpen({
      standalone: 1,
      container: { argv: loop, stopTimeout: 24 },
      steps: [{ key: 'integration', command, retry: { automatic: [{ exit_status: -1, limit: 1 }] } }],
      scenario: { expect: { handover: 'allowed' } },
      rig: {
        ...{ lostAfter: '4s', knobs: untagged },
        script: [{ on: 'stop-requested', after: '1s', do: 'signal', signal: 'KILL', to: 'agent' }],
      },
    });
    const { code, drill } = played;
    expect([code, drill.outcome, drill.reason], drill.said).toEqual([10, 'failed', reason]);
  });
});

describe.concurrent('a task holds more than the agent', () => {
  test('a second agent of the task is idle and marked lost', async () => {
    const second = {
      ...{ name: 'second', image: 'b:1', essential: false, entryPoint: SHELL, stopTimeout: 2 },
      environment: [{ name: 'BUILDKITE_AGENT_TAGS', value: 'queue=second' }],
    };
    await play({
      container: { beside: [second] },
      steps: [{ key: 'integration', command: held('struck', 'sleep 3') }],
      scenario: { cluster: { sharedTask: 'allowed' } },
      rig: { lostAfter: '5s' },
      expected: inconclusive('disconnect-not-received', /of the same task was marked lost: it has not left/),
    });
  });

  test('an essential container had ended 6 s before the stop', async () => {
    const proxy = {
      ...{ name: 'proxy', image: 'b:1', essential: true, stopTimeout: 2 },
      entryPoint: [...sh, `${waitFor('crash')}; exit 0`],
    };
    await play({
      container: { beside: [proxy] },
      steps: [{ key: 'integration', command: held('struck', 'sleep 7') }],
      rig: { knobs: { noticeLag: '9s' }, faulty: lateStop('6s') },
      opens: both(whenIntended('crash'), whenProven),
      expected: {
        ...inconclusive(
          'evidence-missing',
          /an essential container of the task ended at .*, before the stop/,
        ),
        sent: 1,
      },
    });
  });

  // Without a tag the only essential container is taken for the agent's, and that ends clean at once.
  test("the only essential container is a proxy, and the agent's is killed", async () => {
    const proxy = {
      ...{ name: 'proxy', image: 'b:1', essential: true, stopTimeout: 5 },
      entryPoint: [...sh, `trap 'exit 0' TERM; while :; do sleep 0.1; done`],
    };
    const { texts, knobs } = hiddenSettings('disconnect-after-job=true');
    await play({
      container: {
        argv: [...sh, 'buildkite-agent start; sleep 600'],
        ...{ essential: false, stopTimeout: 10, beside: [proxy] },
      },
      steps: [{ key: 'integration', command: held('struck', 'sleep 4') }],
      texts,
      scenario: { cluster: { mapping: 'hostname' } },
      rig: { standInAgent: 'silent', knobs },
      expected: { ...inconclusive('evidence-missing', /the agent lives in another container/), sent: 1 },
    });
  });
});

describe.concurrent('memory', () => {
  test('a job is killed for it, and ECS names it', async () => {
    await play({
      steps: [endless],
      rig: { script: [{ on: 'stop-requested', after: '1s', do: 'oom', to: 'job' }] },
      expected: { ...inconclusive('out-of-memory', /was killed .*, and ECS names lack of memory/), sent: 1 },
    });
  });

  test('an old mark, and a drain that is clean', async () => {
    await play({
      steps: [integration],
      rig: { script: [{ on: 'job-started', step: 'integration', task: 'host', do: 'mark-oom' }] },
      expected: { exit: 0, outcome: 'passed', reason: 'drained', sent: 1 },
    });
  });
});

describe.concurrent('Buildkite and the agent part for a while', () => {
  const wasLost: Opens = (events) =>
    jobsSeen(events).some((job) => (job.events ?? []).some(({ type }) => type === 'AGENT_LOST'))
      ? ['struck']
      : [];

  test.each(['silent', 'reporting'])(
    'lost, returned, and the job finished 0: %s agent',
    async (standInAgent) => {
      await play({
        steps: [integration],
        rig: {
          standInAgent,
          script: [{ on: 'stop-requested', after: '1s', do: 'agent-lost-and-returned', of: 'struck' }],
        },
        opens: wasLost,
        expected: { ...inconclusive('evidence-missing'), notes: [/^lost-and-returned: /m], sent: 1 },
      });
    },
  );

  test('the heartbeat is refused, and the agent stops itself', async () => {
    const played = await playOpen({
      steps: [endless],
      rig: { script: [{ on: 'stop-requested', after: '1s', do: 'refuse-heartbeats', of: 'struck' }] },
    });
    const { code, drill } = played;
    expect([code, drill.outcome, drill.reason], drill.said).toEqual([10, 'failed', 'canceled-by-agent']);
    const told = drill.cause?.ranked.find(({ name }) => name === 'told-twice');
    expect(told?.weight, drill.said).not.toBe('proven');
  });
});
