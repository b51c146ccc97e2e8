import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byAgent,
  byBuildkite,
  byEcs,
  byInstance,
  byRunner,
  clocksOf,
  shiftStamp,
  type Stamp,
} from '../../src/evidence/clocks.ts';
import { evidenceOf, type Evidence } from '../../src/evidence/evidence.ts';
import { createOffsetMeter } from '../../src/http/offset.ts';
import { RUNS } from '../property/runs.ts';
import { AGENT_ID, aJob, NOON } from '../support/builders.ts';
import { caseOf } from '../support/asking.ts';
import {
  clocks,
  fact,
  FINISHED,
  journalOf,
  read,
  STARTED,
  story,
  T,
  type Told,
} from '../support/journal-builders.ts';

const evidence = (told: Told = {}): Evidence => caseOf({ job: null, ...told }).evidence;
const apart = (told: Told, a: Stamp, b: Stamp): readonly [number, number] => {
  const { ms, error } = clocksOf(evidence(told)).distance(a, b);
  return [ms, error];
};
const runner = (at: number): Stamp => ({ at, clock: 'runner:0' });

describe('the offset of a service', () => {
  it.each<[string, Told, readonly [number, number]]>([
    ['is what its Date headers tell', { clocks: clocks(7_000, 0, 400) }, [-7_000, 400]],
    [
      'lies where all that was read of it overlaps',
      { clocks: clocks(0, 0, 500), after: clocks(500, 0, 200) },
      [-400, 100],
    ],
    [
      'may be anything between two that contradict each other: a clock was set',
      { clocks: clocks(0, 0, 100), after: clocks(6_000, 0, 100) },
      [-3_000, 3_100],
    ],
    [
      "is known by way of ECS's where Buildkite sends no Date, but not how far these are apart",
      { clocks: clocks(0, 0).slice(1) },
      [0, Infinity],
    ],
    ['is unknown without any Date', { clocks: [] }, [0, Infinity]],
  ])('%s', (_title, told, expected) => {
    expect(apart(told, runner(NOON), byBuildkite(NOON))).toEqual(expected);
  });

  it('of ECS against Buildkite is the difference of both against the runner', () => {
    expect(apart({ clocks: clocks(1_000, 4_000, 300) }, byEcs(NOON), byBuildkite(NOON))).toEqual([
      3_000, 600,
    ]);
  });

  it('of a host of Fargate is that of ECS, and half a second; of an EC2 instance nobody knows it', () => {
    const told = { clocks: clocks(0, 0, 100) };
    const fargate = byInstance(NOON, { instanceArn: null });
    const instance = byInstance(NOON, { instanceArn: 'arn:1' });
    expect(apart(told, fargate, byBuildkite(NOON))).toEqual([0, 700]);
    expect(apart(told, instance, byBuildkite(NOON))).toEqual([0, Infinity]);
    expect(clocksOf(evidence(told)).order(instance, byEcs(NOON + 3_600_000))).toBe('cannot tell');
    expect(clocksOf(evidence(told)).order(instance, shiftStamp(instance, 1))).toBe('before');
  });
});

describe('a drill that another process took up', () => {
  it('has a clock of the runner for each of them', () => {
    const resumed = journalOf([
      ...story({ clocks: clocks(0, 0), job: null }).map(
        ({ at, code, payload }) => [at, { code, payload } as never] as const,
      ),
      [T.looked + 100, { code: 'GD_RESUMED', payload: { runner: '0.1.0', after: 9 } }],
      [
        T.looked + 400_000,
        {
          code: 'GD_OBSERVED',
          payload: { reads: [read('build', 'x', T.looked)], facts: [...clocks(-300_000, -300_000)] },
        },
      ],
    ]);
    const one = evidenceOf(resumed);
    const last = resumed.at(-1)?.seq ?? 0;
    expect([byRunner(one, NOON, 3), byRunner(one, NOON, last)].map(({ clock }) => clock)).toEqual([
      'runner:0',
      'runner:1',
    ]);
    const { distance, order } = clocksOf(one);
    expect(distance(byRunner(one, NOON, 3), byBuildkite(NOON))).toMatchObject({ ms: 0, error: 100 });
    expect(distance(byRunner(one, NOON + 300_000, last), byBuildkite(NOON))).toMatchObject({
      ms: 0,
      error: 100,
    });
    expect(order(byRunner(one, NOON, 3), byRunner(one, NOON + 200_000, last))).toBe('after');
    expect(distance(byEcs(NOON), byBuildkite(NOON))).toMatchObject({ ms: 0, error: 200 });
  });
});

describe("an agent's clock", () => {
  const told = (startedAt: number | null, finishedAt: number | null, events = [STARTED, FINISHED]): Told => ({
    before: [],
    job: { startedAt, finishedAt, events },
  });
  const own = byAgent(NOON, AGENT_ID);
  it.each<[string, Told, readonly [number, number]]>([
    [
      'is ahead by what both say of a start, which is told within 2 s',
      told(T.running + 7_000, null),
      [8_000, 1_000],
    ],
    [
      'is ahead by an end at least, and more than its start says',
      told(T.running + 7_000, T.finished + 7_900),
      [8_900, 1_000],
    ],
    ['is not bounded from above by an end alone', told(null, T.finished + 7_000), [0, Infinity]],
    [
      'is not told by what Buildkite itself wrote',
      told(T.running, null, [{ ...STARTED, actor: 'system' }]),
      [0, Infinity],
    ],
  ])('%s', (_title, one, expected) => {
    const { evidence: seen } = caseOf({
      ...one,
      proof: null,
      before: [fact('job', aJob({ startedAt: null }))],
    });
    const { ms, error } = clocksOf(seen).distance(own, byBuildkite(NOON));
    expect([ms, error]).toEqual(expected);
  });

  it('of an agent that had no job is unknown', () => {
    expect(clocksOf(evidence()).order(byAgent(NOON, 'another'), byBuildkite(NOON + 3_600_000))).toBe(
      'cannot tell',
    );
  });
});

describe('the order', () => {
  it.each<[string, Told, Stamp, Stamp, string, string]>([
    ['one clock is exact', {}, byEcs(NOON), byEcs(NOON + 1), 'before', 'before'],
    ['one clock is exact, also backwards', {}, byBuildkite(NOON + 1), byBuildkite(NOON), 'after', 'after'],
    ['the same instant of one clock', {}, byEcs(NOON), byEcs(NOON), 'cannot tell', 'cannot tell'],
    [
      'two clocks, 2 s',
      { clocks: clocks(0, 0, 0) },
      byEcs(NOON),
      byBuildkite(NOON + 2_000),
      'cannot tell',
      'before',
    ],
    [
      'two clocks, more',
      { clocks: clocks(0, 0, 0) },
      byEcs(NOON),
      byBuildkite(NOON + 2_001),
      'before',
      'before',
    ],
    ['the other way', { clocks: clocks(0, 0, 0) }, byEcs(NOON + 2_001), byBuildkite(NOON), 'after', 'after'],
    [
      'a quarter second',
      { clocks: clocks(0, 0, 0) },
      byEcs(NOON),
      byBuildkite(NOON + 250),
      'cannot tell',
      'cannot tell',
    ],
    [
      'more than that',
      { clocks: clocks(0, 0, 0) },
      byEcs(NOON),
      byBuildkite(NOON + 251),
      'cannot tell',
      'before',
    ],
    [
      'within an error of 3 s',
      { clocks: clocks(0, 0, 1_500) },
      byEcs(NOON),
      byBuildkite(NOON + 3_000),
      'cannot tell',
      'cannot tell',
    ],
    [
      'beyond it',
      { clocks: clocks(0, 0, 1_500) },
      byEcs(NOON),
      byBuildkite(NOON + 3_001),
      'before',
      'before',
    ],
    [
      'raw numbers say the contrary',
      { clocks: clocks(60_000, 0) },
      byEcs(NOON),
      byBuildkite(NOON + 50_000),
      'after',
      'after',
    ],
  ])('%s', (_title, told, a, b, expected, asMeasured) => {
    const { order, orderAsMeasured } = clocksOf(evidence(told));
    expect([order(a, b), orderAsMeasured(a, b)]).toEqual([expected, asMeasured]);
  });
});

describe('whatever the clocks are apart', () => {
  const ahead = fc.oneof(
    fc.integer({ min: -300_000, max: 300_000 }),
    fc.constantFrom(0, 7_000, -7_000, 60_000, -60_000, 300_000),
  );
  const trip = fc.tuple(
    fc.integer({ min: 0, max: 60_000 }),
    fc.integer({ min: 0, max: 3_000 }),
    fc.integer({ min: 0, max: 3_000 }),
  );
  const drawn = fc.record({
    runnerAhead: ahead,
    ecsAhead: ahead,
    hostAhead: ahead,
    trips: fc.array(trip, { minLength: 1, maxLength: 6 }),
    startRequest: fc.integer({ min: 0, max: 2_000 }),
    upload: fc.integer({ min: 0, max: 20_000 }),
    instants: fc.tuple(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 0, max: 30_000 })),
  });

  it('an order that is told is the true one', () => {
    let told = 0;
    fc.assert(
      fc.property(drawn, ({ runnerAhead, ecsAhead, hostAhead, trips, startRequest, upload, instants }) => {
        const facts = (['buildkite', 'ecs'] as const).flatMap((service) => {
          const meter = createOffsetMeter();
          for (const [at, there, back] of trips) {
            const server = NOON + at + there + (service === 'ecs' ? ecsAhead : 0);
            const date = new Date(Math.floor(server / 1000) * 1000).toUTCString();
            meter.take(date, NOON + at + runnerAhead, NOON + at + there + back + runnerAhead);
          }
          const offset = meter.read();
          return offset === null ? [] : [fact('clock', offset, service)];
        });
        const seen = evidence({
          clocks: facts,
          proof: null,
          before: [fact('job', aJob({ startedAt: null }))],
          job: {
            startedAt: NOON + hostAhead,
            finishedAt: NOON + 20_000 + hostAhead,
            events: [
              { ...STARTED, at: NOON + startRequest },
              { ...FINISHED, at: NOON + 20_000 + upload },
            ],
          },
        });
        const stamps = (at: number): readonly Stamp[] => [
          byBuildkite(NOON + at),
          byEcs(NOON + at + ecsAhead),
          byAgent(NOON + at + hostAhead, AGENT_ID),
          byRunner(seen, NOON + at + runnerAhead, 3),
        ];
        const { order, orderAsMeasured } = clocksOf(seen);
        const [first, second] = instants;
        const contrary = first < second ? 'after' : first > second ? 'before' : 'never';
        for (const a of stamps(first))
          for (const b of stamps(second)) {
            if (order(a, b) !== 'cannot tell') told += 1;
            if (a.clock !== b.clock && first === second) expect(order(a, b)).toBe('cannot tell');
            expect([order(a, b), orderAsMeasured(a, b)]).not.toContain(contrary);
          }
      }),
      { numRuns: RUNS },
    );
    expect(told).toBeGreaterThan(RUNS);
  });
});
