import { describe } from 'vitest';
import { agentLeft } from '../../src/checks/agent-left.ts';
import { containerClean } from '../../src/checks/container-clean.ts';
import { drainInTime } from '../../src/checks/drain-time.ts';
import { idleInTime } from '../../src/checks/idle-time.ts';
import { noJobLost } from '../../src/checks/no-job-lost.ts';
import { stillIdle } from '../../src/checks/still-idle.ts';
import { aJob, anAgent, JOB_ID } from '../support/builders.ts';
import {
  AGENT_GONE,
  EXEC,
  fact,
  jobEvent,
  OLDER,
  PASSED,
  T,
  type Told,
} from '../support/journal-builders.ts';
import { holdsTable, type Row } from './table.ts';

/** The clean end of an idle worker: its agent hears the stop, leaves at once, and its container ends 0. */
const EXITED = T.landed + 300;
const LEFT = T.landed + 200;
const over = { state: 'finished', rawState: 'FINISHED', passed: true, exitStatus: '0' } as const;
/** The job that it had a while ago. */
const former = aJob({
  ...over,
  startedAt: T.running - 60_000,
  finishedAt: T.running - 30_000,
  events: [jobEvent('FINISHED', T.running - 30_000)],
});

function idle(told: Told = {}): Told {
  return {
    ...told,
    target: { jobId: null },
    before: [
      fact('job', former),
      fact('agent', anAgent({ jobs: [JOB_ID], isRunningJob: false })),
      ...(told.before ?? []),
    ],
    proof: null,
    job: null,
    agent: told.agent === null ? null : { disconnectedAt: LEFT, ...told.agent },
    task: { executionStoppedAt: EXITED, ...told.task },
  };
}

const rows = (table: readonly Row[]): readonly Row[] =>
  table.map(([title, told, answer]) => [title, idle(told), answer]);
const silent = (after: number) => ({ ...OLDER, disconnectedAt: T.landed + after });
const timer = (seconds: number): NonNullable<Told['definition']> => ({
  entryPoint: ['buildkite-agent', 'start', '--disconnect-after-idle-timeout', String(seconds)],
  command: [],
});
/** A job that the agent got at some instant, and what became of it. */
const got = (at: number, end: object = PASSED) => [
  fact(
    'job',
    aJob({
      ...end,
      id: 'another',
      startedAt: at,
      events: [jobEvent('ASSIGNED', at), jobEvent('STARTED', at)],
    }),
  ),
];

describe('still-idle', () => {
  holdsTable(
    stillIdle,
    rows([
      ['it had no job', {}, 'yes'],
      [
        'its jobs were never listed',
        { before: [fact('agent', anAgent({ jobs: null }))], agent: null },
        'unknown',
      ],
      ['it got one right before the stop', { after: got(T.stop - 500) }, 'no missed-target'],
      [
        'it got one, and no clock can tell whether before or after',
        { after: got(T.landed + 1_500) },
        'no missed-target',
      ],
      ['it got one long after the stop', { after: got(T.landed + 2_500) }, 'yes'],
    ]),
  );
  holdsTable(stillIdle, [
    ['the drill aimed at a job', {}, 'unasked'],
    ['nothing was sent', { stop: null }, 'unasked'],
  ]);
});

describe('agent-left of an idle worker', () => {
  holdsTable(
    agentLeft,
    rows([
      ['it reported its graceful stop', {}, 'yes'],
      ['an older agent left at once', { agent: silent(300) }, 'yes'],
      ['an older agent left late', { agent: silent(28_000), definition: EXEC }, 'unknown drain-not-proven'],
      ['an older agent left within the signal window', { agent: silent(19_000), definition: EXEC }, 'yes'],
      [
        'an older agent left late for one whose start is not known',
        { agent: silent(13_000) },
        'unknown drain-not-proven',
      ],
      ['an older agent left before the stop', { agent: silent(-10_000) }, 'unknown drain-not-proven'],
      ['at once, long before its timer', { agent: silent(300), definition: timer(600) }, 'yes'],
      [
        'when its timer had run out, late',
        { agent: silent(28_000), definition: timer(60) },
        'no not-drained',
      ],
      [
        'when its timer had run out, at once',
        { agent: silent(300), definition: timer(35) },
        'unknown drain-not-proven',
      ],
      [
        'when its timer had run out, and the signal may have come as late',
        {
          agent: silent(16_000),
          definition: {
            entryPoint: ['sh', '-c'],
            command: ['buildkite-agent start --disconnect-after-idle-timeout 50'],
          },
        },
        'unknown drain-not-proven',
      ],
      [
        'one that leaves after its job has heard the stop when it leaves without one',
        {
          agent: silent(300),
          definition: { command: ['buildkite-agent', 'start', '--disconnect-after-job'] },
        },
        'yes',
      ],
      ['a user stopped it', { agent: { stoppedGracefullyBy: 'Ada' } }, 'no stopped-by-other'],
      ['Buildkite gave it up', { agent: AGENT_GONE, container: { exitCode: 137 } }, 'unknown'],
    ]),
  );
});

describe('container-clean of an idle worker', () => {
  holdsTable(
    containerClean,
    rows([
      ['it exited 0', {}, 'yes'],
      ['a wrapper exited 143 after the disconnect', { container: { exitCode: 143 } }, 'yes'],
      [
        'a wrapper exited 143 and the agent was lost',
        { container: { exitCode: 143 }, agent: AGENT_GONE },
        'no not-drained',
      ],
      ['it was killed', { container: { exitCode: 137 } }, 'no not-drained'],
    ]),
  );
});

describe('no-job-lost of an idle worker', () => {
  holdsTable(noJobLost, rows([['there was none', {}, 'yes']]));
});

describe('idle-in-time', () => {
  const within = (ms: number | null, more: Told = {}): Told => ({
    ...more,
    scenario: { expect: { idle: { within: ms }, drain: { within: null } }, ...more.scenario },
  });
  holdsTable(
    idleInTime,
    rows([
      ['no time is set', within(null), 'unasked'],
      ['within it', within(1_000), 'yes'],
      [
        'over it, since the agent reported its stop',
        within(100, { agent: { stoppedGracefullyAt: T.landed + 20 } }),
        'no idle-too-slow',
      ],
      [
        "over it since the stop, within it since the agent reported its stop: the lag is the service's",
        within(1_000, {
          agent: { stoppedGracefullyAt: T.landed + 15_000, disconnectedAt: T.landed + 15_200 },
          definition: EXEC,
        }),
        'yes',
      ],
      [
        'over it since the stop, of an agent that reports nothing: the signal may have come late',
        within(1_000, { agent: silent(8_000), definition: EXEC }),
        'unknown evidence-missing',
      ],
      [
        'over it whatever the lag that the scenario allows for',
        within(1_000, { agent: silent(8_000), definition: EXEC, scenario: { limits: { signalLag: 5_000 } } }),
        'no idle-too-slow',
      ],
      ['it was killed: there is no time', within(1_000, { container: { exitCode: 137 } }), 'unknown'],
      [
        "spot's two minutes bound it whatever is allowed",
        within(null, {
          scenario: { inject: { fault: 'spot-reclaim' } },
          agent: { disconnectedAt: T.landed + 121_000 },
        }),
        'no idle-too-slow',
      ],
    ]),
  );
  holdsTable(idleInTime, [['the drill aimed at a job', within(100), 'unasked']]);
  holdsTable(drainInTime, rows([['an idle worker drains no job', {}, 'unasked']]));
});
