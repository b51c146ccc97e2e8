import { describe, expect, it } from 'vitest';
import { fold } from '../../src/state/state.ts';
import { hasBuildEnded } from '../../src/model/entities/build.ts';
import { listFacts } from '../../src/model/world.ts';
import { eventsOf } from '../../src/journal/events.ts';
import { anyEvent } from '../support/any-event.ts';
import { AGENT_ID, TASK_ARN } from '../support/builders.ts';
import { planOf } from '../support/plans.ts';
import { codes, ending, RunnerDied, theatre, type Staged, type Theatre } from '../support/theatre.ts';

const drains: Staged = {
  plan: planOf({ limits: { pollEvery: 5_000 } }),
  runsFor: null,
  onStop: (stage) => stage.drain(60_000),
};
const dies: Staged = {
  plan: planOf({ limits: { pollEvery: 10_000 } }),
  runsFor: null,
  onStop: (stage) => stage.die(60_000, 100_000),
};
const landed = (stage: Theatre): number => stage.ecs.world.landed.get(TASK_ARN) ?? 0;

/** One drill that runs to its end, and the number of events it wrote. */
async function recorded(staged: Staged): Promise<{ readonly verdict: string; readonly events: number }> {
  const stage = theatre(staged);
  return { verdict: ending(await stage.run()), events: stage.journal.events.length };
}

/** The runner dies there, and another one goes on some time later. */
async function survived(
  staged: Staged,
  at: number,
  moment: 'written' | 'unwritten',
  pause: number,
): Promise<Theatre> {
  const stage = theatre(staged);
  stage.dieAt(at, moment);
  await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
  stage.cutTo(at);
  stage.clock.pass(pause);
  await stage.run();
  return stage;
}

describe('a runner that dies', () => {
  const DRILLS: readonly (readonly [string, Staged, string])[] = [
    ['drains', drains, 'passed drained'],
    ['is lost', dies, 'failed lost'],
    [
      'drains after a lost answer',
      { ...drains, set: ({ ecs }) => ecs.fail('stopTask', { trouble: 'timeout', acted: true }) },
      'passed drained',
    ],
    [
      'could not run',
      { ...drains, set: ({ buildkite }) => buildkite.setAgent(AGENT_ID, { tags: {} }) },
      'could-not-run agent-not-mapped',
    ],
  ];
  const MOMENTS = DRILLS.flatMap(([title, staged, expected]) =>
    (['written', 'unwritten'] as const).map((moment) => [title, moment, staged, expected] as const),
  );

  it.each(MOMENTS)(
    'at any event: a drill that %s (%s) ends as it would have',
    async (_title, moment, staged, expected) => {
      const { verdict, events } = await recorded(staged);
      expect(verdict).toBe(expected);
      for (const at of anyEvent(events)) {
        const stage = await survived(staged, at, moment, 4_000);
        const where = `${String(at)} ${stage.journal.events[at - 1]?.code ?? ''}`;
        expect([where, ending(fold(stage.journal.events))]).toEqual([where, expected]);
        expect([where, landed(stage) <= 1, stage.ecs.count('stopTask') <= 2]).toEqual([where, true, true]);
        expect([where, stage.buildkite.count('createBuild') <= 2, stage.buildkite.world.builds.size]).toEqual(
          [where, true, 1],
        );
      }
    },
  );

  it('for an hour after its stop: what the services still show is enough', async () => {
    const stage = theatre(drains);
    await stage.run();
    const codesOf = stage.journal.events.map(({ code }) => code);
    for (const code of ['GD_FAULT_INTENDED', 'GD_FAULT_SENT', 'GD_FAULT_LANDED'] as const) {
      const stopped = await survived(
        drains,
        codesOf.indexOf(code) + 1,
        code === 'GD_FAULT_INTENDED' ? 'unwritten' : 'written',
        3_600_000,
      );
      expect([code, ending(fold(stopped.journal.events)), landed(stopped)]).toEqual([
        code,
        'passed drained',
        1,
      ]);
    }
  });

  it('for an hour with services away before is not judged by the troubles of then', async () => {
    const stage = theatre(drains);
    stage.buildkite.fail('pipeline', { trouble: 'unreachable' });
    stage.dieAt(2, 'written');
    await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
    stage.cutTo(2);
    stage.clock.pass(3_600_000);
    expect(ending(await stage.run())).toBe('passed drained');
  });

  it('says so: GD_RESUMED, with how much it found', async () => {
    const stage = await survived(drains, 5, 'written', 1_000);
    expect(eventsOf(stage.journal.events, 'GD_RESUMED')[0]?.payload).toEqual({ runner: '0.1.0', after: 5 });
  });

  it('after its verdict changes nothing', async () => {
    const stage = theatre(drains);
    await stage.run();
    const before = stage.journal.events.length;
    const calls = stage.ecs.calls.length + stage.buildkite.calls.length;
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.journal.events).toHaveLength(before);
    expect(stage.ecs.calls.length + stage.buildkite.calls.length).toBe(calls);
  });
});

describe('a rig that died with its runner', () => {
  const embedded: Staged = {
    ...drains,
    plan: planOf({ limits: { pollEvery: 5_000 } }, { embeddedRig: true, label: 'rig' }),
  };

  it('leaves a gap, and nothing is asked of it any more', async () => {
    const { events } = await recorded(embedded);
    for (const at of anyEvent(events - 3)) {
      const stage = await survived(embedded, at, 'written', 1_000);
      const state = fold(stage.journal.events);
      expect(state.verdict?.outcome).toBe('inconclusive');
      expect(stage.ecs.count('stopTask')).toBeLessThanOrEqual(1);
    }
  });

  it('takes nothing away from a watch that was over', async () => {
    const { events } = await recorded(embedded);
    for (const back of [1, 2]) {
      const stage = await survived(embedded, events - back, 'written', 1_000);
      expect(ending(fold(stage.journal.events))).toBe('passed drained');
    }
  });
});

describe('a signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s at any event: nothing more is sent, and the drill can go on',
    async (signal) => {
      const { events } = await recorded(drains);
      for (const at of anyEvent(events)) {
        const stage = theatre(drains);
        const stop = new AbortController();
        const calls = (): number =>
          stage.ecs.calls.length + stage.buildkite.calls.length + stage.surroundings.calls.length;
        let then = Infinity;
        const state = await stage.run(stop.signal, (event) => {
          if (event.seq !== at) return;
          then = calls();
          stop.abort(signal);
        });
        const where = `${String(at)} ${stage.journal.events[at - 1]?.code ?? ''}`;
        expect([where, state.interrupted, stage.journal.events.at(-1)?.code, calls()]).toEqual([
          where,
          signal,
          'GD_INTERRUPTED',
          then,
        ]);
        expect([...stage.surroundings.world.locks]).toEqual([]);
        const again = await stage.run();
        expect([where, ending(again), landed(stage) <= 1]).toEqual([where, 'passed drained', true]);
      }
    },
  );

  it('after the verdict takes nothing back', async () => {
    const stage = theatre(drains);
    const stop = new AbortController();
    const state = await stage.run(stop.signal, ({ code }) => {
      if (code === 'GD_JUDGED') stop.abort('SIGINT');
    });
    expect([ending(state), state.interrupted]).toEqual(['passed drained', null]);
  });

  it('in the middle of a wait ends it at once', async () => {
    const stage = theatre({ startsAfter: null });
    const stop = new AbortController();
    stage.clock.at(stage.clock.now() + 100_000, () => stop.abort('SIGINT'));
    const state = await stage.run(stop.signal);
    expect(state.interrupted).toBe('SIGINT');
    expect(stage.clock.now() - (stage.journal.events[0]?.at ?? 0)).toBe(100_000);
  });

  it('leaves no trouble of its own making in the journal', async () => {
    const stage = theatre(drains);
    const stop = new AbortController();
    stage.buildkite.before('build', 4, () => stop.abort('SIGINT'));
    await stage.run(stop.signal);
    const reads = eventsOf(stage.journal.events, 'GD_OBSERVED').flatMap(({ payload }) => payload.reads);
    expect(reads.filter(({ error }) => error?.kind === 'aborted')).toEqual([]);
  });
});

describe('abort', () => {
  async function aborted(staged: Staged, at: number): Promise<Theatre> {
    const stage = theatre(staged);
    stage.dieAt(at, 'written');
    await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
    stage.cutTo(at);
    await stage.abort();
    return stage;
  }

  it('stops nothing, cancels what was started, and settles', async () => {
    const { events } = await recorded(drains);
    for (const at of anyEvent(events - 1)) {
      const stage = await aborted(drains, at);
      const state = fold(stage.journal.events);
      const stopped = eventsOf(stage.journal.events, 'GD_FAULT_INTENDED').length > 0;
      const known = listFacts(state.world, 'build').length > 0;
      const where = `${String(at)} ${stage.journal.events[at - 1]?.code ?? ''}`;
      expect([where, codes(stage.journal.events).slice(-2)]).toEqual([where, ['GD_SETTLED', 'GD_JUDGED']]);
      const ended = [...stage.buildkite.world.builds.values()].every(hasBuildEnded);
      expect([where, stage.buildkite.count('cancelBuild')]).toEqual([where, known && !ended ? 1 : 0]);
      const over = eventsOf(stage.journal.events, 'GD_WATCH_ENDED').some(({ seq }) => seq <= at);
      if (!stopped) expect([where, ending(state)]).toEqual([where, 'aborted aborted']);
      else if (!over) expect([where, state.verdict?.outcome]).not.toEqual([where, 'refused']);
      expect([where, landed(stage) <= 1]).toEqual([where, true]);
    }
  });

  it('changes nothing of a drill that is judged', async () => {
    const stage = theatre(drains);
    await stage.run();
    const before = stage.journal.events.length;
    expect(ending(await stage.abort())).toBe('passed drained');
    expect(stage.journal.events).toHaveLength(before);
  });
});
