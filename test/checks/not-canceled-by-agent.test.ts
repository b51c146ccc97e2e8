import { describe } from 'vitest';
import { notCanceledByAgent } from '../../src/checks/not-canceled-by-agent.ts';
import { aJob, anAgent, JOB_ID } from '../support/builders.ts';
import { fact, PASSED, STARTED } from '../support/journal-builders.ts';
import { holdsTable } from './table.ts';

const CUT = { passed: false, exitStatus: '-1', signal: 'SIGTERM', signalReason: 'agent_stop' };
const handedOver = [
  fact('job', aJob({ ...PASSED, id: 'retry', retryOf: JOB_ID, retryType: 'automatic', agentId: 'other' })),
  fact('agent', anAgent({ id: 'other', tags: { 'ecs:task-arn': 'another' } })),
];

describe('not-canceled-by-agent', () => {
  holdsTable(notCanceledByAgent, [
    ['the attempt passed', {}, 'yes'],
    ['nothing was sent', { stop: null }, 'unasked'],
    ['signal reason agent_stop', { job: CUT }, 'no canceled-by-agent'],
    [
      'soft-failed with signal reason agent_stop',
      { job: { ...CUT, softFailed: true } },
      'no canceled-by-agent',
    ],
    ['it passed although the agent was told twice', { job: { signalReason: 'agent_stop' } }, 'yes'],
    ['a person canceled it', { job: { ...CUT, signalReason: 'cancel' } }, 'yes'],
    ['it failed of itself', { job: { passed: false, exitStatus: '1' } }, 'yes'],
    ['it had not ended', { job: { state: 'running', events: [STARTED] } }, 'unknown'],
    ['retried, but handover is forbidden', { job: CUT, after: handedOver }, 'no canceled-by-agent'],
    [
      'handed over, and that is allowed',
      { job: CUT, after: handedOver, scenario: { expect: { handover: 'allowed' } } },
      'yes',
    ],
    [
      'handover allowed, and nobody took it',
      { job: CUT, scenario: { expect: { handover: 'allowed' } } },
      'no canceled-by-agent',
    ],
  ]);
});
