import { setMaxListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createObserver } from '../../src/drill/observer.ts';
import type { Read } from '../../src/journal/events.ts';
import { keyOf } from '../../src/model/world.ts';
import type { DrillState } from '../../src/state/state.ts';
import type { Ask } from '../../src/state/step.ts';
import { createMergingObserver } from '../../src/parallel/merging-observer.ts';
import { mergeBuildkiteReads, mergeEcsReads } from '../../src/parallel/merged-reads.ts';
import type { DrillPorts, Observation } from '../../src/drill/ports.ts';
import { createMemoryJournal } from '../../src/journal/file.ts';
import { estimateWatch } from '../../src/state/points.ts';
import { BUDGET } from '../../src/scenario/subjects.ts';
import { fresh, paced } from '../../src/state/step.ts';
import { aBuild, aJob, anAgent, aTask, BUILD_ID, JOB_ID, NOON, TASK_ARN } from '../support/builders.ts';
import { fakeAutoScaling } from '../support/fake-auto-scaling.ts';
import { fakeBuildkite } from '../support/fake-buildkite.ts';
import { fakeCommand } from '../support/fake-command.ts';
import { fakeCounters } from '../support/fake-counters.ts';
import { fakeEcs } from '../support/fake-ecs.ts';
import { fakeFis } from '../support/fake-fis.ts';
import { fakeSurroundings } from '../support/fake-surroundings.ts';
import { guardedState } from '../support/guarded.ts';
import { fact } from '../support/journal-builders.ts';
import { manualClock } from '../support/manual-clock.ts';
import { testDigest } from '../support/digests.ts';

const idOf = (id: string, nth: number): string => `${id.slice(0, -3)}${String(nth).padStart(3, '0')}`;

/** As the signal of a game day: any number of reads listen to it. */
function neverAborts(): AbortSignal {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  return signal;
}

/** So many drills with a build and a task each, on one clock, one Buildkite and one ECS. */
function together(count: number) {
  const clock = manualClock(NOON + 1_000);
  const ids = Array.from({ length: count }, (_, nth) => nth);
  const buildkite = fakeBuildkite({
    builds: ids.map((nth) => aBuild({ id: idOf(BUILD_ID, nth), number: nth + 1 })),
    jobs: ids.map((nth) => aJob({ id: idOf(JOB_ID, nth), buildId: idOf(BUILD_ID, nth), events: [] })),
    agents: [anAgent()],
  });
  const ecs = fakeEcs({ tasks: ids.map((nth) => aTask({ arn: idOf(TASK_ARN, nth) })) });
  const merged = { buildkite: mergeBuildkiteReads(buildkite, clock), ecs: mergeEcsReads(ecs, clock) };
  const observer = createMergingObserver(clock);
  const drills = ids.map((nth) => {
    const given: Omit<DrillPorts, 'observer'> = {
      ...merged,
      surroundings: fakeSurroundings(),
      autoScaling: fakeAutoScaling(),
      fis: fakeFis(),
      command: fakeCommand(),
      counters: fakeCounters(),
      clock,
      journal: createMemoryJournal(`drill-${nth}`, [], clock.now),
      person: { confirm: async () => false },
      digest: testDigest,
    };
    const build = { kind: 'build', id: idOf(BUILD_ID, nth) } as const;
    const task = { kind: 'task', id: idOf(TASK_ARN, nth) } as const;
    const known = buildkite.world.builds.get(build.id) ?? aBuild();
    const state: DrillState = {
      ...guardedState({ facts: [fact('build', known, build.id)] }),
      phase: 'armed',
      inFlightSince: {},
    };
    return { ...observer.join(given), state, build, task };
  });
  return { clock, buildkite, ecs, drills, leave: observer.leave, never: neverAborts() };
}

type Drill = ReturnType<typeof together>['drills'][number];

/** What a drill knows after an observation. */
function learn(state: DrillState, { reads, facts }: Observation): DrillState {
  const marks = { ...state.marks };
  for (const { subject, sentAt, answeredAt } of reads)
    marks[keyOf(subject)] = { ...NO_MARK, triedAt: sentAt, okSentAt: sentAt, okAnsweredAt: answeredAt };
  return {
    ...state,
    marks,
    world: { ...state.world, ...Object.fromEntries(facts.map((one) => [keyOf(one), one])) },
  };
}
const NO_MARK = { trouble: null, failingSince: null } as unknown as DrillState['marks'][string];

/** Lets a drill poll until then, as the loop of a drill does; gives every read, and the states of its build in the order in which it learned them. */
async function watch(
  { observer, state }: Pick<Drill, 'observer' | 'state'>,
  asks: readonly Ask[],
  until: number,
  now: () => number,
) {
  const never = neverAborts();
  const [reads, states]: [Read[], string[]] = [[], []];
  let known = state;
  while (now() < until) {
    const observation = await observer.observe(known, asks, until, never);
    reads.push(...observation.reads);
    for (const one of observation.facts) if (one.kind === 'build') states.push(one.value.state);
    known = learn(known, observation);
  }
  return { reads, states };
}

const first = <T>([one]: readonly T[]): T => {
  if (one === undefined) throw new Error('there is none');
  return one;
};

describe('the Observer of many drills', () => {
  it('polls a single drill at its pace', async () => {
    const { clock, drills, ecs } = together(1);
    const drill = first(drills);
    await watch(drill, [paced(drill.task, 2_000)], NOON + 11_000, clock.now);
    expect(ecs.count('tasks')).toBeGreaterThanOrEqual(5);
    expect(ecs.count('tasks')).toBeLessThanOrEqual(6);
  });

  it('asks for the builds and tasks of many drills in few requests, though they began apart', async () => {
    const { clock, drills, buildkite, ecs, never } = together(40);
    const until = NOON + 61_000;
    await Promise.all(
      drills.map(async (drill, nth) => {
        await clock.sleep(nth * 37, never);
        await watch(drill, [paced(drill.build, 10_000), paced(drill.task, 2_000)], until, clock.now);
      }),
    );
    // Each alone would ask seven times after its build and thirty times after its task.
    expect(buildkite.count('build') + buildkite.count('builds')).toBeLessThan(2 * 40);
    expect(ecs.count('tasks')).toBeLessThan(2 * 40);
  });

  it('stamps a read with the times of its request, and answers nothing fresh from an older one', async () => {
    const { clock, drills, buildkite, never } = together(2);
    const requests: number[] = [];
    const { build } = buildkite;
    buildkite.build = async (...args) => {
      requests.push(clock.now());
      await clock.sleep(3_000, never);
      return build(...args);
    };
    const drill = first(drills);
    const asked = [clock.now(), clock.now() + 1_000];
    const [early, late] = await Promise.all(
      asked.map(async (at) => {
        await clock.sleep(at - clock.now(), never);
        return drill.observer.observe(drill.state, [fresh(drill.build)], at, never);
      }),
    );
    expect(requests).toHaveLength(2);
    for (const observation of [early, late])
      for (const { sentAt, answeredAt } of observation?.reads ?? []) {
        expect(requests.some((at) => Math.abs(at - sentAt) <= 1)).toBe(true);
        expect(answeredAt - sentAt).toBeGreaterThanOrEqual(3_000);
      }
    const last = Math.max(...[early, late].flatMap((one) => one?.reads ?? []).map(({ sentAt }) => sentAt));
    expect(last).toBeGreaterThanOrEqual(first(asked.slice(1)));
  });

  it('tells each drill the same as an Observer of its own does', async () => {
    const changes = fc.array(fc.record({ nth: fc.nat(4), state: fc.constantFrom(...STATES) }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(changes, async (script) => {
        const told = async (isTogether: boolean) => {
          const { clock, drills, buildkite } = together(5);
          script.forEach(({ nth, state }, index) =>
            clock.at(NOON + 2_000 + index * 5_000, () =>
              buildkite.setBuild(idOf(BUILD_ID, nth), { state, rawState: state.toUpperCase() }),
            ),
          );
          const watched = drills.map((drill) => {
            const asks = [paced(drill.build, 2_000), paced(drill.task, 2_000)];
            const of = isTogether
              ? drill
              : { ...drill, observer: createObserver({ ...drill, buildkite }, clock, testDigest) };
            return watch(of, asks, NOON + 70_000, clock.now);
          });
          return (await Promise.all(watched)).map(({ states }) => states);
        };
        expect(await told(true)).toEqual(await told(false));
      }),
      { numRuns: 12 },
    );
  });

  it('never spends more than the share, and lets no drill starve', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 30 }),
        fc.integer({ min: 0, max: 5 }),
        async (count, near) => {
          const { clock, drills, buildkite } = together(count);
          // What a build costs, and what comes back in five minutes.
          const sent: number[] = [];
          const { builds, build } = buildkite;
          buildkite.builds = (uuids, ...args) => {
            sent.push(...uuids.map(() => clock.now()));
            return builds(uuids, ...args);
          };
          buildkite.build = (...args) => {
            sent.push(clock.now());
            return build(...args);
          };
          buildkite.budget = () => {
            const recent = 5 * sent.filter((at) => at > clock.now() - 300_000).length;
            const user = { limit: 400, remaining: 400 - recent, resetsIn: 1_000 };
            return {
              user,
              organization: null,
              recent,
              points: 0,
              requests: 0,
              lowest: { user: null, organization: null },
            };
          };
          const { join } = createMergingObserver(clock);
          const merged = mergeBuildkiteReads(buildkite, clock);
          const watched = await Promise.all(
            drills.map((drill, nth) => {
              const state = nth < near ? { ...drill.state, phase: 'observing' as const } : drill.state;
              const { observer } = join({ ...drill, buildkite: merged });
              return watch({ observer, state }, [paced(drill.build, 2_000)], NOON + 900_000, clock.now);
            }),
          );
          for (const at of sent) {
            const inWindow = sent.filter((other) => other > at - 300_000 && other <= at).length;
            expect(5 * inWindow).toBeLessThanOrEqual(200);
          }
          for (const { reads } of watched) expect(reads.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 10 },
    );
  });
});

describe('what the watches of others need', () => {
  const askBudget = async ({ observer, state }: Pick<Drill, 'observer' | 'state'>) => {
    const { facts } = await observer.observe(state, [fresh(BUDGET)], Infinity, neverAborts());
    return facts.flatMap((one) => (one.kind === 'budget' ? [one.value.reserved] : []));
  };

  it('is not left for a drill that comes later, until they have ended', async () => {
    const { drills, leave } = together(3);
    const [one, other, waiting] = drills as [Drill, Drill, Drill];
    const near = ({ observer, state }: Drill) => ({
      observer,
      state: { ...state, phase: 'aiming' as const },
    });
    const need = estimateWatch(one.state);
    expect(need).toBeGreaterThan(0);
    // The first to come near an edge was promised its points, and waits for nobody.
    expect(await askBudget(near(one))).toEqual([undefined]);
    expect(await askBudget(near(other))).toEqual([need]);
    expect(await askBudget(waiting)).toEqual([2 * need]);
    expect(await askBudget(near(one))).toEqual([undefined]);
    leave(one.journal);
    expect(await askBudget(near(other))).toEqual([undefined]);
    expect(await askBudget(waiting)).toEqual([need]);
  });
});

const STATES = ['running', 'failing', 'passed', 'canceled', 'scheduled'] as const;
