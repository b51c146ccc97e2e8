import { AGENT_ID, aBuild, aJob, anAgent, JOB_ID, TASK_ARN } from '../support/builders.ts';
import {
  AGENT_GONE,
  fact,
  failed,
  FINISHED,
  jobEvent,
  LOST,
  OLDER,
  PASSED,
  STARTED,
  T,
  type Told,
} from '../support/journal-builders.ts';
import type { CauseName } from '../../src/model/names.ts';
import { rigOf } from '../support/plans.ts';

const RED = { state: 'failed', rawState: 'FAILED' } as const;
const ONE_SHOT = { command: ['buildkite-agent', 'start', '--disconnect-after-job'] };
const SHELL = { entryPoint: ['sh', '-c'], command: ['buildkite-agent start'] };
const after = (ms: number): object => ({ executionStoppedAt: T.landed + ms, stoppedAt: T.landed + ms + 900 });
const killed: Told = { container: { exitCode: 137 }, task: after(120_200) };
const dead: Told = { ...killed, job: LOST, agent: AGENT_GONE };
const allowed: Told = { scenario: { expect: { handover: 'allowed' } } };
const otherAgent = fact('agent', anAgent({ id: 'other', tags: { 'ecs:task-arn': 'another' } }));
const retry = (over: object = {}) =>
  fact(
    'job',
    aJob({ ...PASSED, id: 'retry', retryOf: JOB_ID, retryType: 'automatic', agentId: 'other', ...over }),
  );
const green = [retry(), otherAgent];
const late = (over: object): Told => ({
  after: [
    fact(
      'job',
      aJob({
        ...PASSED,
        id: 'late',
        events: [jobEvent('STARTED', T.stop + 900), { ...FINISHED, at: T.finished + 400 }],
        ...over,
      }),
    ),
  ],
});
const neighbour = (over: object) =>
  fact('job', aJob({ id: 'neighbour', stepKey: 'lint', events: [STARTED], ...over }));
const noPid1 = rigOf(false);
const UNTOUCHED = {
  status: 'RUNNING',
  desired: 'RUNNING',
  stopCode: null,
  stoppedReason: null,
  stoppingAt: null,
};

/** Title, story, outcome and reason; of a failure the cause that must be named first. */
type Row =
  | readonly [string, Told, `failed ${string}`, CauseName]
  | readonly [string, Told, `${'passed' | 'inconclusive'} ${string}` | 'outlasted outlasted'];

/** The matrix of the design, as far as a journal can tell it, and more. */
export const MATRIX: readonly Row[] = [
  ['clean drain', {}, 'passed drained'],
  ['shell form, long step', { ...dead, definition: SHELL, build: RED }, 'failed lost', 'signal-eaten'],
  [
    'shell form, short step',
    { ...killed, definition: SHELL, agent: AGENT_GONE },
    'failed not-drained',
    'signal-eaten',
  ],
  ['lost, auto-retried green', { ...dead, after: green }, 'failed masked-loss', 'step-over-window'],
  [
    'lost, soft-failed green',
    { ...dead, job: { ...LOST, softFailed: true } },
    'failed masked-loss',
    'step-over-window',
  ],
  ['lost, retried green, handover allowed', { ...dead, ...allowed, after: green }, 'passed handed-over'],
  [
    'agent_stop, retried green, handover allowed',
    {
      ...allowed,
      job: { passed: false, exitStatus: '-1', signal: 'SIGTERM', signalReason: 'agent_stop' },
      after: green,
    },
    'passed handed-over',
  ],
  [
    'lost, a person retries it green, handover allowed',
    { ...dead, ...allowed, after: [retry({ retryType: 'manual' }), otherAgent] },
    'failed masked-loss',
    'step-over-window',
  ],
  [
    'lost and only soft-failed, handover allowed',
    { ...dead, ...allowed, job: { ...LOST, softFailed: true } },
    'failed masked-loss',
    'step-over-window',
  ],
  [
    'lost, retry queued at the deadline',
    {
      ...dead,
      build: { state: 'running' },
      after: [retry({ state: 'scheduled', passed: false, agentId: null })],
      ended: 'deadline',
    },
    'failed lost',
    'step-over-window',
  ],
  [
    '143 at once',
    { ...dead, container: { exitCode: 143 }, task: after(100), build: RED },
    'failed lost',
    'wrapper-died',
  ],
  [
    '143 at once, handed over',
    { ...dead, ...allowed, container: { exitCode: 143 }, task: after(100), after: green },
    'failed not-drained',
    'wrapper-died',
  ],
  [
    '137 earlier than the time-out, handed over',
    { ...dead, ...allowed, task: after(40_000), after: green },
    'failed not-drained',
    'killed-early',
  ],
  ['trap wrapper', { container: { exitCode: 143 } }, 'passed drained'],
  [
    'second SIGTERM to the agent',
    { job: { passed: false, exitStatus: '-1', signal: 'SIGTERM', signalReason: 'agent_stop' }, build: RED },
    'failed canceled-by-agent',
    'told-twice',
  ],
  [
    'signal to the whole group',
    { job: { passed: false, exitStatus: '-1', signal: 'SIGTERM' }, build: RED },
    'failed broken-by-stop',
    'signal-to-job',
  ],
  [
    'idle time-out 10',
    {
      definition: { command: ['buildkite-agent', 'start', '--disconnect-after-idle-timeout', '10'] },
      agent: { ...OLDER, disconnectedAt: T.finished + 10_100 },
    },
    'failed not-drained',
    'signal-eaten',
  ],
  ['one-shot agent that cannot report', { definition: ONE_SHOT, agent: OLDER }, 'outlasted outlasted'],
  ['one-shot agent that reported the stop', { definition: ONE_SHOT }, 'passed drained'],
  [
    'one-shot agent that reports its stops and did not',
    { definition: ONE_SHOT, agent: { stoppedGracefullyAt: null } },
    'inconclusive drain-not-proven',
  ],
  ['agent ends `stopped`', { agent: { connection: 'stopped' } }, 'passed drained'],
  ['disconnect fails, container exit 0', { agent: AGENT_GONE }, 'inconclusive disconnect-not-received'],
  ['a late job, finished', late({}), 'passed drained'],
  [
    'a late job, cut',
    late({ passed: false, exitStatus: '-1', signal: 'SIGKILL', signalReason: 'agent_stop' }),
    'failed not-drained',
    'told-twice',
  ],
  ["agent's exit code absent", { container: { exitCode: null } }, 'inconclusive evidence-missing'],
  ['user stops the agent', { agent: { stoppedGracefullyBy: 'Ada' } }, 'inconclusive stopped-by-other'],
  [
    "somebody's StopTask first",
    { stop: { answer: { stoppedReason: 'by hand' } }, task: { stoppedReason: 'by hand' } },
    'inconclusive stopped-by-other',
  ],
  [
    'build red for its own reason',
    { job: { passed: false, exitStatus: '1' }, build: RED },
    'failed build-failed',
    'failed-by-itself',
  ],
  ['build red elsewhere', { build: RED }, 'failed build-failed', 'failed-by-itself'],
  [
    'target attempt soft-failed, green build',
    { job: { passed: false, softFailed: true, exitStatus: '1' } },
    'failed build-failed',
    'failed-by-itself',
  ],
  [
    'canceled by a person',
    { build: { state: 'canceled', canceledBy: 'Ada' }, job: { state: 'canceled', passed: false } },
    'inconclusive build-canceled',
  ],
  ['canceled by a newer build', { build: { state: 'canceled' } }, 'inconclusive build-canceled'],
  [
    "step's own time-out",
    { job: { state: 'timed_out', passed: false, exitStatus: null }, build: RED },
    'inconclusive build-canceled',
  ],
  [
    "another step's job lost elsewhere",
    { build: RED, after: [fact('job', aJob({ ...LOST, id: 'elsewhere', agentId: 'other' })), otherAgent] },
    'inconclusive unrelated-loss',
  ],
  [
    'a sibling on the same task is lost',
    {
      ...killed,
      before: [neighbour({ stepKey: 'integration' })],
      after: [neighbour({ ...LOST })],
      build: RED,
    },
    'failed lost',
    'step-over-window',
  ],
  [
    "a neighbour build's job on the target task is lost",
    {
      before: [neighbour({ buildId: 'theirs' })],
      after: [neighbour({ ...LOST, buildId: 'theirs' }), fact('build', aBuild({ id: 'theirs', ...RED }))],
    },
    'failed lost',
    'retry-missed',
  ],
  [
    'the target attempt is itself a retry',
    {
      before: [fact('job', aJob({ ...LOST, id: 'first', agentId: 'other', retried: true })), otherAgent],
      proof: { retryOf: 'first' },
      job: { retryOf: 'first', retryType: 'automatic' },
    },
    'passed drained',
  ],
  [
    'the retry lands on the same doomed task',
    { ...dead, after: [retry({ ...LOST, id: 'again', agentId: AGENT_ID })], build: RED },
    'failed lost',
    'step-over-window',
  ],
  ['blocked after the step', { build: { state: 'blocked', rawState: 'BLOCKED' } }, 'passed drained'],
  [
    'later steps do not matter',
    { build: { state: 'running' }, scenario: { expect: { build: 'any' } } },
    'passed drained',
  ],
  [
    'later steps matter and are not over',
    { build: { state: 'running' }, ended: 'deadline' },
    'inconclusive verdict-timeout',
  ],
  [
    'the step was over at the read after the stop',
    {
      proof: { state: 'finished', rawState: 'FINISHED' },
      job: { finishedAt: T.landed, events: [STARTED, { ...FINISHED, at: T.landed }] },
    },
    'inconclusive finished-before-stop',
  ],
  ['reply lost after acting', { stop: { result: 'unknown' }, proof: null }, 'passed drained'],
  ['StopTask ignored', { stop: { answer: UNTOUCHED }, task: UNTOUCHED }, 'inconclusive stop-not-confirmed'],
  [
    'older agent leaves late',
    { agent: { ...OLDER, disconnectedAt: T.finished + 9_000 } },
    'inconclusive drain-not-proven',
  ],
  [
    'container still running at the deadline',
    {
      container: { status: 'RUNNING', exitCode: null },
      task: { status: 'STOPPING' },
      agent: { connection: 'connected' },
      ended: 'deadline',
    },
    'inconclusive verdict-timeout',
  ],
  [
    'ECS down for good after the stop',
    { task: null, failures: [failed('task', TASK_ARN, T.looked)], ended: 'deadline' },
    'inconclusive observation-gap',
  ],
  [
    'ECS down for good after the stop, the job lost',
    {
      task: null,
      agent: AGENT_GONE,
      job: LOST,
      build: RED,
      failures: [failed('task', TASK_ARN, T.looked)],
      ended: 'deadline',
    },
    'failed lost',
    'retry-missed',
  ],
  [
    'GraphQL away for good after the stop',
    {
      job: null,
      agent: null,
      build: null,
      failures: [failed('job', JOB_ID, T.looked, 'unauthorized')],
      ended: 'deadline',
    },
    'inconclusive observation-gap',
  ],
  ['the runner was away too long', { agent: null, ended: 'gap' }, 'inconclusive observation-gap'],
  [
    'OOM before the time-out',
    {
      container: { exitCode: 137, reason: 'OutOfMemoryError: x' },
      task: after(8_000),
      job: LOST,
      agent: AGENT_GONE,
      build: RED,
    },
    'inconclusive out-of-memory',
  ],
  [
    'OOM note, 137 at the time-out',
    { ...killed, container: { exitCode: 137, reason: 'OutOfMemoryError: x' } },
    'failed not-drained',
    'wrapper-stayed',
  ],
  ['host gone', { task: { stopCode: 'SpotInterruption' } }, 'inconclusive host-gone'],
  [
    'drain slower than allowed',
    { scenario: { expect: { drain: { within: 5_000 } } } },
    'failed drain-too-slow',
    'slow-drain',
  ],
  [
    'process executor, shell form',
    { ...dead, definition: SHELL, plan: noPid1, build: RED },
    'inconclusive no-pid1-semantics',
  ],
  ['process executor, exec form', { plan: noPid1 }, 'passed drained'],
  [
    'any other exit code with the job passed',
    { container: { exitCode: 2 } },
    'failed not-drained',
    'agent-exited',
  ],
  ['still watching', { ended: null }, 'inconclusive evidence-missing'],
  ['nothing was ever sent', { stop: null, proof: null }, 'inconclusive evidence-missing'],
];
