import { describe } from 'vitest';
import { buildPassed, targetPassed } from '../../src/checks/build-passed.ts';
import { aJob, anAgent, BUILD_ID, JOB_ID } from '../support/builders.ts';
import { fact, LOST, PASSED, STARTED } from '../support/journal-builders.ts';
import { holdsTable } from './table.ts';

const retried = [
  fact('job', aJob({ ...PASSED, id: 'retry', retryOf: JOB_ID, retryType: 'automatic', agentId: 'other' })),
  fact('agent', anAgent({ id: 'other', tags: { 'ecs:task-arn': 'another' } })),
];

describe('target-passed', () => {
  holdsTable(targetPassed, [
    ['finished, passed, exit status "0", not retried', {}, 'yes'],
    ['nothing was sent', { stop: null }, 'unasked'],
    ['it failed of itself', { job: { passed: false, exitStatus: '1' } }, 'no build-failed'],
    ['it only soft-failed', { job: { passed: false, softFailed: true, exitStatus: '1' } }, 'no build-failed'],
    [
      'it is said to have passed, but soft-failed',
      { job: { softFailed: true, exitStatus: '1' } },
      'no build-failed',
    ],
    ['it passed without an exit status', { job: { exitStatus: null } }, 'unknown evidence-missing'],
    ['it passed and was retried', { job: { retried: true } }, 'unknown evidence-missing'],
    ['it passed and a retry was made from it', { after: retried }, 'unknown evidence-missing'],
    ['it had not ended', { job: { state: 'running', events: [STARTED] } }, 'unknown'],
    ['it was lost', { job: LOST }, 'unknown'],
    [
      'the agent canceled it',
      { job: { passed: false, exitStatus: '-1', signalReason: 'agent_stop' } },
      'unknown',
    ],
    ['it was canceled', { job: { state: 'canceled', passed: false, exitStatus: null } }, 'unknown'],
    ['handed over', { job: LOST, after: retried, scenario: { expect: { handover: 'allowed' } } }, 'unasked'],
  ]);
});

describe('build-passed', () => {
  holdsTable(buildPassed, [
    ['passed', {}, 'yes'],
    ['blocked after the step', { build: { state: 'blocked' } }, 'yes'],
    ['failed', { build: { state: 'failed' } }, 'no build-failed'],
    ['not run', { build: { state: 'not_run' } }, 'no build-failed'],
    ['canceled is another question', { build: { state: 'canceled' } }, 'unknown'],
    ['still running', { build: { state: 'running' } }, 'unknown'],
    ['it does not matter', { build: { state: 'failed' }, scenario: { expect: { build: 'any' } } }, 'unasked'],
    [
      'blocked, but a job before the block still runs',
      {
        build: { state: 'blocked' },
        after: [fact('job', aJob({ id: 'before', buildId: BUILD_ID, stepKey: 'lint', agentId: 'other' }))],
      },
      'unknown',
    ],
    ...(['limited', 'scheduled'] as const).map(
      (state) =>
        [
          `blocked, but a job before the block is ${state}`,
          {
            build: { state: 'blocked' },
            after: [
              fact('job', aJob({ id: 'before', buildId: BUILD_ID, stepKey: 'lint', agentId: null, state })),
            ],
          },
          'unknown',
        ] as const,
    ),
  ]);
});
