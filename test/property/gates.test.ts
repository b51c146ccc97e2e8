import '../support/seed.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hasTrulyPassed } from '../../src/evidence/attempts.ts';
import { eventsOf } from '../../src/journal/events.ts';
import type { Service } from '../../src/model/entities/task.ts';
import { fold } from '../../src/state/state.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { fleet, taskOf, type FleetOptions } from '../faults/fleet.ts';
import { aService } from '../support/builders.ts';
import { RunnerDied, type Theatre } from '../support/theatre.ts';
import { RUNS } from './runs.ts';

const SERVICE = 'build-agents';
const COUNT = 3;

function change({ ecs }: Theatre, over: (service: Service) => Partial<Service>): void {
  const service = ecs.world.services.get(SERVICE);
  if (service !== undefined) ecs.world.services.set(SERVICE, { ...service, ...over(service) });
}

/** Begins a deployment, which the scheduler of the fleet rolls out. */
function deploy(stage: Theatre): void {
  change(stage, ({ deployments: [model, ...others] }) => {
    const former = model ?? aService().deployments[0];
    if (former === undefined) return {};
    const begun = { ...former, rolloutState: 'IN_PROGRESS', running: 0, createdAt: stage.clock.now() };
    const old = [former, ...others].map((one) => ({ ...one, status: 'ACTIVE' }));
    return { deployments: [{ ...begun, id: `ecs-svc/${String(2 + others.length)}` }, ...old] };
  });
}

function stopByHand({ ecs, clock }: Theatre, n: number): void {
  if (ecs.world.tasks.get(taskOf(n))?.desired !== 'RUNNING') return;
  const byHand = { desired: 'STOPPED', stopCode: 'UserInitiated', stoppedReason: 'by hand' } as const;
  ecs.setTask(taskOf(n), { ...byHand, stoppingAt: clock.now() });
}

/** What happens so many milliseconds after the command's start. */
interface Deed {
  readonly after: number;
  readonly does: 'deploy' | 'scale-in' | 'stop-by-hand';
  readonly n: number;
}

const deed = fc.record({
  after: fc.constantFrom(0, 300, 1_000, 4_900, 9_000, 20_000),
  does: fc.constantFrom<Deed['does'][]>('deploy', 'scale-in', 'stop-by-hand'),
  n: fc.integer({ min: 1, max: COUNT }),
});
const RELEASE: Deed = { after: 1_500, does: 'deploy', n: 1 };
/** Mostly what a release is, so that gates pass too. */
const mostly = <T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

const given = fc.record({
  deeds: fc
    .tuple(mostly<readonly Deed[]>([RELEASE], fc.constant([])), fc.array(deed, { maxLength: 2 }))
    .map((both) => both.flat()),
  /** Null: it hangs until its limit. */
  lasts: mostly<number | null>(5_000, fc.constantFrom(0, 300, 12_000, null)),
  exitCode: mostly(0, fc.constant(1)),
  touched: fc.constantFrom<('all' | 'some')[]>('all', 'some'),
  deaf: mostly<readonly number[]>([], fc.constantFrom([1], [2], [3])),
  /** After how many events the runner dies or is told to end. */
  ends: mostly<readonly (readonly [number, 'written' | 'unwritten' | 'SIGTERM'])[]>(
    [],
    fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.constantFrom('written', 'unwritten', 'SIGTERM')), {
      minLength: 1,
      maxLength: 2,
    }),
  ),
});
type Given = typeof given extends fc.Arbitrary<infer T> ? T : never;

const ACTS: Readonly<Record<Deed['does'], (stage: Theatre, n: number) => void>> = {
  deploy,
  'scale-in': (stage) => change(stage, ({ desired }) => ({ desired: Math.max(1, desired - 1) })),
  'stop-by-hand': stopByHand,
};

function optionsOf({ deeds, lasts, exitCode, touched, deaf }: Given): FleetOptions {
  return {
    inject: { fault: 'command', command: ['./deploy'], limit: 10_000 },
    scenario: {
      build: { count: COUNT },
      when: { inFlightFor: 2_000 },
      safety: { tasks: COUNT },
      expect: { touched },
      limits: { verdictWithin: 400_000, pollEvery: 2_000 },
    },
    deaf,
    staged: { runsFor: 60_000 },
    set(stage) {
      for (const { world } of [stage.ecs, stage.buildkite]) world.clock = { offset: 0, uncertainty: 100 };
      stage.command.does = () => {
        const start = stage.clock.now();
        for (const { after, does, n } of deeds) stage.clock.at(start + after, () => ACTS[does](stage, n));
        if (lasts !== null) stage.clock.at(start + lasts, () => stage.command.exit(exitCode));
      };
    },
  };
}

/** A gate through all of that, taken up again each time it ended too early. */
async function through(one: Given): Promise<Theatre> {
  const stage = fleet(optionsOf(one));
  for (const [at, how] of one.ends) {
    if (stage.journal.events.length >= at) continue;
    const stop = new AbortController();
    if (how !== 'SIGTERM') stage.dieAt(at, how);
    await stage
      .run(stop.signal, ({ seq }) => {
        if (how === 'SIGTERM' && seq === at) stop.abort('SIGTERM');
      })
      .catch((error: unknown) => {
        if (!(error instanceof RunnerDied)) throw error;
      });
    stage.cutTo(Infinity);
    stage.command.forget();
  }
  const state = await stage.run();
  expect(state.phase).toBe('judged');
  expect(state).toEqual(fold(stage.journal.events));
  return stage;
}

it('any gate runs its command once at the most, and passes only what it may', async () => {
  const verdicts = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(given, async (one) => {
      const stage = await through(one);
      const { events } = stage.journal;
      const result = summarizeDrill(events, null);
      const { outcome, reason } = result;
      verdicts.set(reason, (verdicts.get(reason) ?? 0) + 1);
      expect(reason).not.toBe('internal');
      expect(stage.command.started.length).toBeLessThanOrEqual(1);
      expect(eventsOf(events, 'GD_SETTLED')).toHaveLength(1);
      const stopped = [...stage.ecs.world.tasks.values()].filter(({ stopCode }) => stopCode !== null);
      const byHand = stopped.filter(({ stopCode }) => stopCode === 'UserInitiated');
      // Nobody but the scheduler is answered for.
      expect(result.fleet?.tasksHit ?? 0).toBeLessThanOrEqual(stopped.length - byHand.length);
      if (outcome === 'failed') {
        // No build is lost but where a deaf worker was stopped.
        expect(stopped.map(({ arn }) => arn)).toEqual(expect.arrayContaining(one.deaf.map(taskOf)));
        expect(one.deaf).toHaveLength(1);
      }
      if (outcome !== 'passed') return;
      expect(result.command).toMatchObject({ state: 'ended', exitCode: 0, signal: null, endedBy: null });
      expect([one.exitCode, (one.lasts ?? Infinity) < 10_000]).toEqual([0, true]);
      const deaf = stopped.filter(({ arn }) => one.deaf.map(taskOf).includes(arn));
      expect([deaf, byHand]).toEqual([[], []]);
      // What the deeds of the command's own time can have caused, with two seconds for the clocks.
      const last = (one.lasts ?? 0) + 2_000;
      expect(one.deeds.some(({ does, after }) => does !== 'stop-by-hand' && after <= last)).toBe(true);
      const hit = result.builds.filter((build) => build.hit > 0);
      expect(hit.length).toBeGreaterThanOrEqual(one.touched === 'all' ? COUNT : 1);
      for (const build of hit) expect(build).toMatchObject({ state: 'PASSED', lost: 0, masked: 0 });
      for (const job of stage.buildkite.world.jobs.values()) expect(hasTrulyPassed(job)).toBe(true);
    }),
    { numRuns: Math.ceil(RUNS / 4) },
  );
  // Else the cases would be of one kind.
  expect(verdicts.size).toBeGreaterThan(2);
  expect(verdicts.get('drained')).toBeGreaterThan(0);
});
