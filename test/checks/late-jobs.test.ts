import { describe, expect, it } from 'vitest';
import { lateJobs } from '../../src/checks/late-jobs.ts';
import { aJob, anAgent, AGENT_ID, JOB_ID, TASK_ARN } from '../support/builders.ts';
import { asked } from '../support/asking.ts';
import {
  AGENT_GONE,
  fact,
  FINISHED,
  jobEvent,
  LEFT,
  LOST,
  PASSED,
  STARTED,
  T,
} from '../support/journal-builders.ts';
import { holdsTable } from './table.ts';

const NEW_AGENT = '018f0000-0000-4000-8000-00000000c002';
const late = (over: Parameters<typeof aJob>[0] = {}) =>
  fact(
    'job',
    aJob({
      ...PASSED,
      id: 'late',
      stepKey: 'lint',
      startedAt: T.stop + 1_000,
      events: [jobEvent('STARTED', T.stop + 1_000), { ...FINISHED, at: T.finished + 500 }],
      ...over,
    }),
  );
const restarted = (over: Parameters<typeof anAgent>[0] = {}) =>
  fact('agent', anAgent({ ...LEFT, id: NEW_AGENT, name: 'worker-1b', jobs: ['late'], ...over }));
const cut = { passed: false, exitStatus: '-1', signal: 'SIGKILL', signalReason: 'agent_stop' };

describe('late-jobs', () => {
  holdsTable(lateJobs, [
    ['it took none', {}, 'yes'],
    ['nothing was sent', { stop: null }, 'unasked'],
    ['a late one, finished', { after: [late()] }, 'yes'],
    [
      'a late one that was lost and names no agent any more: it was not handed back',
      {
        after: [
          late({ ...LOST, events: [STARTED], state: 'running', passed: false }),
          late({ ...LOST, agentId: null }),
        ],
      },
      'no not-drained',
    ],
    [
      'a late one that waits again without an agent: it was handed back',
      {
        after: [
          late({ state: 'running', passed: false, exitStatus: null, events: [STARTED], finishedAt: null }),
          late({
            state: 'scheduled',
            passed: false,
            exitStatus: null,
            events: [],
            finishedAt: null,
            agentId: null,
          }),
        ],
      },
      'yes',
    ],
    [
      'a second agent of the task, idle, was marked lost: it has not left',
      { after: [restarted({ ...AGENT_GONE, jobs: [] })] },
      'unknown disconnect-not-received',
    ],
    ['a late one, lost', { after: [late(LOST)] }, 'no not-drained'],
    ['a late one, cut by the agent', { after: [late(cut)] }, 'no not-drained'],
    [
      'a late one, ended by a signal',
      { after: [late({ passed: false, exitStatus: '143' })] },
      'no not-drained',
    ],
    [
      'a late one that failed of itself was not cut',
      { after: [late({ passed: false, exitStatus: '1' })] },
      'yes',
    ],
    ['a late one that still runs', { after: [late({ state: 'running', events: [STARTED] })] }, 'unknown'],
    [
      'a late one, assigned and handed back',
      {
        after: [late({ state: 'scheduled', agentId: null, passed: false, events: [] })],
        failures: [],
        proof: {},
      },
      'yes',
    ],
    [
      'a container that restarted: a new agent on the task takes a job that is cut',
      { after: [restarted(), late({ ...cut, agentId: NEW_AGENT })] },
      'no not-drained',
    ],
    [
      'a new agent on the task finishes its job and leaves',
      { after: [restarted(), late({ agentId: NEW_AGENT })] },
      'yes',
    ],
    ['a new agent on the task has not left', { after: [restarted({ connection: 'connected' })] }, 'unknown'],
    [
      'an agent that is listed for the task was never read',
      {
        after: [
          fact(
            'agents-of-task',
            { taskArn: TASK_ARN, agents: [AGENT_ID, NEW_AGENT], complete: true },
            TASK_ARN,
          ),
        ],
      },
      'unknown',
    ],
    [
      'its jobs were never listed',
      { before: [fact('agent', anAgent({ jobs: null }))], agent: { jobs: null } },
      'unknown',
    ],
    ['it had not left when its jobs were last listed', { agent: { connection: 'connected' } }, 'unknown'],
    ['it was marked lost: it takes no more', { agent: AGENT_GONE }, 'yes'],
    [
      'a retry of the target attempt on the doomed task is judged elsewhere',
      { after: [late({ ...LOST, retryOf: JOB_ID, retryType: 'automatic' })] },
      'yes',
    ],
  ]);

  it('notes what was taken late and what was handed back', () => {
    expect(asked(lateJobs, { after: [late()] }).notes.join()).toContain('late-assignment');
    const back = asked(lateJobs, {
      proof: {},
      before: [],
      after: [late({ state: 'scheduled', agentId: 'elsewhere', passed: false, events: [] })],
    });
    expect(back.notes).toEqual([]);
  });
});
