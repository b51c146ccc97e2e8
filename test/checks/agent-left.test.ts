import { describe, expect, it } from 'vitest';
import { agentLeft } from '../../src/checks/agent-left.ts';
import { aJob, anAgent, JOB_ID } from '../support/builders.ts';
import { asked } from '../support/asking.ts';
import {
  AGENT_GONE,
  EXEC,
  fact,
  FINISHED,
  jobEvent,
  LOST,
  OLDER,
  PASSED,
  STARTED,
  T,
} from '../support/journal-builders.ts';
import { holdsTable } from './table.ts';

/** An agent that reports no stop, and left so long after its job. */
const silent = (afterJob: number): object => ({
  ...OLDER,
  disconnectedAt: T.finished + afterJob,
});
const idle = (text: string): object => ({
  entryPoint: ['buildkite-agent', 'start', ...text.split(' ')],
  command: [],
});
const here = { connection: 'connected', rawConnection: 'connected', disconnectedAt: null } as const;
const retried = [
  fact('job', aJob({ ...PASSED, id: 'retry', retryOf: JOB_ID, retryType: 'automatic', agentId: 'other' })),
  fact('agent', anAgent({ id: 'other', tags: { 'ecs:task-arn': 'another' } })),
];

describe('agent-left', () => {
  holdsTable(agentLeft, [
    ['it reported its graceful stop and disconnected', {}, 'yes'],
    ['it ended `stopped` instead of `disconnected`', { agent: { connection: 'stopped' } }, 'yes'],
    ['nothing was sent', { stop: null }, 'unasked'],
    [
      'never read after the stop, still connected',
      { agent: { ...here, stoppedGracefullyAt: null } },
      'unknown disconnect-not-received',
    ],
    [
      'still connected while its container has not ended',
      { agent: here, container: { exitCode: null, status: 'RUNNING' }, task: { status: 'STOPPING' } },
      'unknown',
    ],
    ['a user stopped it', { agent: { stoppedGracefullyBy: 'Ada' } }, 'no stopped-by-other'],
    ['a user forced it to stop', { agent: { stopForcedBy: 'Ada' } }, 'no stopped-by-other'],
    [
      'it reported a stop long before ours',
      { agent: { stoppedGracefullyAt: T.stop - 60_000 } },
      'unknown drain-not-proven',
    ],
    ['an older agent left within 5 s', { agent: silent(4_900), definition: EXEC }, 'yes'],
    [
      'an older agent left after more than 5 s',
      { agent: silent(5_100), definition: EXEC },
      'unknown drain-not-proven',
    ],
    [
      'its idle time-out ran',
      { agent: silent(10_200), definition: idle('--disconnect-after-idle-timeout 10') },
      'no not-drained',
    ],
    [
      'its idle time-out ran (given as one word)',
      { agent: silent(10_200), definition: idle('--disconnect-after-idle-timeout=10') },
      'no not-drained',
    ],
    [
      'its idle time-out ran (given by the environment)',
      {
        agent: silent(10_200),
        definition: { environment: { BUILDKITE_AGENT_DISCONNECT_AFTER_IDLE_TIMEOUT: '10' } },
      },
      'no not-drained',
    ],
    [
      'its idle time-out stands inside a shell line',
      {
        agent: silent(10_200),
        definition: {
          entryPoint: ['sh', '-c'],
          command: ['buildkite-agent start --disconnect-after-idle-timeout 10'],
        },
      },
      'no not-drained',
    ],
    [
      'within 5 s and before half of its idle time-out',
      { agent: silent(4_000), definition: idle('--disconnect-after-idle-timeout 10') },
      'yes',
    ],
    [
      'within 5 s, but not before half of its idle time-out',
      { agent: silent(4_000), definition: idle('--disconnect-after-idle-timeout 6') },
      'unknown drain-not-proven',
    ],
    [
      'an idle time-out of 0 is none',
      { agent: silent(4_000), definition: idle('--disconnect-after-idle-timeout 0') },
      'yes',
    ],
    [
      'no time of its disconnect',
      { agent: { stoppedGracefullyAt: null, disconnectedAt: null } },
      'unknown drain-not-proven',
    ],
    ['disconnected long before its job ended', { agent: silent(-15_000) }, 'unknown drain-not-proven'],
    ['marked lost after its job, container exit 0', { agent: AGENT_GONE }, 'unknown disconnect-not-received'],
    ['disconnected, but lostAt is set', { agent: { lostAt: T.left } }, 'unknown disconnect-not-received'],
    ['marked lost, container killed', { agent: AGENT_GONE, container: { exitCode: 137 } }, 'unknown'],
    ['lost together with its job', { agent: AGENT_GONE, job: LOST }, 'unknown'],
    [
      'handed over',
      { agent: AGENT_GONE, job: LOST, after: retried, scenario: { expect: { handover: 'allowed' } } },
      'unasked',
    ],
    [
      'a late job ended last: the time counts from there',
      {
        agent: { ...silent(14_000), jobs: ['late', JOB_ID] },
        definition: EXEC,
        task: { executionStoppedAt: T.finished + 14_500, stoppedAt: T.finished + 16_000 },
        after: [
          fact(
            'job',
            aJob({
              ...PASSED,
              id: 'late',
              events: [STARTED, jobEvent('FINISHED', T.finished + 12_000)],
              finishedAt: T.finished + 12_000,
            }),
          ),
        ],
      },
      'yes',
    ],
  ]);

  it.each([
    [{ command: ['buildkite-agent', 'start', '--disconnect-after-job'] }],
    [{ command: ['buildkite-agent', 'start', '--acquire-job', JOB_ID] }],
    [{ environment: { BUILDKITE_AGENT_DISCONNECT_AFTER_JOB: 'true' } }],
  ])('notes that a one-shot agent leaves anyhow: %j', (definition) => {
    const finding = asked(agentLeft, { definition, agent: silent(60_000) });
    expect(finding.holds).toBe('yes');
    expect(finding.notes.join()).toContain('one-shot');
  });

  it.each([[{ environment: { BUILDKITE_AGENT_DISCONNECT_AFTER_JOB: 'false' } }], [{}]])(
    'takes no other for one-shot: %j',
    (definition) => {
      const finding = asked(agentLeft, { definition, agent: silent(60_000) });
      expect([finding.holds, finding.raises, finding.notes]).toEqual(['unknown', 'drain-not-proven', []]);
    },
  );

  it('counts from FINISHED by the clock of Buildkite, not from the own clock of the agent', () => {
    const job = { finishedAt: T.finished - 40_000, events: [STARTED, FINISHED] };
    expect(asked(agentLeft, { job, agent: silent(2_000), definition: EXEC }).holds).toBe('yes');
  });
});
