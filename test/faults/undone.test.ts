import { describe, expect, it } from 'vitest';
import { CALLS, MARKED } from '../../src/model/call.ts';
import { UNDO_TAG } from '../../src/model/entities/undo-mark.ts';
import { fold } from '../../src/state/state.ts';
import { hasBuildEnded } from '../../src/model/entities/build.ts';
import { listFacts } from '../../src/model/world.ts';
import { eventsOf } from '../../src/journal/events.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { anyEvent } from '../support/any-event.ts';
import { codes, ending, type Theatre } from '../support/theatre.ts';
import {
  AS_BEFORE,
  changes,
  died,
  fleet,
  found,
  OFTEN,
  UNDONE as FAULTS,
  type FleetOptions,
} from './fleet.ts';

const CASES = FAULTS.flatMap(([title, options]) =>
  (['written', 'unwritten'] as const).map((moment) => [title, moment, options] as const),
);

async function eventsIn(options: FleetOptions): Promise<number> {
  const stage = fleet(options);
  await stage.run();
  return stage.journal.events.length;
}

function where(stage: Theatre, at: number): string {
  return `${String(at)} ${stage.journal.events[at - 1]?.code ?? ''}`;
}

describe.each(CASES)('%s, a runner that dies at any event (%s)', (fault, moment, options) => {
  it('is resumed to the verdict, and everything is as before', async () => {
    const events = await eventsIn(options);
    for (const at of anyEvent(events)) {
      const stage = await died(options, at, moment, 4_000);
      const state = await stage.run();
      expect([where(stage, at), ending(state), found(stage)]).toEqual([
        where(stage, at),
        'passed drained',
        AS_BEFORE,
      ]);
      const once = changes(stage).filter((change) => change === 'forceDeployment');
      if (fault === 'deployment')
        expect([where(stage, at), once.length <= 2]).toEqual([where(stage, at), true]);
      expect(stage.ecs.world.services.get('build-agents')?.deployments).toHaveLength(1);
    }
  });

  it('is aborted, and everything is as before', async () => {
    const events = await eventsIn(options);
    for (const at of anyEvent(events)) {
      const stage = await died(options, at, moment, 4_000);
      await stage.abort();
      const state = fold(stage.journal.events);
      const decisive = eventsOf(stage.journal.events, 'GD_FAULT_INTENDED').some(
        ({ payload }) => CALLS[payload.call.kind].stops !== null,
      );
      expect([where(stage, at), found(stage)]).toEqual([where(stage, at), AS_BEFORE]);
      if (decisive)
        expect([where(stage, at), state.verdict?.outcome]).not.toEqual([where(stage, at), 'refused']);
      else expect([where(stage, at), ending(state)]).toEqual([where(stage, at), 'aborted aborted']);
      // Its own build is canceled, whatever was sent: but for one that nobody knows of, or that ended by itself.
      const known = listFacts(state.world, 'build').length > 0;
      const ended = [...stage.buildkite.world.builds.values()].every(hasBuildEnded);
      expect([where(stage, at), stage.buildkite.count('cancelBuild')]).toEqual([
        where(stage, at),
        known && !ended ? 1 : 0,
      ]);
    }
  });
});

describe('a signal at any event', () => {
  const PUTS_BACK = [
    ...['service', 'instance', 'setDesiredCount', 'setInstanceState', 'unmarkService'],
    ...['target', 'registerTarget'],
  ];

  it.each(FAULTS)(
    'of %s: what is marked is put back, nothing else is sent, and the drill goes on to its end',
    async (_title, options) => {
      const events = await eventsIn(options);
      for (const at of anyEvent(events)) {
        const stage = fleet(options);
        const stop = new AbortController();
        let then = [Infinity, Infinity];
        let isMarked = false;
        const state = await stage.run(stop.signal, ({ seq }) => {
          if (seq !== at) return;
          then = [stage.ecs.calls.length, stage.autoScaling.calls.length];
          isMarked = stage.ecs.world.services.get('build-agents')?.tags[UNDO_TAG] !== undefined;
          stop.abort('SIGTERM');
        });
        const after = [stage.ecs, stage.autoScaling].map(({ calls }, nth) => calls.slice(then[nth] ?? 0));
        const more = after.flat().map(({ operation }) => operation);
        const other = more.filter((operation) => !isMarked || !PUTS_BACK.includes(operation));
        expect([where(stage, at), state.interrupted, other]).toEqual([where(stage, at), 'SIGTERM', []]);
        expect([where(stage, at), found(stage)]).toEqual([
          where(stage, at),
          expect.stringMatching(/^desired 3, protected [\w ]+, host ACTIVE$/),
        ]);
        stage.clock.pass(1_000);
        const again = await stage.run();
        // What was put back before a task was seen to stop proves nothing.
        const isCut = more.some((operation) => /^set|^registerTarget$/.test(operation)) && !state.landed;
        expect([where(stage, at), ending(again), found(stage)]).toEqual([
          where(stage, at),
          isCut ? expect.stringMatching(/^(inconclusive|passed drained)/) : 'passed drained',
          AS_BEFORE,
        ]);
      }
    },
  );
});

describe('a signal while ECS answers nothing', () => {
  const UNMARKED = { ...OFTEN, safety: { ...OFTEN.safety, mark: 'off' as const } };

  /** A signal comes right after the first event that is meant, and from then on ECS is silent. */
  async function cut(
    options: FleetOptions,
    isMeant: (event: DrillEvent) => boolean,
  ): Promise<{ readonly stage: Theatre; readonly took: number }> {
    const stage = fleet(options);
    const stop = new AbortController();
    const state = await stage.run(stop.signal, (event) => {
      if (stop.signal.aborted || !isMeant(event)) return;
      stage.ecs.world.isSilent = true;
      stop.abort('SIGTERM');
    });
    expect(state.interrupted).toBe('SIGTERM');
    const signalled = stage.seen.find(isMeant)?.at ?? Infinity;
    return { stage, took: stage.clock.now() - signalled };
  }
  const landed = ({ code }: DrillEvent): boolean => code === 'GD_FAULT_LANDED';
  const changing = (event: DrillEvent): boolean =>
    event.code === 'GD_FAULT_INTENDED' && MARKED.has(event.payload.call.kind);
  const LASTING = FAULTS.filter(([title]) => title !== 'deployment');
  const MOMENTS = [
    ['after its task was hit', landed],
    ['while its change is sent', changing],
  ] as const;

  it.each(
    LASTING.flatMap(([title, options]) => MOMENTS.map((moment) => [title, ...moment, options] as const)),
  )(
    'ends a %s %s within 8 s; the mark stays, and who comes later puts it back',
    async (_title, _when, isMeant, options) => {
      const { stage, took } = await cut(options, isMeant);
      expect(took).toBeGreaterThan(0);
      expect(took).toBeLessThanOrEqual(8_000);
      expect(codes(stage.seen)).toContain('GD_UNDO_BEGUN');
      expect(found(stage)).toContain(', mark drill=');
      stage.ecs.world.isSilent = false;
      await stage.abort();
      expect(found(stage)).toMatch(/^desired 3, protected [\w ]+, host ACTIVE$/);
    },
  );

  it.each([
    ['a deployment, which leaves nothing to put back', { inject: { fault: 'deployment' }, scenario: OFTEN }],
    ['a scale-in without a mark', { inject: { fault: 'scale-in', steered: false }, scenario: UNMARKED }],
  ] as const)('ends %s at once', async (_title, options) => {
    const { stage, took } = await cut(options, landed);
    expect([took, codes(stage.seen).at(-1)]).toEqual([0, 'GD_INTERRUPTED']);
    expect(codes(stage.seen)).not.toContain('GD_UNDO_BEGUN');
  });
});

describe('an embedded rig that ended with its runner', () => {
  it.each(FAULTS)('of %s: nothing of it is undone or said to be left', async (_title, options) => {
    const stage = fleet(options);
    const embedded = { ...stage.plan, embeddedRig: true, label: 'rig' };
    const state = await stage.run(undefined, () => undefined);
    expect(ending(state)).toBe('passed drained');
    const at = stage.journal.events.findIndex(({ code }) => code === 'GD_FAULT_LANDED') + 1;
    stage.cutTo(at);
    const [planned, ...rest] = stage.journal.events;
    if (planned?.code !== 'GD_DRILL_PLANNED') throw new Error('no plan');
    stage.journal = {
      ...stage.journal,
      events: [{ ...planned, payload: { plan: embedded } }, ...rest],
    };
    const calls = stage.ecs.calls.length;
    await stage.abort();
    expect(stage.ecs.calls).toHaveLength(calls);
  });
});

describe('a scheduler that takes its time', () => {
  it.each(FAULTS)(
    '%s: nothing is marked or aimed at anew while it is waited for',
    async (_fault, options) => {
      let wakesAt = Infinity;
      const stage: Theatre = fleet({
        ...options,
        scenario: { ...options.scenario, limits: { ...OFTEN.limits, verdictWithin: 1_200_000 } },
        get asleep() {
          return stage.clock.now() < wakesAt;
        },
      });
      wakesAt = stage.clock.now() + 240_000;
      await stage.run();
      expect(eventsOf(stage.journal.events, 'GD_TARGET_CHOSEN')).toHaveLength(1);
      expect(found(stage)).toBe(AS_BEFORE);
    },
  );
});
