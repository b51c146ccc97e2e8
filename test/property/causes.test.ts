import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { JobEvent } from '../../src/model/entities/job.ts';
import type { RankedCause } from '../../src/model/cause.ts';
import type { CauseName } from '../../src/model/names.ts';
import { CAUSES } from '../../src/verdict/causes/list.ts';
import { judge } from '../../src/verdict/judge.ts';
import { aContainerDefinition, aJob, AGENT_ID, JOB_ID } from '../support/builders.ts';
import {
  AGENT_GONE,
  AGENT_LOST,
  fact,
  FINISHED,
  jobEvent,
  LEFT,
  LOST,
  PASSED,
  STARTED,
  story,
  T,
  type Told,
} from '../support/journal-builders.ts';
import { RUNS } from './runs.ts';

/** A part of a story that is told. */
type Part<K extends keyof Told> = Exclude<Told[K], undefined>;

const definition: fc.Arbitrary<Part<'definition'>> = fc.record({
  entryPoint: fc.constantFrom<string[]>(
    [],
    ['/bin/sh', '-c'],
    ['bash', '-c'],
    ['tini', '--', 'sh', '-c'],
    ['/entrypoint.sh'],
    ['buildkite-agent', 'start'],
  ),
  command: fc.constantFrom<string[]>([], ['buildkite-agent start'], ['timeout 60 buildkite-agent start']),
  stopTimeout: fc.constantFrom(null, 20_000, 120_000, 600_000),
  initProcess: fc.boolean(),
  dependsOn: fc.constantFrom<string[]>([], ['gateway']),
});

const lostAt = (at: number): Part<'job'> => ({
  ...LOST,
  events: [STARTED, jobEvent('AGENT_LOST', at, { actor: 'system' })],
});
const job: fc.Arbitrary<Part<'job'>> = fc.oneof(
  fc.constantFrom<Part<'job'>>(PASSED, LOST, lostAt(T.stop - 8_000), lostAt(T.stop + 60_000), {
    ...LOST,
    softFailed: true,
  }),
  fc.record({
    passed: fc.constant(false),
    exitStatus: fc.constantFrom('1', '-1', '124', '137', '143', null),
    signal: fc.constantFrom(null, 'SIGTERM', 'SIGKILL'),
    signalReason: fc.constantFrom(null, 'agent_stop', 'cancel'),
    events: fc.constantFrom<JobEvent[]>([STARTED, FINISHED], [STARTED, jobEvent('FINISHED', T.stop + 3_000)]),
    state: fc.constantFrom('finished' as const, 'canceled' as const, 'timed_out' as const),
  }),
);
const agent: fc.Arbitrary<Part<'agent'>> = fc.oneof(
  fc.constantFrom<Part<'agent'>>(LEFT, AGENT_GONE, { ...LEFT, stoppedGracefullyAt: null }),
  fc.record({
    version: fc.constantFrom('3.78.0', '3.116.0', '3.140.0', null),
    stoppedGracefullyAt: fc.constantFrom(null, T.stop - 9_000, T.stop + 300, T.stop + 60_000),
    stopForcedAt: fc.constantFrom(null, T.stop + 2_000, T.stop + 50_000),
    lostAt: fc.constantFrom(null, T.stop - 8_000, AGENT_LOST.at, T.landed + 320_000),
    connection: fc.constantFrom('lost' as const, 'disconnected' as const, 'connected' as const),
    disconnectedAt: fc.constantFrom(null, T.left, T.finished + 10_100),
  }),
);
const ended = fc.constantFrom(null, -8_000, 90, 8_000, 20_000, 120_100, 600_050);
const container = fc.record({
  exitCode: fc.constantFrom(null, 0, 1, 2, 124, 137, 143),
  reason: fc.constantFrom(null, 'OutOfMemoryError: x'),
});
const more = fc.subarray([
  fact('job', aJob({ ...LOST, id: 'late', agentId: AGENT_ID, startedAt: T.stop + 9_000 })),
  fact('job', aJob({ ...PASSED, id: 'retry', retryOf: JOB_ID, retryType: 'automatic', agentId: 'other' })),
  fact(
    'job',
    aJob({ ...PASSED, passed: false, exitStatus: '1', id: 'else', agentId: 'other', events: [FINISHED] }),
  ),
]);

const told: fc.Arbitrary<Told> = fc
  .record({
    definition,
    job,
    agent,
    container,
    ended,
    after: more,
    build: fc.constantFrom<Part<'build'>>({}, { state: 'failed' }, { state: 'canceled' }),
    stopCode: fc.constantFrom('UserInitiated', 'SpotInterruption'),
    within: fc.constantFrom(null, 1_000),
    known: fc.boolean(),
  })
  .map(({ ended: ms, stopCode, within, known, definition: own, ...one }) => ({
    ...one,
    definition: known ? own : null,
    otherContainers: [aContainerDefinition({ name: 'gateway', essential: false })],
    scenario: { expect: { drain: { within } } },
    task: {
      stopCode,
      ...(ms === null ? {} : { executionStoppedAt: T.landed + ms, stoppedAt: T.landed + ms + 900 }),
    },
  }));

const WEIGHTS: readonly RankedCause['weight'][] = ['proven', 'likely', 'possible'];
const EXPLAINS = new Map(CAUSES.map(({ name, explains }) => [name, explains]));
const BACKSTOPS = new Set(CAUSES.filter(({ isBackstop }) => isBackstop === true).map(({ name }) => name));

/** Of two that exclude each other at most one is proven. */
const EXCLUSIVE: readonly (readonly [CauseName, CauseName])[] = [
  ['signal-eaten', 'step-over-window'],
  ['signal-eaten', 'heartbeats-stopped'],
  ['init-killed-wrapper', 'signal-eaten'],
  ['told-twice', 'agent-stopped-itself'],
  ['signal-eaten', 'disconnect-hung'],
  ['step-over-window', 'killed-early'],
];

it('explains every failure, in order, from events that are there, or says what would', () => {
  const reasons = new Set<string>();
  fc.assert(
    fc.property(told, (one) => {
      const journal = story(one);
      const { outcome, reason, cause } = judge(journal);
      if (outcome !== 'failed') {
        expect(cause === null || ['out-of-memory', 'host-gone', 'build-canceled'].includes(reason)).toBe(
          true,
        );
        return;
      }
      reasons.add(reason);
      if (cause === null) throw new Error(`${reason} has no cause`);
      const { ranked, decided, experiment } = cause;
      expect(decided).toBe(experiment === null);
      expect(experiment).not.toBe('');
      if (decided) expect(ranked[0]?.weight).not.toBe('possible');
      const own = ranked.filter(({ name }) => !BACKSTOPS.has(name));
      expect(ranked.slice(0, own.length)).toEqual(own);
      const order = own.map(({ weight }) => WEIGHTS.indexOf(weight));
      expect(order).toEqual(order.toSorted((a, b) => a - b));
      const numbers = new Set(journal.map(({ seq }) => seq));
      for (const { events, saves, weight, experiment: proof } of ranked) {
        expect(events.length > 0 && events.every((event) => numbers.has(event))).toBe(true);
        expect(saves).not.toBe('');
        expect(proof === null).toBe(weight === 'proven');
      }
      for (const { name } of own.filter(({ weight }) => weight === 'proven'))
        expect(
          own.filter((other) => other.name !== name && EXPLAINS.get(other.name) === EXPLAINS.get(name)),
          `${name} is proven beside another that explains the same`,
        ).toEqual([]);
      expect(JSON.stringify(cause)).not.toMatch(/-\d+(?:\.\d+)? (?:s|min)\b|\b60(?:\.0)? s\b/);
      for (const pair of EXCLUSIVE)
        expect(
          pair.filter((name) => own.some((each) => each.name === name && each.weight === 'proven')).length,
        ).toBeLessThan(2);
      const ats = cause.moments.map(({ at }) => at);
      expect(ats).toEqual(ats.toSorted((a, b) => a - b));
      expect(judge(journal).cause).toEqual(cause);
    }),
    { numRuns: Math.max(RUNS, 300) },
  );
  expect([...reasons]).toContain('lost');
  expect([...reasons]).toContain('not-drained');
});
