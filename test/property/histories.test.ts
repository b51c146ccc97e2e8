import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../../src/verdict/judge.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { DrillResult } from '../../src/verdict/result.ts';
import { isReason } from '../../src/model/reasons.ts';
import { AGENT_ID, aJob, anAgent, JOB_ID, TASK_ARN } from '../support/builders.ts';
import {
  AGENT_GONE,
  AGENT_LOST,
  fact,
  failed,
  FINISHED,
  jobEvent,
  LOST,
  PASSED,
  STARTED,
  story,
  T,
  type Told,
} from '../support/journal-builders.ts';
import { mayBeDrained, mayBeHandedOver } from './oracle.ts';
import { RUNS } from './runs.ts';

const times = fc.constantFrom(
  T.stop - 60_000,
  T.stop - 3_000,
  T.landed,
  T.landed + 1_000,
  T.landed + 3_000,
  T.finished,
  T.finished + 4_000,
  T.left + 9_000,
);
const maybe = <V>(value: fc.Arbitrary<V>): fc.Arbitrary<V | null> => fc.option(value, { nil: null, freq: 3 });
const history = fc.subarray([
  STARTED,
  FINISHED,
  { ...FINISHED, at: T.landed - 500 },
  { ...FINISHED, at: T.landed + 900 },
  AGENT_LOST,
  jobEvent('AGENT_DISCONNECTED', T.finished, { actor: 'system' }),
  jobEvent('AGENT_STOPPED', T.finished),
  jobEvent('CANCELED', T.finished, { actor: 'user' }),
]);
const jobOver = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.constant(LOST) },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        state: fc.constantFrom(
          'finished',
          'running',
          'canceled',
          'timed_out',
          'canceling',
          'scheduled',
          'other',
        ),
        passed: fc.boolean(),
        softFailed: fc.boolean(),
        exitStatus: fc.constantFrom('0', '1', '-1', '143', '137', null),
        signal: fc.constantFrom(null, null, 'SIGTERM'),
        signalReason: fc.constantFrom(null, null, 'agent_stop', 'cancel'),
        retried: fc.boolean(),
        finishedAt: maybe(times),
        agentId: fc.constantFrom(AGENT_ID, AGENT_ID, 'other', null),
        events: fc.option(history, { nil: null }),
      },
      { requiredKeys: [] },
    ),
  },
) as fc.Arbitrary<Partial<ReturnType<typeof aJob>>>;
const agentOver = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.constant(AGENT_GONE) },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        connection: fc.constantFrom('connected', 'disconnected', 'stopped', 'stopping', 'lost', 'other'),
        lostAt: maybe(times),
        stoppedGracefullyAt: maybe(times),
        stoppedGracefullyBy: fc.constantFrom(null, null, 'Ada'),
        stopForcedBy: fc.constantFrom(null, null, null, 'Ada'),
        disconnectedAt: maybe(times),
        jobs: fc.option(fc.constant([JOB_ID]), { nil: null }),
      },
      { requiredKeys: [] },
    ),
  },
) as fc.Arbitrary<Partial<ReturnType<typeof anAgent>>>;
const taskOver = fc.record(
  {
    status: fc.constantFrom('STOPPED', 'STOPPED', 'RUNNING', 'DEACTIVATING'),
    desired: fc.constantFrom('STOPPED', 'STOPPED', 'RUNNING'),
    stopCode: fc.constantFrom(
      'UserInitiated',
      'UserInitiated',
      'ServiceSchedulerInitiated',
      'SpotInterruption',
      null,
    ),
    stoppedReason: fc.constantFrom('by hand', null),
    stoppingAt: maybe(times),
    executionStoppedAt: maybe(times),
    stoppedAt: maybe(times),
    version: fc.constantFrom(1, 4, 9, null),
  },
  { requiredKeys: [] },
);
const others = fc.subarray([
  fact('job', aJob({ ...PASSED, id: 'retry', retryOf: JOB_ID, retryType: 'automatic', agentId: 'other' })),
  fact('job', aJob({ ...PASSED, id: 'by-hand', retryOf: JOB_ID, retryType: 'manual', agentId: 'other' })),
  fact('job', aJob({ ...LOST, id: 'on-doomed', retryOf: JOB_ID, retryType: 'automatic' })),
  fact('job', aJob({ ...PASSED, id: 'late', events: [STARTED, FINISHED] })),
  fact('job', aJob({ ...LOST, id: 'late-lost' })),
  fact('job', aJob({ ...LOST, id: 'elsewhere', agentId: 'other' })),
  fact('agent', anAgent({ id: 'other', tags: { 'ecs:task-arn': 'another' } })),
  fact('agent', anAgent({ id: 'reborn', connection: 'connected', tags: { 'ecs:task-arn': TASK_ARN } })),
]);
const definition = fc.constantFrom<NonNullable<Told['definition']> | null>(
  {},
  {},
  null,
  { entryPoint: ['sh', '-c'], command: ['buildkite-agent start'] },
  { command: ['buildkite-agent', 'start', '--disconnect-after-job'] },
  { command: ['buildkite-agent', 'start', '--disconnect-after-idle-timeout', '10'] },
  { stopTimeout: 20_000 },
);

const told: fc.Arbitrary<Told> = fc.record({
  scenario: fc.record({
    expect: fc.record({
      build: fc.constantFrom('passed', 'any'),
      handover: fc.constantFrom('forbidden', 'allowed'),
      drain: fc.record({ within: fc.constantFrom(null, 5_000, 110_000) }),
    }),
  }),
  definition,
  stop: fc.option(
    fc.record({
      result: fc.constantFrom('ok', 'ok', 'unknown', 'refused'),
      answer: fc.oneof(fc.constant({}), fc.constant({}), taskOver),
    }),
    { nil: null, freq: 12 },
  ),
  proof: fc.oneof(
    fc.constant({}),
    fc.constant({}),
    jobOver,
    fc.constant('failed' as const),
    fc.constant(null),
  ),
  job: fc.option(jobOver, { nil: null, freq: 10 }),
  agent: fc.option(agentOver, { nil: null, freq: 10 }),
  container: fc.record(
    {
      exitCode: fc.constantFrom(0, 0, 0, 1, 137, 143, null),
      reason: fc.constantFrom(null, null, 'OutOfMemoryError: x'),
      status: fc.constantFrom('STOPPED', 'RUNNING'),
      name: fc.constantFrom('agent', 'agent', 'agent', 'proxy'),
    },
    { requiredKeys: [] },
  ),
  task: fc.oneof(fc.constant({}), fc.constant({}), taskOver, fc.constant(null)),
  build: fc.oneof(
    fc.constant({}),
    fc.record({
      state: fc.constantFrom('passed', 'failed', 'running', 'failing', 'blocked', 'canceled', 'other'),
    }),
    fc.constant(null),
  ),
  before: others.map((facts) => facts.slice(0, 1)),
  after: fc.oneof(fc.constant([]), others),
  failures: fc.subarray([
    failed('task', TASK_ARN, T.looked),
    failed('job', JOB_ID, T.looked),
    failed('agent', AGENT_ID, T.looked),
  ]),
  ended: fc.constantFrom('settled', 'settled', 'deadline', 'gap', null),
});

describe('random histories', () => {
  it('are never called drained or handed over without proof', () => {
    const passes = { drained: 0, 'handed-over': 0 };
    fc.assert(
      fc.property(told, (given) => {
        const journal = story(given);
        const { outcome, reason, findings } = judge(journal);
        expect(isReason(reason)).toBe(true);
        if (outcome !== 'passed') return;
        passes[reason as 'drained' | 'handed-over'] += 1;
        expect(reason === 'drained' ? mayBeDrained(journal) : mayBeHandedOver(journal)).toBe(true);
        expect(findings.filter(({ holds }) => holds === 'no')).toEqual([]);
      }),
      { numRuns: RUNS * 5, examples: [[{}], [{ stop: null }]] },
    );
    // What never passes proves nothing about passes.
    expect(passes.drained).toBeGreaterThan(0);
  });

  it('of losses that were handed over need the retry', () => {
    let passes = 0;
    const handed = told.map((given): Told => ({
      ...given,
      scenario: {
        ...given.scenario,
        expect: { build: 'passed', drain: { within: null }, handover: 'allowed' },
      },
      stop: {},
      job: LOST,
      agent: AGENT_GONE,
    }));
    fc.assert(
      fc.property(handed, (given) => {
        const journal = story(given);
        if (judge(journal).outcome !== 'passed') return;
        passes += 1;
        expect(mayBeHandedOver(journal)).toBe(true);
      }),
      {
        numRuns: RUNS * 5,
        examples: [
          [
            {
              scenario: { expect: { handover: 'allowed', drain: { within: null } } },
              job: LOST,
              agent: AGENT_GONE,
              after: [
                fact(
                  'job',
                  aJob({ ...PASSED, id: 'retry', retryOf: JOB_ID, retryType: 'automatic', agentId: 'other' }),
                ),
                fact('agent', anAgent({ id: 'other', tags: { 'ecs:task-arn': 'another' } })),
              ],
            },
          ],
        ],
      },
    );
    expect(passes).toBeGreaterThan(0);
  });

  it('are judged the same every time, also when they come back from the disk, and fit the result', () => {
    fc.assert(
      fc.property(told, (given) => {
        const journal = story(given);
        const stored = JSON.parse(JSON.stringify(journal)) as typeof journal;
        const verdict = judge(journal);
        expect(judge(stored)).toEqual(verdict);
        // The journal keeps the verdict too: what JSON cannot say would make it another one.
        expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
        expect(DrillResult.safeParse(summarizeDrill(stored, null)).success).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('cut short are never a pass, unless nothing but the end is missing', () => {
    fc.assert(
      fc.property(told, fc.nat({ max: 7 }), (given, kept) => {
        const journal = story(given).slice(0, 1 + kept);
        if (journal.at(-1)?.code === 'GD_WATCH_ENDED') return;
        expect(judge(journal).outcome).not.toBe('passed');
      }),
      { numRuns: RUNS },
    );
  });
});
