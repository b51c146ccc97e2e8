import { describe, expect, it } from 'vitest';
import { fold } from '../../src/state/state.ts';
import { eventsOf } from '../../src/journal/events.ts';
import { judge } from '../../src/verdict/judge.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { anyEvent } from '../support/any-event.ts';
import { ending, RunnerDied, type Theatre } from '../support/theatre.ts';
import { agentOf, fleet, jobOf, type FleetOptions } from './fleet.ts';

const THREE: FleetOptions = {
  inject: { fault: 'deployment' },
  scenario: {
    build: { count: 3 },
    when: { inFlightFor: 10_000 },
    safety: { tasks: 3 },
    limits: { pollEvery: 1_000 },
  },
};

/** The same, looked at less often: what is tried again and again is to be quick. */
const SELDOM: FleetOptions = {
  ...THREE,
  scenario: { ...THREE.scenario, limits: { pollEvery: 5_000 } },
};

async function drilled(over: Partial<FleetOptions> = {}) {
  const stage = fleet({ ...THREE, ...over });
  const state = await stage.run();
  const result = summarizeDrill(stage.journal.events, null);
  expect(judge(stage.journal.events)).toEqual(state.verdict);
  return { stage, state, result, end: ending(state), said: state.verdict?.said ?? '' };
}

function marks({ buildkite }: Theatre): readonly (string | undefined)[] {
  return [...buildkite.world.builds.values()].map(({ metaData }) => metaData?.['gameday-build']);
}

describe('several builds in one drill', () => {
  it('are each started once, hit, and passed by workers that drain', async () => {
    const { stage, result, end, said } = await drilled();
    expect(end, said).toBe('passed drained');
    expect(stage.buildkite.count('createBuild')).toBe(3);
    expect(new Set(marks(stage)).size).toBe(3);
    expect(result.fleet).toMatchObject({
      tasksHit: 3,
      jobsHit: 3,
      drained: 3,
      buildsHit: 3,
      buildsKilled: 0,
    });
    expect(result.builds.map(({ number, hit, drained, killed }) => [number, hit, drained, killed])).toEqual([
      [1, 1, 1, false],
      [2, 1, 1, false],
      [3, 1, 1, false],
    ]);
  });

  it('are as bad as the worst of them, and those that it killed are counted', async () => {
    const { result, end, said } = await drilled({ deaf: [2, 3] });
    expect(end, said).toBe('failed lost');
    expect(result.fleet).toMatchObject({ jobsHit: 3, drained: 1, lost: 2, buildsHit: 3, buildsKilled: 2 });
    expect(result.builds.map(({ state, lost, killed }) => [state, lost, killed])).toEqual([
      ['PASSED', 0, false],
      ['FAILED', 1, true],
      ['FAILED', 1, true],
    ]);
  });

  it('that were not hit are judged by their colour', async () => {
    // The third worker is not of the service: its build goes on, and fails of itself.
    const { result, end, said } = await drilled({
      workers: 2,
      set: (stage) => elsewhere(stage, 3, 60_000, { passed: false }),
    });
    expect(end, said).toBe('failed build-failed');
    expect(said).toContain('build 3 is FAILED');
    expect(result.builds[2]).toMatchObject({ hit: 0, state: 'FAILED', killed: false });
    expect(result.notes.join()).toContain('of the stopped tasks the worst is drained');
    expect(result.fleet).toMatchObject({ buildsHit: 2, buildsKilled: 0 });
  });

  it('that lost a job where nothing was injected prove nothing', async () => {
    const lost = { passed: false, exitStatus: '-1' };
    const { end, said } = await drilled({ workers: 2, set: (stage) => elsewhere(stage, 3, 60_000, lost) });
    expect(end, said).toBe('inconclusive unrelated-loss');
  });

  it('that are not over in time leave no pass', async () => {
    const { end, said } = await drilled({
      workers: 2,
      scenario: { ...THREE.scenario, limits: { verdictWithin: 120_000, pollEvery: 1_000 } },
      set: (stage) => elsewhere(stage, 3, null, {}),
    });
    expect(end, said).toBe('inconclusive verdict-timeout');
  });

  it('that a person cancels prove nothing', async () => {
    const { end, said } = await drilled({
      workers: 2,
      set: (stage) => {
        elsewhere(stage, 3, null, {});
        stage.ecs.before('forceDeployment', 1, () => {
          const third = [...stage.buildkite.world.builds.keys()][2] ?? '';
          stage.buildkite.setBuild(third, { state: 'canceled', rawState: 'CANCELED', canceledBy: 'Ada' });
        });
      },
    });
    expect(end, said).toBe('inconclusive build-canceled');
    expect(said).toContain('Ada');
  });

  it('are read together: many cost no more requests than one', async () => {
    const { stage } = await drilled();
    expect(stage.buildkite.count('builds')).toBeGreaterThan(3);
    expect(stage.buildkite.count('build')).toBeLessThanOrEqual(3);
  });

  it('of a baseline must all pass', async () => {
    const inject = { fault: 'none' } as const;
    const good = await drilled({ inject, staged: { runsFor: 30_000 } });
    expect([good.end, good.said]).toEqual([
      'baseline baseline',
      'none of 3 builds failed; nothing was injected',
    ]);
    const bad = await drilled({
      inject,
      staged: { runsFor: 30_000 },
      set: (stage) =>
        stage.clock.at(stage.clock.now() + 20_000, () => stage.finishJob({ passed: false }, jobOf(2))),
    });
    expect(bad.end).toBe('inconclusive unsound-baseline');
    expect(bad.said).toContain('build 2 is FAILED');
  });

  it('are not stopped while one of them is unsound', async () => {
    const { end } = await drilled({
      set: (stage) =>
        stage.clock.at(stage.clock.now() + 6_000, () => stage.finishJob({ passed: false }, jobOf(3))),
    });
    expect(end).toBe('inconclusive unsound-baseline');
  });

  it('would cancel one another where the pipeline cancels intermediate builds', async () => {
    const { stage, end, said } = await drilled({
      set: ({ buildkite }) => {
        const pipeline = buildkite.world.pipelines.get('canary');
        if (pipeline !== undefined)
          buildkite.world.pipelines.set('canary', { ...pipeline, cancelIntermediateBuilds: true });
      },
    });
    expect(end, said).toBe('refused not-allowed');
    expect(stage.buildkite.count('createBuild')).toBe(0);
  });
});

/** A worker beside the fleet, on which the nth build's job runs for a while. */
function elsewhere(
  stage: Theatre,
  n: number,
  runsFor: number | null,
  over: Parameters<Theatre['finishJob']>[0],
): void {
  const { buildkite, clock } = stage;
  const [, two] = [...buildkite.world.agents.values()];
  if (two === undefined) throw new Error('the fleet has no second worker');
  const tags = { 'ecs:task-arn': `${two.tags['ecs:task-arn'] ?? ''}beef` };
  buildkite.world.agents.set(agentOf(n), { ...two, id: agentOf(n), name: 'beside', tags });
  if (runsFor !== null) clock.at(clock.now() + runsFor, () => stage.finishJob(over, jobOf(n)));
}

describe('a drill of several builds whose runner dies at any event', () => {
  async function died(at: number, moment: 'written' | 'unwritten'): Promise<Theatre> {
    const stage = fleet(SELDOM);
    stage.dieAt(at, moment);
    await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
    stage.cutTo(at);
    stage.clock.pass(4_000);
    return stage;
  }

  async function lastOfStart(): Promise<number> {
    const { stage } = await drilled();
    return eventsOf(stage.journal.events, 'GD_BUILD_KNOWN').at(-1)?.seq ?? 0;
  }

  it.each(['written', 'unwritten'] as const)(
    'creates no build twice, and is resumed to its verdict (%s)',
    async (moment) => {
      const end = await lastOfStart();
      for (const at of anyEvent(end + 1)) {
        const stage = await died(at, moment);
        const state = await stage.run();
        const where = `${String(at)} ${stage.journal.events[at - 1]?.code ?? ''}`;
        expect([where, ending(state), marks(stage)]).toEqual([
          where,
          'passed drained',
          [1, 2, 3].map((nth) => `${state.drill}/${String(nth)}`),
        ]);
        expect([where, state.buildIds]).toEqual([where, [...stage.buildkite.world.builds.keys()]]);
      }
    },
  );

  it('cancels every build that it had created when it is aborted', async () => {
    const end = await lastOfStart();
    for (const at of anyEvent(end + 1)) {
      const stage = await died(at, 'written');
      await stage.abort();
      const state = fold(stage.journal.events);
      const where = `${String(at)} ${stage.journal.events[at - 1]?.code ?? ''}`;
      const builds = [...stage.buildkite.world.builds.values()].map((build) => build.state);
      expect([where, ending(state), builds]).toEqual([
        where,
        'aborted aborted',
        builds.map(() => 'canceling'),
      ]);
    }
  });

  it('looks for a build whose creation was answered by nobody, and never for another', async () => {
    const stage = fleet(THREE);
    stage.buildkite.fail('createBuild', { trouble: 'timeout', acted: true, times: 3 });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.buildkite.count('createBuild')).toBe(3);
    expect(eventsOf(stage.journal.events, 'GD_BUILD_KNOWN').map(({ payload }) => payload.by)).toEqual([
      'meta-data',
      'meta-data',
      'meta-data',
    ]);
  });
});
