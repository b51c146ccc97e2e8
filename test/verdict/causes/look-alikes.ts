import { aContainer, aContainerDefinition, aJob, AGENT_ID } from '../../support/builders.ts';
import { AGENT_GONE, fact, PASSED, T, type Told } from '../../support/journal-builders.ts';
import type { CauseName } from '../../../src/model/names.ts';
import {
  after,
  at143,
  canceled,
  dead,
  deaf,
  eaten,
  EXEC,
  listed,
  look,
  OLD,
  oneIsEnough,
  past,
  REPORTED,
  retries,
  second,
  SHELL,
  taken,
  tooLong,
  watching,
} from './told.ts';

const OOM = 'OutOfMemoryError: x';
/** The step is known to be too long, and the agent to have heard: but for one thing it would be proven. */
const surelyTooLong: Told = { ...tooLong, before: [past(300_000)] };
const gateway = aContainerDefinition({ name: 'gateway', command: ['gateway'], essential: false });
const stopped = aContainer({ name: 'gateway', status: 'STOPPED', exitCode: 3 });

/** The same visible facts have another explanation beside the cause: it may be named, and must not be called proven. */
export const LOOK_ALIKES: readonly (readonly [CauseName, string, Told])[] = [
  [
    'agent-restarted',
    "the second agent's job ended by a signal, which its own command may have sent",
    {
      build: { state: 'failed' },
      after: [
        ...[second, listed(AGENT_ID, 'second')],
        fact(
          'job',
          aJob({ ...PASSED, ...{ passed: false, exitStatus: '143' }, id: 'own', agentId: 'second' }),
        ),
      ],
    },
  ],
  [
    'host-gone',
    'the host was to go, and a shell kept the signal until SIGKILL',
    { ...eaten, task: { ...after(120_100), stopCode: 'SpotInterruption' } },
  ],
  ['build-canceled', 'the agent canceled the job', { job: canceled() }],
  ['told-twice', 'nothing shows a second signal', { definition: EXEC, job: canceled() }],
  [
    'told-twice',
    'the heartbeats were refused',
    { agent: AGENT_GONE, container: { exitCode: 1 }, job: canceled() },
  ],
  [
    'told-twice',
    'one signal is enough, and the agent was marked lost',
    { agent: AGENT_GONE, before: [oneIsEnough()], job: canceled() },
  ],
  [
    'told-twice',
    'one signal is enough, and the job ended long after',
    { before: [oneIsEnough()], job: canceled(T.landed + 60_000) },
  ],
  [
    'told-twice',
    'whether one signal is enough depends on the version',
    { before: [oneIsEnough(false)], job: canceled() },
  ],
  [
    'told-twice',
    'a forced stop came after the end of the job',
    { agent: { stopForcedAt: T.stop + 15_000 }, job: canceled() },
  ],
  [
    'signal-to-job',
    'killed by SIGKILL, which a lack of memory does too',
    { job: { passed: false, exitStatus: '-1', signal: 'SIGKILL' } },
  ],
  ['signal-to-job', 'it crashed', { job: { passed: false, exitStatus: '-1', signal: 'SIGSEGV' } }],
  [
    'signal-to-job',
    'an exit status that its own command may give',
    { job: { passed: false, exitStatus: '143' } },
  ],
  [
    'sidecar-first',
    'seen stopped before the agent, and it had crashed by itself',
    {
      ...watching([], 3),
      task: { containers: [aContainer({ status: 'RUNNING' }), stopped], status: 'STOPPING' },
    },
  ],
  ['signal-eaten', 'idle until SIGKILL behind a shell: its disconnect may have hung', deaf],
  ['signal-eaten', 'idle until SIGKILL in exec form', { ...deaf, definition: EXEC }],
  [
    'signal-eaten',
    'it got a job within the time in which the signal may come',
    { ...eaten, after: [taken(AGENT_ID, T.landed + 15_000)] },
  ],
  [
    'signal-eaten',
    'it left when its own timer ran out, and its disconnect may have been late',
    {
      definition: { ...SHELL, command: ['buildkite-agent start --disconnect-after-idle-timeout 10'] },
      agent: { ...OLD, stoppedGracefullyAt: null, disconnectedAt: T.finished + 10_100 },
    },
  ],
  [
    'init-killed-wrapper',
    'exited 143, but not at once',
    { ...at143, task: after(10_000), definition: { ...SHELL, initProcess: true } },
  ],
  [
    'init-killed-wrapper',
    'a trap in the shell may have told the agent',
    {
      ...at143,
      definition: {
        ...SHELL,
        command: ["trap 'kill $p; exit 143' TERM; buildkite-agent start & p=$!; wait"],
        initProcess: true,
      },
    },
  ],
  ['step-over-window', 'the command or a hook may have hung', tooLong],
  ['step-over-window', 'by its past it would have fitted', { ...tooLong, before: [past(20_000)] }],
  ['step-over-window', 'a sidecar went at the same moment', { ...surelyTooLong, otherContainers: [gateway] }],
  ['step-over-window', 'it reports its stops and reported none', { ...surelyTooLong, agent: AGENT_GONE }],
  [
    'step-over-window',
    'somebody else told it, long after the stop',
    { ...surelyTooLong, definition: SHELL, agent: { ...REPORTED, stoppedGracefullyAt: T.stop + 60_000 } },
  ],
  [
    'step-over-window',
    'a shell execs the agent, as far as its script tells',
    { ...surelyTooLong, definition: { ...SHELL, command: ['exec buildkite-agent start'] } },
  ],
  ['step-over-window', 'the image may put something before the agent', { ...dead, before: [past(300_000)] }],
  [
    'step-over-window',
    'told twice it would have been killed before it could say so',
    { ...surelyTooLong, definition: { ...EXEC, stopTimeout: 8_000 }, task: after(8_100) },
  ],
  [
    'step-over-window',
    'on EC2 nobody knows when it was killed',
    {
      ...{ ...surelyTooLong, definition: { ...EXEC, stopTimeout: 20_000 } },
      task: { ...after(20_050), launchType: 'EC2', instanceArn: 'arn:instance' },
    },
  ],
  [
    'inner-timeout',
    'exited 124, and no time-out is written',
    { ...dead, container: { exitCode: 124 }, task: after(40_000) },
  ],
  ['inner-timeout', 'the step exited 124 by itself', { job: { passed: false, exitStatus: '124' } }],
  [
    'out-of-memory',
    'the job was killed, and the mark may be an old one',
    { job: { passed: false, exitStatus: '137' }, container: { reason: OOM } },
  ],
  [
    'slow-drain',
    'its disconnect is not known',
    {
      agent: { connection: 'disconnected', disconnectedAt: null },
      scenario: { expect: { drain: { within: 1_000 } } },
    },
  ],
  [
    'retry-missed',
    'whether its rule matches is not said anywhere',
    { ...eaten, before: [retries(true, 'unknown')] },
  ],
  [
    'retry-missed',
    'the look kept no data',
    { ...eaten, before: [look('retry-misses-lost-agent', 'step integration has no automatic retry')] },
  ],
];
