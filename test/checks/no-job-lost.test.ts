import { describe, expect, it } from 'vitest';
import { noJobLost } from '../../src/checks/no-job-lost.ts';
import { aJob, anAgent, AGENT_ID, BUILD_ID, JOB_ID } from '../support/builders.ts';
import { asked } from '../support/asking.ts';
import * as told from '../support/journal-builders.ts';
import { fact, LOST, STARTED, T, AGENT_LOST, FINISHED } from '../support/journal-builders.ts';
import { holdsTable } from './table.ts';

const RED = { state: 'failed', rawState: 'FAILED' } as const;
const NEIGHBOUR = '018f0000-0000-4000-8000-00000000a007';
const OTHER_AGENT = '018f0000-0000-4000-8000-00000000c009';

const elsewhere = fact(
  'agent',
  anAgent({ id: OTHER_AGENT, name: 'worker-2', tags: { 'ecs:task-arn': 'other' } }),
);
const retry = (over: Parameters<typeof aJob>[0] = {}) =>
  fact(
    'job',
    aJob({
      ...told.PASSED,
      id: '018f0000-0000-4000-8000-00000000a002',
      retryOf: JOB_ID,
      retryType: 'automatic',
      agentId: OTHER_AGENT,
      ...over,
    }),
  );
const neighbour = (over: Parameters<typeof aJob>[0] = {}) =>
  aJob({ id: NEIGHBOUR, stepKey: 'lint', events: [STARTED], ...over });

/** A job that a restarted agent of the target task took after the stop. */
const onRestarted = (over: Parameters<typeof aJob>[0] = {}) => [
  fact('agent', anAgent({ ...told.LEFT, id: 'again', jobs: ['late'] })),
  fact(
    'job',
    aJob({ ...LOST, id: 'late', stepKey: 'lint', agentId: 'again', startedAt: T.finished + 500, ...over }),
  ),
];

describe('no-job-lost', () => {
  holdsTable(noJobLost, [
    [
      'a job of our build, lost on a restarted agent of the task',
      { after: onRestarted(), build: RED },
      'no lost',
    ],
    ['the same, and the build is green', { after: onRestarted() }, 'no masked-loss'],
    [
      'a job of another build, lost there: late-jobs tells that',
      { after: onRestarted({ buildId: 'theirs' }) },
      'yes',
    ],
    ['a job of our build, finished there', { after: onRestarted(told.PASSED) }, 'yes'],
  ]);
});

describe('no-job-lost', () => {
  holdsTable(noJobLost, [
    ['the target attempt finished', {}, 'yes'],
    ['nothing was sent', { stop: null }, 'unasked'],
    ['lost, the build is red', { job: LOST, agent: told.AGENT_GONE, build: RED }, 'no lost'],
    ['lost, the build still runs', { job: LOST, build: { state: 'running' } }, 'no lost'],
    ['lost, the build is green by soft_fail', { job: { ...LOST, softFailed: true } }, 'no masked-loss'],
    ['lost, an automatic retry is green', { job: LOST, after: [retry(), elsewhere] }, 'no masked-loss'],
    [
      'lost, the build still runs, its retry passed',
      { job: LOST, build: { state: 'running' }, after: [retry(), elsewhere] },
      'no masked-loss',
    ],
    [
      'lost, the build is blocked, its retry passed',
      { job: LOST, build: { state: 'blocked' }, after: [retry(), elsewhere] },
      'no masked-loss',
    ],
    [
      'lost, the build fails, its retry passed',
      { job: LOST, build: RED, after: [retry(), elsewhere] },
      'no lost',
    ],
    [
      'lost, the retry is still queued',
      { job: LOST, build: { state: 'running' }, after: [retry({ state: 'scheduled', passed: false })] },
      'no lost',
    ],
    [
      'handover allowed, an automatic retry passed elsewhere',
      { scenario: { expect: { handover: 'allowed' } }, job: LOST, after: [retry(), elsewhere] },
      'yes',
    ],
    [
      "handover allowed, but the retry is a person's",
      {
        scenario: { expect: { handover: 'allowed' } },
        job: LOST,
        after: [retry({ retryType: 'manual' }), elsewhere],
      },
      'no masked-loss',
    ],
    [
      'handover allowed, but it only soft-failed',
      { scenario: { expect: { handover: 'allowed' } }, job: { ...LOST, softFailed: true } },
      'no masked-loss',
    ],
    [
      'handover allowed, but the retry only soft-failed',
      {
        scenario: { expect: { handover: 'allowed' } },
        job: LOST,
        after: [retry({ softFailed: true, passed: false, exitStatus: '1' }), elsewhere],
      },
      'no masked-loss',
    ],
    [
      'AGENT_DISCONNECTED without a finish by the agent',
      {
        job: {
          ...LOST,
          exitStatus: null,
          events: [STARTED, told.jobEvent('AGENT_DISCONNECTED', T.finished, { actor: 'system' })],
        },
        build: RED,
      },
      'no lost',
    ],
    [
      'AGENT_DISCONNECTED after the agent finished it',
      { job: { events: [STARTED, FINISHED, told.jobEvent('AGENT_DISCONNECTED', T.left)] } },
      'yes',
    ],
    [
      'exit status -1 without signal and reason',
      { job: { ...LOST, events: [STARTED, { ...FINISHED, exitStatus: '-1' }] }, build: RED },
      'no lost',
    ],
    [
      'exit status -1 with a signal reason is no loss',
      { job: { ...LOST, signalReason: 'agent_stop', events: [STARTED, FINISHED] }, build: RED },
      'yes',
    ],
    [
      'exit status -1 with a signal is no loss',
      { job: { ...LOST, signal: 'SIGTERM', events: [STARTED, FINISHED] }, build: RED },
      'yes',
    ],
    ['lostAt of its agent after FINISHED is no loss', { agent: told.AGENT_GONE }, 'yes'],
    [
      'lostAt of its agent while it runs and the container has ended',
      {
        job: { state: 'running', rawState: 'RUNNING', passed: false, finishedAt: null, events: [STARTED] },
        agent: told.AGENT_GONE,
        build: { state: 'running' },
      },
      'no lost',
    ],
    [
      'lostAt of its agent while its container still runs',
      {
        job: { state: 'running', rawState: 'RUNNING', passed: false, finishedAt: null, events: [STARTED] },
        agent: told.AGENT_GONE,
        task: { status: 'STOPPING', executionStoppedAt: null, stoppedAt: null },
      },
      'unknown',
    ],
    [
      'AGENT_STOPPED alone is no loss',
      { job: { events: [STARTED, told.jobEvent('AGENT_STOPPED', T.finished - 1), FINISHED] } },
      'yes',
    ],
    ['its history was not read after its end', { job: { events: null } }, 'unknown'],
    [
      'AGENT_LOST was seen once, and a later read does not show it',
      { proof: { events: [STARTED, AGENT_LOST] }, build: RED },
      'no lost',
    ],
    ['it had not ended', { job: { state: 'running', events: [STARTED] } }, 'unknown'],
    [
      'a neighbour on the target task was lost',
      {
        before: [fact('job', neighbour())],
        after: [fact('job', neighbour({ ...LOST }))],
        build: RED,
      },
      'no lost',
    ],
    [
      "a neighbour of another build was lost: that build's colour counts",
      {
        before: [fact('job', neighbour({ buildId: 'another-build' }))],
        after: [fact('job', neighbour({ ...LOST, buildId: 'another-build' }))],
      },
      'no lost',
    ],
    [
      'the retry of the target attempt was lost on the same doomed task',
      {
        job: { ...LOST, retried: true },
        build: RED,
        after: [retry({ ...LOST, agentId: AGENT_ID })],
      },
      'no lost',
    ],
    [
      'a job that the worker had before the drill is not judged',
      { before: [fact('job', neighbour({ ...LOST, events: [STARTED, AGENT_LOST] }))] },
      'yes',
    ],
    [
      'a loss on a task that was not stopped is printed elsewhere',
      {
        after: [
          fact('job', aJob({ ...LOST, id: NEIGHBOUR, agentId: OTHER_AGENT, buildId: BUILD_ID })),
          elsewhere,
        ],
      },
      'yes',
    ],
  ]);

  it('names the job, the proof and the retry that hid it', () => {
    const finding = asked(noJobLost, { job: LOST, after: [retry({ retryType: 'manual' }), elsewhere] });
    expect(finding.said).toContain(JOB_ID);
    expect(finding.said).toContain('AGENT_LOST');
    expect(finding.said).toContain("a person's retry");
  });

  it('shows the worse of two losses', () => {
    const both = asked(noJobLost, {
      before: [fact('job', neighbour({ buildId: 'another-build' }))],
      job: { ...LOST, softFailed: true },
      after: [fact('job', neighbour({ ...LOST, buildId: 'another-build' }))],
    });
    expect(both.raises).toBe('lost');
  });
});
