import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideStep } from '../../src/drill/decide.ts';
import { fold } from '../../src/state/state.ts';
import type { Trouble } from '../../src/model/answer.ts';
import { eventsOf, type DrillEvent } from '../../src/journal/events.ts';
import { AGENT_ID, aContainer, aService, BUILD_ID, TASK_ARN } from '../support/builders.ts';
import { planOf } from '../support/plans.ts';
import { OPENING, OTHER_TASK, RunnerDied, theatre, type Staged, type Theatre } from '../support/theatre.ts';
import { mayBeDrained, mayBeHandedOver } from './oracle.ts';
import { RUNS } from './runs.ts';

const KINDS = [
  'unauthorized',
  'denied',
  'unreachable',
  'timeout',
  'rate-limited',
  'not-found',
  'refused',
  'garbage',
  'server-error',
] as const;
const trouble: fc.Arbitrary<Trouble> = fc.record({
  kind: fc.constantFrom(...KINDS),
  message: fc.constant('random'),
  retryAfter: fc.constantFrom(null, null, 5_000, 90_000),
});
type Mishap = (stage: Theatre) => void;
/** Somebody's deployment takes the service's tasks away. */
const ROLLING = {
  deployments: [{ id: 'ecs-svc/2' }, { status: 'ACTIVE' }].map((over) => ({
    ...{
      id: 'ecs-svc/1',
      status: 'PRIMARY',
      rolloutState: 'IN_PROGRESS',
      desired: 2,
      running: 2,
      pending: 0,
    },
    ...over,
  })),
};
const BUILDKITE = ['pipeline', 'build', 'buildOfDrill', 'job', 'agent', 'agentsWithTag'] as const;
const ECS = ['cluster', 'service', 'tasks', 'taskDefinition', 'recentStops'] as const;
const AROUND = ['self', 'killSwitch', 'lock', 'pastInjections'] as const;
const count = fc.constantFrom(1, 2, 5, Infinity);
const sending = fc.record({ trouble, acted: fc.boolean(), times: fc.constantFrom(1, 2, 3) });
const when = fc.integer({ min: 0, max: 60_000 });

const mishap: fc.Arbitrary<Mishap> = fc.oneof(
  fc.tuple(fc.constantFrom(...BUILDKITE), trouble, count, when).map(
    ([on, how, times, at]): Mishap =>
      ({ buildkite, clock }) =>
        clock.at(OPENING + at, () => buildkite.fail(on, { trouble: how, times })),
  ),
  fc.tuple(fc.constantFrom(...ECS), trouble, count, when).map(
    ([on, how, times, at]): Mishap =>
      ({ ecs, clock }) =>
        clock.at(OPENING + at, () => ecs.fail(on, { trouble: how, times })),
  ),
  fc.tuple(fc.constantFrom(...AROUND), trouble, when).map(
    ([on, how, at]): Mishap =>
      ({ surroundings, clock }) =>
        clock.at(OPENING + at, () => surroundings.fail(on, { trouble: how, times: Infinity })),
  ),
  sending.map(
    ({ trouble: how, acted, times }): Mishap =>
      ({ ecs }) =>
        ecs.fail('stopTask', { trouble: how, times, acted, certainty: acted ? 'unknown' : 'refused' }),
  ),
  sending.map(
    ({ trouble: how, times }): Mishap =>
      ({ ecs }) =>
        ecs.fail('stopTask', { trouble: how, times, certainty: 'unknown' }),
  ),
  sending.map(
    ({ trouble: how, acted }): Mishap =>
      ({ buildkite }) =>
        buildkite.fail('createBuild', { trouble: how, acted }),
  ),
  when.map(
    (at): Mishap =>
      ({ clock, ecs }) =>
        clock.at(OPENING + at, () => {
          if (!ecs.world.tasks.has(TASK_ARN)) return;
          const by = { stopCode: 'UserInitiated', stoppedReason: 'by hand', stoppingAt: clock.now() };
          ecs.setTask(TASK_ARN, { desired: 'STOPPED', ...by });
        }),
  ),
  when.map(
    (at): Mishap =>
      ({ clock, ecs }) =>
        clock.at(OPENING + at, () => void ecs.world.tasks.delete(TASK_ARN)),
  ),
  when.map(
    (at): Mishap =>
      ({ clock, surroundings }) =>
        clock.at(OPENING + at, () => (surroundings.world.killSwitch = 'thrown')),
  ),
  when.map(
    (at): Mishap =>
      ({ clock, buildkite }) =>
        clock.at(OPENING + at, () => {
          if (buildkite.world.builds.has(BUILD_ID))
            buildkite.setBuild(BUILD_ID, { state: 'canceled', rawState: 'CANCELED' });
        }),
  ),
  when.map(
    (at): Mishap =>
      ({ clock, buildkite }) =>
        clock.at(OPENING + at, () =>
          buildkite.setAgent(AGENT_ID, { stoppedGracefullyBy: 'Ada', stoppedGracefullyAt: clock.now() }),
        ),
  ),
  fc
    .tuple(when, fc.constantFrom(ROLLING, { running: 3 }, { running: 1 }, { desired: 0, running: 0 }), when)
    .map(([from, over, lasts]): Mishap => ({ clock, ecs }) => {
      clock.at(OPENING + from, () => void ecs.world.services.set('build-agents', aService(over)));
      clock.at(OPENING + from + lasts, () => void ecs.world.services.set('build-agents', aService()));
    }),
  fc.constant<Mishap>(({ buildkite }) => buildkite.setAgent(AGENT_ID, { tags: {} })),
  fc.constant<Mishap>(({ ecs }) => (ecs.world.ignoresStops = true)),
  fc.constant<Mishap>(({ person }) => (person.says = false)),
);
type Worker = NonNullable<Staged['onStop']>;
const worker: fc.Arbitrary<Worker> = fc.oneof(
  fc.integer({ min: 0, max: 40_000 }).map(
    (after): Worker =>
      (stage) =>
        stage.drain(after),
  ),
  fc.integer({ min: 0, max: 40_000 }).map(
    (after): Worker =>
      (stage) =>
        stage.drain(after, { passed: false }),
  ),
  fc.integer({ min: 0, max: 40_000 }).map(
    (after): Worker =>
      (stage) =>
        stage.die(after, 20_000),
  ),
  fc.constantFrom(0, 137, 143, null).map(
    (exitCode): Worker =>
      ({ ecs, clock }) =>
        clock.at(clock.now() + 9_000, () => {
          if (ecs.world.tasks.has(TASK_ARN))
            ecs.setTask(TASK_ARN, {
              status: 'STOPPED',
              stoppedAt: clock.now(),
              containers: [aContainer({ status: 'STOPPED', exitCode })],
            });
        }),
  ),
  fc.constant<Worker>(() => undefined),
);
interface Given {
  readonly mishaps: readonly Mishap[];
  readonly worker: Worker;
  readonly startsAfter: number | null;
  readonly runsFor: number | null;
  readonly lag: number;
  readonly attempts: number;
  readonly consent: 'yes' | 'ask' | 'refuse';
  readonly handover: 'forbidden' | 'allowed';
  /** After how many events the runner dies or is told to end, and how. */
  readonly ends: readonly (readonly [number, 'written' | 'unwritten' | 'SIGINT'])[];
  readonly pause: number;
}
const given: fc.Arbitrary<Given> = fc.record({
  mishaps: fc.array(mishap, { maxLength: 3 }),
  worker,
  startsAfter: fc.constantFrom(0, 2_000, 9_000, null),
  runsFor: fc.constantFrom(null, null, 500, 4_000, 12_000, 40_000),
  lag: fc.constantFrom(0, 0, 20, 900),
  attempts: fc.constantFrom(1, 3),
  consent: fc.constantFrom('yes', 'yes', 'ask', 'refuse'),
  handover: fc.constantFrom('forbidden', 'allowed'),
  ends: fc.array(
    fc.tuple(fc.integer({ min: 1, max: 40 }), fc.constantFrom('written', 'unwritten', 'SIGINT')),
    { maxLength: 2 },
  ),
  pause: fc.constantFrom(0, 5_000, 120_000),
});

/** A drill through all of that, taken up again each time it ended too early. */
async function through(one: Given): Promise<Theatre> {
  const { startsAfter, runsFor, lag, attempts, consent, handover } = one;
  const stage = theatre({
    plan: planOf(
      {
        when: { attempts, startWithin: 60_000 },
        limits: { verdictWithin: 120_000, pollEvery: 4_000 },
        expect: { handover },
      },
      { consent, lostAfter: 30_000 },
    ),
    startsAfter,
    runsFor,
    onStop: one.worker,
    ...(lag === 0 ? {} : { lag: () => lag }),
    set: (theatreOf) => {
      for (const happen of one.mishaps) happen(theatreOf);
    },
  });
  for (const [at, how] of one.ends) await early(stage, at, how, one.pause);
  const state = await stage.run();
  expect(state.phase).toBe('judged');
  expect(state).toEqual(fold(stage.journal.events));
  return stage;
}

async function early(
  stage: Theatre,
  at: number,
  how: 'written' | 'unwritten' | 'SIGINT',
  pause: number,
): Promise<void> {
  if (stage.journal.events.length >= at) return;
  const stop = new AbortController();
  if (how !== 'SIGINT') stage.dieAt(at, how);
  await stage
    .run(stop.signal, ({ seq }) => {
      if (how === 'SIGINT' && seq === at) stop.abort('SIGINT');
    })
    .catch((error: unknown) => {
      if (!(error instanceof RunnerDied)) throw error;
    });
  stage.cutTo(Infinity);
  stage.clock.pass(pause);
}

function before(journal: readonly DrillEvent[], seq: number): readonly DrillEvent[] {
  return journal.filter((event) => event.seq < seq);
}

/** Every stop that was intended had its gate, its target, its consent and its last instant. */
function wasAllowed(journal: readonly DrillEvent[]): void {
  for (const intent of eventsOf(journal, 'GD_FAULT_INTENDED')) {
    const earlier = before(journal, intent.seq);
    const [gate] = eventsOf(earlier, 'GD_GUARDS_ANSWERED').filter(({ payload }) => payload.at === 'gate');
    expect(gate?.payload.answers.every(({ holds, waits }) => holds || waits === true)).toBe(true);
    const chosen = eventsOf(earlier, 'GD_TARGET_CHOSEN').at(-1);
    expect(intent.payload.call).toMatchObject({ kind: 'stop-task', taskArn: chosen?.payload.target.taskArn });
    const last = eventsOf(earlier, 'GD_GUARDS_ANSWERED').at(-1);
    expect(last?.payload.at).toBe('last-instant');
    expect(last?.payload.answers.every(({ holds }) => holds)).toBe(true);
    expect(last?.seq).toBeGreaterThan(chosen?.seq ?? Infinity);
    expect(eventsOf(earlier, 'GD_CONFIRMED').at(-1)?.payload.answer).not.toBe('no');
    expect(eventsOf(earlier, 'GD_TARGET_REVERIFIED').at(-1)?.seq).toBeGreaterThan(last?.seq ?? Infinity);
    expect(eventsOf(earlier, 'GD_HALTED')).toEqual([]);
    const service = eventsOf(earlier, 'GD_OBSERVED')
      .flatMap(({ payload }) => payload.facts)
      .findLast((one) => one.kind === 'service');
    expect(service?.value.deployments).toHaveLength(1);
    expect(service?.value.running).toBeGreaterThan(1);
  }
}

describe('any drill, whatever happens to it', () => {
  it('injections only what it may, once, and ends', async () => {
    const verdicts = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(given, async (one) => {
        const stage = await through(one);
        const { events } = stage.journal;
        const state = fold(events);
        wasAllowed(events);
        expect(stage.ecs.world.landed.get(TASK_ARN) ?? 0).toBeLessThanOrEqual(1);
        expect(stage.ecs.world.landed.get(OTHER_TASK) ?? 0).toBe(0);
        expect(state.injections.filter(({ result }) => result !== 'refused').length).toBeLessThanOrEqual(2);
        expect(stage.buildkite.world.builds.size).toBeLessThanOrEqual(2);
        expect(eventsOf(events, 'GD_SETTLED')).toHaveLength(1);
        expect(events.at(-1)?.code).toBe('GD_JUDGED');
        const { outcome, reason } = state.verdict ?? { outcome: 'none', reason: 'none' };
        verdicts.set(reason, (verdicts.get(reason) ?? 0) + 1);
        if (outcome === 'passed')
          expect(reason === 'drained' ? mayBeDrained(events) : mayBeHandedOver(events)).toBe(true);
        if (state.injections.some(({ result }) => result !== 'refused'))
          expect(stage.buildkite.count('cancelBuild')).toBe(0);
        if (reason === 'internal' || outcome === 'none')
          throw new Error(`our own defect: ${state.halted?.said ?? ''}`);
      }),
      { numRuns: Math.ceil(RUNS / 2) },
    );
    expect(verdicts.size).toBeGreaterThan(3);
  });

  it('can be folded and decided from every prefix of its journal, always the same', async () => {
    await fc.assert(
      fc.asyncProperty(given, async (one) => {
        const { journal, clock } = await through(one);
        const stored = JSON.parse(JSON.stringify(journal.events)) as DrillEvent[];
        for (let kept = 1; kept <= stored.length; kept += 1) {
          const state = fold(stored.slice(0, kept));
          const now = stored[kept - 1]?.at ?? clock.now();
          const step = decideStep(state, now);
          expect(decideStep(fold(journal.events.slice(0, kept)), now)).toEqual(step);
          if (step.do === 'call' && step.call.kind === 'stop-task') expect(state.phase).toBe('aiming');
        }
      }),
      { numRuns: Math.ceil(RUNS / 20) },
    );
  });
});
