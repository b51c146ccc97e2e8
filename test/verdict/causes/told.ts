import { aContainer, aContainerDefinition, aJob, anAgent, TASK_ARN } from '../../support/builders.ts';
import type { Job } from '../../../src/model/entities/job.ts';
import type { FindingData } from '../../../src/model/entities/preflight.ts';
import {
  AGENT_GONE,
  AGENT_LOST,
  jobEvent,
  fact,
  LOST,
  PASSED,
  STARTED,
  story,
  T,
  type Told,
} from '../../support/journal-builders.ts';

export const after = (ms: number): object => ({
  executionStoppedAt: T.landed + ms,
  stoppedAt: T.landed + ms + 900,
});

export const SHELL = { entryPoint: ['/bin/sh', '-c'], command: ['buildkite-agent start'] };
export const EXEC = { entryPoint: ['buildkite-agent', 'start'], command: [] };
/** An agent that does not report its stops. */
export const OLD = { version: '3.120.0' };
export const dead: Told = {
  job: LOST,
  agent: { ...AGENT_GONE, ...OLD },
  container: { exitCode: 137 },
  task: after(120_100),
};
export const eaten: Told = { ...dead, definition: SHELL };
export const tooLong: Told = { ...dead, definition: EXEC };
export const at143: Told = { ...dead, container: { exitCode: 143 }, task: after(90) };
export const deaf: Told = { ...dead, job: PASSED, definition: SHELL };
/** It was given up so late that it must have sent heartbeats until it was killed. */
export const beating: Told = { ...deaf, agent: { ...AGENT_GONE, ...OLD, lostAt: T.landed + 320_000 } };
export const REPORTED = { ...AGENT_GONE, stoppedGracefullyAt: T.stop + 400 };
export const FAILED = { passed: false, exitStatus: '1' };

export const second = fact(
  'agent',
  anAgent({ id: 'second', name: 'worker-2', connectedAt: T.left, lostAt: T.looked }),
);
export const taken = (agentId: string, startedAt: number) =>
  fact(
    'job',
    aJob({
      ...{ ...LOST, id: 'taken', stepKey: 'late', agentId, startedAt },
      events: [jobEvent('STARTED', startedAt), AGENT_LOST],
    }),
  );
export const listed = (...agents: string[]) => {
  const arn = aJobTask();
  return fact('agents-of-task', { taskArn: arn, agents, complete: true }, arn);
};
export const past = (...durations: number[]) => fact('step-history', { durations }, 'canary/integration');

function aJobTask(): string {
  const target = story().find(({ code }) => code === 'GD_TARGET_CHOSEN');
  return target?.code === 'GD_TARGET_CHOSEN' ? target.payload.target.taskArn : '';
}

const counter = (begun: number, finished: number, cut: number) =>
  fact('counter', { begun, finished, cut }, `gateway@${TASK_ARN}`);

/** The same with an exit code of 0, and by its own counter one call was cut, or (`finished`) finished. */
export const counting = (becomes: 'cut' | 'finished'): Told => ({
  ...watching(['gateway'], 0),
  scenario: {
    expect: {
      containers: {
        gateway: { exit: 0, outlives: 'agent', flushed: { command: ['read', '{task}'], stillFor: 0 } },
      },
    },
  },
  before: [counter(1, 0, 0)],
  after: [becomes === 'cut' ? counter(1, 0, 1) : counter(1, 1, 0)],
});

/** A drain in which a watched gateway ended so. */
export const watching = (dependsOn: string[], exitCode = 137): Told => ({
  scenario: { expect: { containers: { gateway: { exit: 0, outlives: 'agent', flushed: null } } } },
  definition: { dependsOn },
  otherContainers: [aContainerDefinition({ name: 'gateway', command: ['gateway'], stopTimeout: 5_000 })],
  task: {
    containers: [
      aContainer({ status: 'STOPPED', exitCode: 0 }),
      aContainer({ name: 'gateway', status: 'STOPPED', exitCode }),
    ],
  },
});

export const look = (rule: string, seen: string, data?: FindingData, todo = 'fix it') =>
  fact(
    'preflight',
    {
      container: 'agent',
      findings: [
        {
          ...{ rule, severity: 'warning' as const, at: 'somewhere', seen, todo },
          ...(data === undefined ? {} : { data }),
        },
      ],
      unknown: [],
    },
    'preflight',
  );
/** What preflight read of the step's own lines. */
export const sleeps = (ms: number, ...keys: string[]) =>
  look('step-over-window', 'it sleeps', { about: 'step-length', keys, ms, by: 'sleep' });
/** What preflight read of a step's retries. */
export const retries = (hasRules: boolean, matches: 'no' | 'unknown' = 'no') =>
  look(
    'retry-misses-lost-agent',
    hasRules ? 'step integration retries true' : 'step integration has no automatic retry',
    { about: 'lost-agent-retry', keys: ['integration'], hasRules, matches },
  );
/** One stop signal makes the agent cancel its job. */
export const oneIsEnough = (sure = true) =>
  look(
    'stop-signal',
    'STOPSIGNAL SIGQUIT',
    { about: 'canceling-stop', by: 'STOPSIGNAL SIGQUIT', sure },
    'Take it out.',
  );
/** The agent canceled its job, soon after the stop or at its usual end. */
export const canceled = (endedAt: number = T.stop + 3_000): Partial<Job> => ({
  ...{ passed: false, exitStatus: '-1', signal: 'SIGTERM', signalReason: 'agent_stop', finishedAt: endedAt },
  events: [STARTED, jobEvent('FINISHED', endedAt)],
});
