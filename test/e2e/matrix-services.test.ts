import { describe, test } from 'vitest';
import { play } from './support/case.ts';
import type { Expected } from './support/case.ts';
import { EXEC, SHELL } from './support/files.ts';
import { ENDLESS, held } from './support/gates.ts';

const steps = [{ key: 'integration', command: held() }];

function couldNotRun(reason: string, says: RegExp): Expected {
  return { exit: 4, outcome: 'could-not-run', reason, says: [says], sent: 0 };
}

function gap(says: RegExp): Expected {
  return { exit: 11, outcome: 'inconclusive', reason: 'observation-gap', says: [says], sent: 1 };
}

const always = { operation: '*', count: 'forever' };

describe.concurrent('ECS refuses or is away', () => {
  test.each([
    ['denies StopTask', { error: 'AccessDeniedException' }, 'aws-denied', /not authorized to perform/],
    [
      'refuses StopTask otherwise',
      { error: 'InvalidParameterException' },
      'fault-refused',
      /StopTask was refused/,
    ],
  ] as const)('%s', async (_title, harm, reason, says) => {
    await play({
      steps,
      rig: { faulty: { ecs: [{ operation: 'StopTask', count: 'forever', do: harm }] } },
      expected: { ...couldNotRun(reason, says), sent: 1 },
    });
  });

  test.each([
    ['is away from the start', { drop: 'before' }, 'aws-unreachable', /the connection broke/],
    ['does not know the credentials', { answer: 401 }, 'aws-unauthorized', /security token/],
    ['denies every read', { answer: 403 }, 'aws-denied', /not authorized to perform/],
  ] as const)('%s', async (_title, harm, reason, says) => {
    await play({
      steps,
      rig: { faulty: { ecs: [{ ...always, do: harm }] } },
      expected: couldNotRun(reason, says),
    });
  });

  test('knows no such cluster', async () => {
    await play({
      steps,
      scenario: { cluster: { name: 'elsewhere' } },
      expected: couldNotRun('no-such-cluster', /elsewhere/),
    });
  });

  test('is away for good after the stop', async () => {
    await play({
      steps,
      rig: { faulty: { ecs: [{ ...always, afterStop: true, do: { drop: 'before' } }] } },
      scenario: { limits: { verdictWithin: '10s' } },
      expected: gap(/last read of the task failed/),
    });
  });
});

describe.concurrent('Buildkite refuses or is away', () => {
  test.each([
    ['refuses the token', { answer: 401 }, 'buildkite-unauthorized', /401/],
    ['limits the rate for ever', { answer: 429 }, 'buildkite-rate-limited', /try again in 2 seconds/],
    ['is away', { drop: 'before' }, 'buildkite-unreachable', /the connection broke/],
    [
      'answers 200 with errors',
      { errors: 'Something went wrong' },
      'buildkite-error',
      /Something went wrong/,
    ],
    ['answers with a login page', 'html', 'buildkite-error', /is not a GraphQL answer/],
    ['answers half of its JSON', 'truncated', 'buildkite-error', /is not a GraphQL answer/],
  ] as const)('%s from the start', async (_title, harm, reason, says) => {
    await play({
      steps,
      rig: { faulty: { buildkite: [{ ...always, do: harm }] } },
      expected: couldNotRun(reason, says),
    });
  });

  test.each([
    ['refuses the token', { answer: 401 }],
    ['limits the rate for ever', { answer: 429 }],
    ['answers 200 with errors', { errors: 'Something went wrong' }],
    ['answers with a login page', 'html'],
    ['answers half of its JSON', 'truncated'],
  ] as const)('%s after the stop', async (_title, harm) => {
    await play({
      steps: [{ key: 'integration', command: ENDLESS }],
      rig: { faulty: { buildkite: [{ ...always, afterStop: true, do: harm }] } },
      scenario: { limits: { verdictWithin: '8s' } },
      expected: gap(/job could not be read after the stop/),
    });
  });

  test('shows no such organization', async () => {
    await play({
      steps,
      scenario: { build: { organization: 'nobody' } },
      expected: couldNotRun('no-such-organization', /nobody/),
    });
  });

  test('shows no such pipeline', async () => {
    await play({
      steps,
      scenario: { build: { pipeline: 'nothing' } },
      expected: couldNotRun('no-such-pipeline', /nothing/),
    });
  });

  test('shows no such step', async () => {
    await play({
      steps,
      scenario: { when: { step: 'deploy' } },
      expected: couldNotRun(
        'no-such-step',
        /no step with key "deploy", and no job of such a step passed lately; the keys are integration/,
      ),
    });
  });

  test('shows no such build', async () => {
    await play({
      steps,
      scenario: { build: { number: 7 } },
      expected: couldNotRun('build-not-created', /build acme\/canary\/7/),
    });
  });
});

describe.concurrent('the worker or the machine does not fit', () => {
  test('the agent has no tag that names its task', async () => {
    await play({
      container: { argv: EXEC.slice(0, 2) },
      steps,
      expected: couldNotRun('agent-not-mapped', /has no tag ecs:task-arn/),
    });
  });

  test('the rig does not start', async () => {
    await play({
      container: { argv: [...SHELL.slice(0, 2), 'exit 3 # buildkite-agent'] },
      steps,
      expected: couldNotRun('rig-failed', /the workers end by themselves/),
    });
  });
});
