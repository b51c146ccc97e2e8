import { describe, expect, it } from 'vitest';
import { consistent } from '../../src/checks/consistent.ts';
import { judge } from '../../src/verdict/judge.ts';
import { aContainer, aContainerDefinition } from '../support/builders.ts';
import { asked } from '../support/asking.ts';
import {
  AGENT_GONE,
  AGENT_LOST,
  EXEC,
  FINISHED,
  LOST,
  OLDER,
  STARTED,
  story,
  T,
  type Told,
} from '../support/journal-builders.ts';
import { holdsTable } from './table.ts';

const proxy = aContainerDefinition({ name: 'proxy' });
const both = {
  containers: [
    aContainer({ status: 'STOPPED', exitCode: 0 }),
    aContainer({ name: 'proxy', status: 'STOPPED', exitCode: 0 }),
  ],
};
const form = (entryPoint: string[], command: string): Told => ({
  definition: { entryPoint, command: [command] },
});
const AGENT = 'buildkite-agent start';
const endsAt = (at: number): object => ({ finishedAt: at, events: [STARTED, { ...FINISHED, at }] });
const returned: Told = {
  job: { events: [STARTED, { ...AGENT_LOST, at: T.finished - 10_000 }, FINISHED] },
};

describe('consistent', () => {
  holdsTable(consistent, [
    ['a clean drain', {}, 'yes'],
    ['nothing was sent', { stop: null }, 'unasked'],
    [
      'the agent disconnected before the stop',
      { agent: { disconnectedAt: T.landed - 3_000 } },
      'unknown evidence-missing',
    ],
    ['so little before that no clock can tell', { agent: { disconnectedAt: T.landed - 1_500 } }, 'yes'],
    [
      'the agent disconnected, and was marked lost before the stop',
      { agent: { lostAt: T.landed - 9_000 } },
      'unknown evidence-missing',
    ],
    [
      'the agent was marked lost before the stop',
      { agent: { ...AGENT_GONE, lostAt: T.landed - 9_000 } },
      'unknown evidence-missing',
    ],
    [
      "the agent's container ended before the stop",
      { task: { executionStoppedAt: T.landed - 3_000 } },
      'no unsound-baseline',
    ],
    [
      "the agent's container ended before the stop, and its job was lost: no sound worker either",
      { task: { executionStoppedAt: T.landed - 3_000 }, job: LOST, agent: AGENT_GONE },
      'no unsound-baseline',
    ],
    [
      'so little before that no clock can tell',
      { task: { executionStoppedAt: T.landed - 1_900 }, job: endsAt(T.landed - 100) },
      'yes',
    ],
    [
      'some essential container ended before the stop',
      { otherContainers: [proxy], task: { ...both, executionStoppedAt: T.landed - 3_000 } },
      'unknown evidence-missing',
    ],
    [
      "by an EC2 instance's clock, which nobody knows",
      { task: { launchType: 'EC2', instanceArn: 'arn:1', executionStoppedAt: T.landed - 60_000 } },
      'yes',
    ],
    [
      'the container ended clearly before the job that it is said to have run',
      { task: { executionStoppedAt: T.finished - 3_000 } },
      'unknown evidence-missing',
    ],
    [
      'the same by the end of the whole task',
      { task: { executionStoppedAt: null, stoppedAt: T.finished - 3_000 } },
      'unknown evidence-missing',
    ],
    ['not clearly', { task: { executionStoppedAt: T.finished - 1_900 } }, 'yes'],
    [
      'Buildkite gave the agent up, and it came back and finished the job',
      returned,
      'unknown evidence-missing',
    ],
    [
      'the read right after the stop may have shown an old copy',
      { agent: OLDER, job: endsAt(T.landed + 200) },
      'unknown evidence-missing',
    ],
    [
      'the end lies after that read by more than the clocks are wrong',
      { agent: OLDER, job: endsAt(T.landed + 300) },
      'yes',
    ],
    ['no read was needed', { job: endsAt(T.landed + 3_000) }, 'yes'],
    [
      'dash stays and keeps the signal',
      { ...form(['dash', '-c'], AGENT), agent: OLDER },
      'unknown evidence-missing',
    ],
    [
      'so does a shell that has something to do afterwards',
      { ...form(['sh', '-c'], `${AGENT}; true`) },
      'unknown evidence-missing',
    ],
    [
      'an init before a shell that stays',
      { ...form(['tini', '--', 'dash', '-c'], AGENT), agent: OLDER },
      'unknown evidence-missing',
    ],
    ['an sh that nobody knows', { ...form(['sh', '-c'], AGENT), agent: OLDER }, 'yes'],
    ['a trap', { ...form(['sh', '-c'], `trap 'kill $P' TERM; ${AGENT} & P=$!; wait`), agent: OLDER }, 'yes'],
    [
      'dash, but the agent leaves after its one job anyhow',
      { ...form(['dash', '-c'], `${AGENT} --disconnect-after-job`), agent: OLDER },
      'yes',
    ],
    [
      'dash, and the job was lost: what is proven needs no more',
      { ...form(['dash', '-c'], AGENT), job: LOST, agent: AGENT_GONE },
      'yes',
    ],
    [
      'the agent canceled its job',
      {
        agent: { disconnectedAt: T.landed - 3_000 },
        job: { passed: false, exitStatus: '-1', signalReason: 'agent_stop' },
      },
      'yes',
    ],
  ]);

  it('names both sides', () => {
    expect(asked(consistent, { agent: { disconnectedAt: T.landed - 3_000 } }).said).toBe(
      'the agent disconnected at 12:00:07.050, before the stop (12:00:10.050)',
    );
  });

  it('notes that the agent was lost and returned', () => {
    expect(asked(consistent, returned).notes.join()).toMatch(/^lost-and-returned/);
    expect(judge(story(returned))).toMatchObject({ outcome: 'inconclusive', reason: 'evidence-missing' });
  });

  it('keeps a pass from being one', () => {
    const told: Told = { agent: OLDER, definition: EXEC, job: endsAt(T.landed + 200) };
    const passed: Told = { agent: OLDER, definition: EXEC };
    expect(judge(story(passed))).toMatchObject({ outcome: 'passed', reason: 'drained' });
    expect(judge(story(told)).outcome).toBe('inconclusive');
  });
});
