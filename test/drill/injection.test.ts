import { describe, expect, it } from 'vitest';
import type { Trouble } from '../../src/model/answer.ts';
import { eventsOf } from '../../src/journal/events.ts';
import { aJob, JOB_ID, TASK_ARN } from '../support/builders.ts';
import { planOf } from '../support/plans.ts';
import { ending, OTHER_AGENT, theatre, type Staged, type Theatre } from '../support/theatre.ts';

const lostBefore = { trouble: 'timeout', certainty: 'unknown' } as const;
const lostAfter = { trouble: 'timeout', acted: true } as const;
const landed = (stage: Theatre): number => stage.ecs.world.landed.get(TASK_ARN) ?? 0;
const long: Staged = { runsFor: null };

describe('StopTask', () => {
  it.each([0, 200])(
    'whose answer is lost after acting is not sent again (answers take %i ms)',
    async (ms) => {
      const stage = theatre({ ...long, lag: () => ms, set: ({ ecs }) => ecs.fail('stopTask', lostAfter) });
      expect(ending(await stage.run())).toBe('passed drained');
      expect([stage.ecs.count('stopTask'), landed(stage)]).toEqual([1, 1]);
    },
  );

  it('whose answer is lost is proven in flight at once, although the job ends soon', async () => {
    const stage = theatre({
      ...long,
      plan: planOf({ limits: { pollEvery: 5_000 } }),
      lag: () => 50,
      onStop: (one) => one.drain(1_800),
      set: ({ ecs }) => ecs.fail('stopTask', lostAfter),
    });
    expect(ending(await stage.run())).toBe('passed drained');
  });

  it.each([0, 200])(
    'whose answer is lost before acting is sent once more (answers take %i ms)',
    async (ms) => {
      const stage = theatre({ ...long, lag: () => ms, set: ({ ecs }) => ecs.fail('stopTask', lostBefore) });
      expect(ending(await stage.run())).toBe('passed drained');
      expect([stage.ecs.count('stopTask'), landed(stage)]).toEqual([2, 1]);
    },
  );

  it('is sent again only after two looks ten seconds apart, both ten seconds after the send', async () => {
    const stage = theatre({ ...long, lag: () => 15, set: ({ ecs }) => ecs.fail('stopTask', lostBefore) });
    const state = await stage.run();
    const [first, second] = state.injections;
    const sentAt = first?.sentAt ?? 0;
    const looks = eventsOf(stage.journal.events, 'GD_OBSERVED')
      .flatMap(({ payload }) => payload.reads)
      .filter(({ subject, ok }) => subject.kind === 'task' && ok)
      .map((read) => read.sentAt)
      .filter((at) => at >= sentAt + 10_000 && at < (second?.sentAt ?? 0));
    expect((looks.at(-1) ?? 0) - (looks[0] ?? 0)).toBeGreaterThanOrEqual(10_000);
    expect((second?.sentAt ?? 0) - sentAt).toBeGreaterThanOrEqual(20_000);
    const answers = eventsOf(stage.journal.events, 'GD_GUARDS_ANSWERED').filter(
      ({ payload }) => payload.at === 'last-instant',
    );
    expect(answers).toHaveLength(2);
  });

  it('is not sent a third time', async () => {
    const stage = theatre({
      ...long,
      set: ({ ecs }) => ecs.fail('stopTask', { ...lostBefore, times: Infinity }),
    });
    expect(ending(await stage.run())).toBe('inconclusive stop-not-confirmed');
    expect(stage.ecs.count('stopTask')).toBe(2);
  });

  it('is not sent again where the job has ended meanwhile', async () => {
    const stage = theatre({ runsFor: 8_000, set: ({ ecs }) => ecs.fail('stopTask', lostBefore) });
    const state = await stage.run();
    expect(state.verdict?.outcome).toBe('inconclusive');
    expect(stage.ecs.count('stopTask')).toBe(1);
  });

  it('is not sent to another target while the first may still land', async () => {
    const stage = theatre({
      plan: planOf({ when: { attempts: 5 } }),
      runsFor: null,
      set: ({ ecs }) => ecs.fail('stopTask', lostBefore),
    });
    // The job ends between the second look and the last read before the second stop; a sibling runs on elsewhere.
    const state = await stage.run(undefined, (event) => {
      if (event.code !== 'GD_TARGET_CHOSEN' || stage.ecs.count('stopTask') !== 1) return;
      const sibling = aJob({ id: 'sibling', agentId: OTHER_AGENT, parallelIndex: 1 });
      stage.buildkite.world.jobs.set('sibling', sibling);
      stage.finishJob();
    });
    expect([stage.ecs.count('stopTask'), state.aims]).toEqual([1, 1]);
    expect(ending(state)).toBe('inconclusive finished-before-stop');
  });

  it('that is ignored is not confirmed, and not sent again', async () => {
    const stage = theatre({ ...long, set: ({ ecs }) => (ecs.world.ignoresStops = true) });
    expect(ending(await stage.run())).toBe('inconclusive stop-not-confirmed');
    expect(stage.ecs.count('stopTask')).toBe(1);
  });

  it.each<[Trouble['kind'], string]>([
    ['denied', 'could-not-run aws-denied'],
    ['unauthorized', 'could-not-run aws-unauthorized'],
    ['unreachable', 'could-not-run aws-unreachable'],
    ['refused', 'could-not-run fault-refused'],
    ['not-found', 'could-not-run fault-refused'],
  ])('refused as %s could not run, and the build is canceled', async (trouble, expected) => {
    const stage = theatre({ ...long, set: ({ ecs }) => ecs.fail('stopTask', { trouble }) });
    expect(ending(await stage.run())).toBe(expected);
    expect([stage.ecs.count('stopTask'), landed(stage), stage.buildkite.count('cancelBuild')]).toEqual([
      1, 0, 1,
    ]);
  });

  it('throttled once is aimed once more', async () => {
    const trouble = { kind: 'rate-limited', message: 'Rate exceeded', retryAfter: 4_000 } as const;
    const stage = theatre({ ...long, set: ({ ecs }) => ecs.fail('stopTask', { trouble }) });
    const state = await stage.run();
    expect(ending(state)).toBe('passed drained');
    expect([stage.ecs.count('stopTask'), landed(stage)]).toEqual([2, 1]);
    expect(
      (state.injections[1]?.sentAt ?? 0) - (state.injections[0]?.answeredAt ?? 0),
    ).toBeGreaterThanOrEqual(4_000);
  });

  it('throttled twice could not run', async () => {
    const stage = theatre({
      ...long,
      set: ({ ecs }) => ecs.fail('stopTask', { trouble: 'rate-limited', times: Infinity }),
    });
    expect(ending(await stage.run())).toBe('could-not-run fault-refused');
    expect(stage.ecs.count('stopTask')).toBe(2);
  });

  it('is not sent again to a task that ECS does not know any more', async () => {
    const stage = theatre({
      ...long,
      set: ({ ecs }) => {
        ecs.fail('stopTask', lostBefore);
        const forget = (): void => void ecs.world.tasks.delete(TASK_ARN);
        stageOf(ecs, forget);
      },
    });
    expect(ending(await stage.run())).toBe('inconclusive observation-gap');
    expect(stage.ecs.count('stopTask')).toBe(1);
  });

  it('is not sent again on the word of an older copy of the task', async () => {
    const stage = theatre({ ...long, set: ({ ecs }) => ecs.fail('stopTask', lostBefore) });
    stage.ecs.before('stopTask', 1, () => {
      const task = stage.ecs.world.tasks.get(TASK_ARN);
      if (task !== undefined) stage.ecs.world.tasks.set(TASK_ARN, { ...task, version: 1 });
    });
    await stage.run();
    expect(stage.ecs.count('stopTask')).toBe(1);
  });

  it('of somebody else, in the same instant, is not taken for ours', async () => {
    const stage = theatre({ ...long, set: ({ ecs }) => ecs.fail('stopTask', lostBefore) });
    stage.ecs.before('stopTask', 1, () => {
      stage.ecs.setTask(TASK_ARN, {
        desired: 'STOPPED',
        stopCode: 'UserInitiated',
        stoppedReason: 'by hand',
        stoppingAt: stage.clock.now(),
      });
    });
    expect(ending(await stage.run())).toBe('inconclusive stopped-by-other');
    expect(stage.ecs.count('stopTask')).toBe(1);
  });
});

/** After the stop was sent the task is gone from every answer. */
function stageOf(ecs: Theatre['ecs'], change: () => void): void {
  ecs.before('stopTask', 1, change);
}

describe('after the stop', () => {
  const away = (stage: Theatre, from: number, to: number): void => {
    const kinds = ['tasks', 'recentStops', 'service', 'cluster'] as const;
    stage.clock.at(stage.clock.now() + from, () => {
      for (const kind of kinds) stage.ecs.fail(kind, { trouble: 'unreachable', times: (to - from) / 2_000 });
    });
  };

  it('ECS may be away for thirty seconds', async () => {
    const stage = theatre({
      ...long,
      onStop: (one) => {
        one.drain(20_000);
        away(one, 1_000, 31_000);
      },
    });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(
      stage.seen.some(({ code, payload }) => code === 'GD_OBSERVED' && payload.reads.some(({ ok }) => !ok)),
    ).toBe(true);
  });

  it('Buildkite may be away for thirty seconds', async () => {
    const stage = theatre({
      ...long,
      onStop: (one) => {
        one.drain(20_000);
        one.clock.at(one.clock.now() + 1_000, () => {
          for (const kind of ['build', 'job', 'agent'] as const)
            one.buildkite.fail(kind, { trouble: 'server-error', times: 12 });
        });
      },
    });
    expect(ending(await stage.run())).toBe('passed drained');
  });

  it.each<[string, (stage: Theatre) => void]>([
    ['ECS', ({ ecs }) => ecs.fail('tasks', { trouble: 'unreachable', times: Infinity })],
    [
      'Buildkite',
      ({ buildkite }) => {
        for (const kind of ['build', 'job', 'agent', 'agentsWithTag'] as const)
          buildkite.fail(kind, { trouble: 'unauthorized', times: Infinity });
      },
    ],
    [
      'Buildkite, by limiting the rate',
      ({ buildkite }) => {
        const trouble = { kind: 'rate-limited', message: 'later', retryAfter: 60_000 } as const;
        for (const kind of ['build', 'job', 'agent', 'agentsWithTag'] as const)
          buildkite.fail(kind, { trouble, times: Infinity });
      },
    ],
  ])('%s away for good is a gap', async (_title, gone) => {
    const stage = theatre({
      ...long,
      plan: planOf({ limits: { verdictWithin: 120_000 } }),
      onStop: (one) => {
        one.drain();
        gone(one);
      },
    });
    expect(ending(await stage.run())).toBe('inconclusive observation-gap');
    expect(stage.buildkite.count('cancelBuild')).toBe(0);
  });

  it('ECS away for good leaves a proven loss a loss', async () => {
    const stage = theatre({
      ...long,
      plan: planOf({ limits: { verdictWithin: 600_000 } }),
      onStop: (one) => {
        one.die(30_000);
        one.ecs.fail('tasks', { trouble: 'unreachable', times: Infinity });
      },
    });
    expect(ending(await stage.run())).toBe('failed lost');
  });

  it('answers that throw are troubles, not the end of the drill', async () => {
    const stage = theatre(long);
    stage.ecs.before('tasks', 6, () => {
      throw new Error('a defect of a client');
    });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(stage.buildkite.world.jobs.get(JOB_ID)?.state).toBe('finished');
  });
});
