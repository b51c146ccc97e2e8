import { aContainer, aJob, AGENT_ID, JOB_ID } from '../../support/builders.ts';
import { AGENT_GONE, fact, LOST, PASSED, T, type Told } from '../../support/journal-builders.ts';
import type { CauseName } from '../../../src/model/names.ts';
import {
  after,
  SHELL,
  EXEC,
  dead,
  eaten,
  tooLong,
  at143,
  deaf,
  REPORTED,
  FAILED,
  taken,
  watching,
  counting,
  OLD,
  beating,
  canceled,
  oneIsEnough,
  second,
  listed,
} from './told.ts';

const OOM = 'OutOfMemoryError: x';

/** What looks like a cause and is none. */
export const NEAR: readonly (readonly [CauseName, string, Told])[] = [
  [
    'signal-eaten',
    'exec within the shell',
    { ...dead, definition: { ...SHELL, command: ['exec buildkite-agent start'] } },
  ],
  ['signal-eaten', 'exec form', tooLong],
  ['signal-eaten', 'the agent said that it heard', { ...eaten, agent: REPORTED }],
  [
    'signal-eaten',
    'given up long before the kill',
    { ...eaten, definition: { ...SHELL, stopTimeout: 600_000 }, task: after(600_050) },
  ],
  [
    'init-killed-wrapper',
    'an init before the agent itself',
    { ...at143, definition: { ...EXEC, initProcess: true } },
  ],
  ['init-killed-wrapper', 'killed, not ended', { ...dead, definition: { ...SHELL, initProcess: true } }],
  ['wrapper-died', 'an init and a shell', { ...at143, definition: { ...SHELL, initProcess: true } }],
  ['wrapper-died', 'killed', eaten],
  ['wrapper-stayed', 'the agent was lost with it', eaten],
  [
    'wrapper-stayed',
    'it left with its container',
    { container: { exitCode: 137 }, task: after(22_000), definition: { stopTimeout: 20_000 } },
  ],
  [
    'signal-eaten',
    'the agent left, and what had started it stayed',
    { container: { exitCode: 137 }, task: after(120_100), agent: { ...OLD, stoppedGracefullyAt: null } },
  ],
  ['disconnect-hung', 'its heartbeats went on until SIGKILL', beating],
  ['disconnect-hung', 'it had a job', tooLong],
  ['step-over-window', 'the job was over', deaf],
  ['step-over-window', 'killed early', { ...tooLong, task: after(5_000) }],
  ['step-over-window', 'the agent never heard', { ...eaten, after: [taken(AGENT_ID, T.stop + 40_000)] }],
  [
    'inner-timeout',
    'killed at stopTimeout',
    { ...dead, definition: { entryPoint: ['sh', '-c'], command: ['timeout 60 buildkite-agent start'] } },
  ],
  ['inner-timeout', 'another exit status', { job: FAILED }],
  ['told-twice', 'canceled by Buildkite', { job: { passed: false, signalReason: 'cancel' } }],
  ['agent-stopped-itself', 'canceled by Buildkite', { job: { passed: false, signalReason: 'cancel' } }],
  ['agent-stopped-itself', 'it exited 0, which it does not then', { definition: EXEC, job: canceled() }],
  ['agent-stopped-itself', 'one signal was enough', { job: canceled(), before: [oneIsEnough()] }],
  ['signal-to-job', 'an exit status of its own', { job: FAILED }],
  [
    'signal-to-job',
    'the agent sent it',
    { job: { passed: false, signal: 'SIGTERM', signalReason: 'agent_stop' } },
  ],
  ['out-of-memory', 'killed without a word of memory', { ...tooLong, task: after(5_000) }],
  ['out-of-memory', 'an old mark, ended by SIGTERM', { ...at143, container: { exitCode: 143, reason: OOM } }],
  [
    'out-of-memory',
    'an old mark, killed at its time-out',
    { ...tooLong, container: { exitCode: 137, reason: OOM } },
  ],
  ['host-gone', 'our own stop', tooLong],
  ['heartbeats-stopped', 'given up after the kill', tooLong],
  [
    'heartbeats-stopped',
    'a version that is known for it, given up after the kill',
    { ...tooLong, agent: { ...AGENT_GONE, version: '3.116.0' } },
  ],
  ['agent-restarted', 'the same agent took it', { after: [taken(AGENT_ID, T.stop + 900)] }],
  [
    'agent-restarted',
    "the second agent's job failed by itself",
    {
      build: { state: 'failed' },
      after: [
        second,
        listed(AGENT_ID, 'second'),
        fact('job', aJob({ ...PASSED, ...FAILED, id: 'own', agentId: 'second' })),
      ],
    },
  ],
  [
    'agent-restarted',
    'the target job was lost, and a second agent came later',
    { ...tooLong, after: [second, listed(AGENT_ID, 'second'), taken('second', T.left + 500)] },
  ],
  ['sidecar-first', 'the order is written down', watching(['gateway'])],
  ['sidecar-broke', 'another reason', { ...watching(['gateway']), ...dead }],
  [
    'sidecar-broke',
    'it finished its call, and was stopped first',
    {
      ...counting('finished'),
      definition: { dependsOn: [] },
      task: {
        status: 'STOPPING',
        containers: [aContainer(), aContainer({ name: 'gateway', status: 'STOPPED', exitCode: 0 })],
      },
    },
  ],
  [
    'build-canceled',
    'canceled after the loss',
    {
      ...tooLong,
      build: { state: 'canceled', canceledBy: 'Ada' },
      before: [fact('job', aJob({ ...LOST, id: JOB_ID }))],
    },
  ],
  ['slow-drain', 'lost', { ...tooLong, scenario: { expect: { drain: { within: 1_000 } } } }],
  ['idle-too-long', 'a drain', { scenario: { expect: { drain: { within: 1_000 } } } }],
  ['unprotected', 'nobody was to be spared', tooLong],
  ['killed-early', 'at its time-out', tooLong],
  ['agent-exited', 'killed', tooLong],
  ['failed-by-itself', 'broken by a signal', { job: { passed: false, exitStatus: '-1', signal: 'SIGTERM' } }],
  [
    'retry-missed',
    'an automatic retry came and was lost too',
    {
      ...eaten,
      after: [
        fact(
          'job',
          aJob({ ...LOST, id: 'again', retryOf: JOB_ID, retryType: 'automatic', agentId: 'other' }),
        ),
      ],
    },
  ],
  ['retry-missed', 'nothing was lost', { job: FAILED }],
];
