import { describe, expect, it } from 'vitest';
import type { DrillEvent } from '../../src/journal/events.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { anyEvent } from '../support/any-event.ts';
import { aJob } from '../support/builders.ts';
import { SPOT_RECLAIM } from '../support/spot.ts';
import { ending, type Theatre } from '../support/theatre.ts';
import {
  agentOf,
  AS_BEFORE,
  changes,
  died,
  fleet,
  found,
  jobOf,
  taskOf,
  type FleetOptions,
} from './fleet.ts';

const SPARED = { expect: { worker: 'spared', drain: { within: null } }, safety: { tasks: 3 } } as const;
/** Services date their answers. */
function dated({ ecs, buildkite }: Theatre): void {
  for (const { world } of [ecs, buildkite]) world.clock = { offset: 0, uncertainty: 100 };
}

const base = { scenario: SPARED, staged: { runsFor: 30_000 }, set: dated } as const;
const STEERED: FleetOptions = { ...base, inject: { fault: 'scale-in', steered: true } };
const FREE: FleetOptions = { ...base, inject: { fault: 'scale-in', steered: false } };
// A new task counts as healthy only when it has run for a while.
const ROLLOUT: FleetOptions = { ...base, inject: { fault: 'deployment' }, staged: { runsFor: 90_000 } };
const TARGET = { workers: [1] };
/** The target's own protection is its hook's. */
const OURS_IS_GONE = new RegExp(`^desired 3, protected (none|${taskOf(1).slice(-4)}), host ACTIVE$`);
const short = (n: number): string => taskOf(n).slice(-4);

async function drilled(options: FleetOptions): Promise<{ stage: Theatre; end: string; said: string }> {
  const stage = fleet(options);
  const state = await stage.run();
  return { stage, end: ending(state), said: state.verdict?.said ?? '' };
}

function causeOf({ journal }: Theatre): string {
  const first = summarizeDrill(journal.events, null).cause?.ranked[0];
  return `${first?.weight ?? 'no'}: ${first?.said ?? 'cause'}`;
}

function saidOf(events: readonly DrillEvent[], check: string): string {
  return summarizeDrill(events, null).findings.find((one) => one.check === check)?.said ?? '';
}

/** The job of the target is over, and its agent has the next one, for which the hook protects the task anew. */
function goOn(stage: Theatre, later = 60_000): void {
  stage.finishJob();
  const now = stage.clock.now();
  const job = aJob({ id: jobOf(9), stepKey: 'next', agentId: agentOf(1), startedAt: now });
  stage.buildkite.world.jobs.set(job.id, job);
  const own = stage.ecs.world.protections.get(taskOf(1));
  const expiresAt = (own?.expiresAt ?? now) + later;
  stage.ecs.world.protections.set(taskOf(1), { taskArn: taskOf(1), enabled: true, expiresAt });
}

describe('a worker that is to be spared', () => {
  it('is left alone by a steered scale-in until its job is over, then taken, and all is put back', async () => {
    const { stage, end, said } = await drilled({ ...STEERED, hooked: TARGET });
    expect(end).toBe('passed spared');
    expect(said).toMatch(/left alone until its job was over, and then taken at .*; it was protected until/);
    expect(changes(stage)).toEqual([
      `protect ${short(2)} ${short(3)}`,
      'count 3 -> 2',
      'count 2 -> 3',
      `lift ${short(2)} ${short(3)}`,
    ]);
    expect(found(stage)).toBe(AS_BEFORE);
    expect(summarizeDrill(stage.journal.events, null)).toMatchObject({
      injection: 'proven',
      outcome: 'passed',
    });
  });

  it('is left alone by a deployment, which takes it afterwards', async () => {
    const { stage, end } = await drilled({ ...ROLLOUT, hooked: TARGET });
    expect(end).toBe('passed spared');
    expect(saidOf(stage.journal.events, 'in-flight')).toMatch(
      /free to take the worker for .* while its job ran/,
    );
  });

  it('that no hook protects is taken while its job runs: not spared, although it drains', async () => {
    for (const options of [STEERED, ROLLOUT]) {
      const { stage, end, said } = await drilled(options);
      expect(end).toBe('failed not-spared');
      expect(said).toMatch(/took task .* while job .* ran on it/);
      expect(causeOf(stage)).toBe('proven: the task was not protected when the change was made');
      expect(found(stage)).toBe(AS_BEFORE);
    }
  });

  it('that is deaf too is lost: that is the worse', async () => {
    const { end } = await drilled({ ...STEERED, deaf: [1], staged: { runsFor: 300_000 } });
    expect(end).toBe('failed lost');
  });

  it('whose protection ends before its job is not spared', async () => {
    const options = { ...STEERED, hooked: { ...TARGET, minutes: 1 }, staged: { runsFor: 120_000 } };
    const { stage, end } = await drilled(options);
    expect(end).toBe('failed not-spared');
    expect(causeOf(stage)).toMatch(/^proven: its protection ended at \d\d:.* UTC, before its job did$/);
  });

  it('whose protection is never lifted is no pass: the watch ends, and the verdict says who did not lift it', async () => {
    for (const options of [STEERED, ROLLOUT]) {
      const scenario = { ...SPARED, limits: { verdictWithin: 180_000 } };
      const { stage, end, said } = await drilled({
        ...options,
        scenario,
        hooked: { ...TARGET, lifts: false },
      });
      expect(end).toBe('inconclusive verdict-timeout');
      expect(said).toMatch(/still protected until .* UTC: nobody lifted it/);
      expect(changes(stage).includes('count 2 -> 3')).toBe(options === STEERED);
    }
  });

  it.each([
    ['scale-in', STEERED, 'the desired count is put back'],
    ['deployment', ROLLOUT, 'the deployment goes on without the drill'],
  ] as const)(
    'that has its next job at once, and is protected for it, was spared by a %s all the same',
    async (_fault, of, note) => {
      const scenario = { ...SPARED, limits: { verdictWithin: 180_000 } };
      const stage = fleet({ ...of, scenario, staged: { runsFor: null }, hooked: TARGET });
      stage.clock.at(stage.clock.now() + 90_000, () => goOn(stage));
      const state = await stage.run();
      expect(ending(state)).toBe('passed spared');
      expect(state.verdict?.said).toMatch(
        /left alone until its job was over, and has job .* since, for which it is protected anew/,
      );
      expect(state.verdict?.notes.join('\n')).toContain(note);
      expect(stage.ecs.world.tasks.get(taskOf(1))?.desired).toBe('RUNNING');
      expect(changes(stage).includes('count 2 -> 3')).toBe(of === STEERED);
    },
  );

  it('that has its next job under a protection which nobody lifted is no pass', async () => {
    const scenario = { ...SPARED, limits: { verdictWithin: 180_000 } };
    const options = { ...STEERED, scenario, staged: { runsFor: null }, hooked: TARGET };
    const stage = fleet(options);
    stage.clock.at(stage.clock.now() + 90_000, () => goOn(stage, 0));
    expect(ending(await stage.run())).toBe('inconclusive verdict-timeout');
  });

  it('was not in danger where a scale-in took a worker that nothing protected', async () => {
    const { end, said } = await drilled({ ...FREE, hooked: TARGET });
    expect(end).toBe('inconclusive missed-target');
    expect(said).toMatch(
      new RegExp(`took .*${short(3)}, which nothing protected, so that the target was never in danger`),
    );
  });

  it('is spared by an unsteered scale-in where every worker is busy and protected', async () => {
    const options = { ...FREE, busy: [2, 3], hooked: { workers: [1, 2, 3] }, staged: { runsFor: 30_000 } };
    const stage = fleet(options);
    const over = stage.clock.now() + 40_000;
    stage.clock.at(over, () => [2, 3].forEach((n) => stage.finishJob({}, jobOf(n))));
    expect(ending(await stage.run())).toBe('passed spared');
    expect(changes(stage)).toEqual(['count 3 -> 2', 'count 2 -> 3']);
  });

  it('beside one whose busy worker is taken is no pass: every job counts', async () => {
    const { end, said } = await drilled({ ...ROLLOUT, busy: [2], deaf: [2], hooked: TARGET });
    expect(end).toBe('failed lost');
    expect(said).not.toBe('');
  });

  it('and is not protected at the last instant is no pass, even if nothing took it', async () => {
    const { end, said } = await drilled({
      ...STEERED,
      asleep: true,
      scenario: { ...SPARED, limits: { verdictWithin: 90_000 } },
    });
    expect(end).toBe('inconclusive evidence-missing');
    expect(said).toMatch(/not protected when the change was made: that it was left alone is chance/);
  });

  it('whose job was over soon after the change shows nothing', async () => {
    const { end, said } = await drilled({ ...STEERED, hooked: TARGET, staged: { runsFor: 7_000 } });
    expect(end).toBe('inconclusive finished-before-stop');
    expect(said).toMatch(/use a longer step/);
  });

  it('by clocks that nobody knows is no pass: whether it was taken before its job ended cannot be told', async () => {
    const { end, said } = await drilled({ ...STEERED, hooked: TARGET, set: () => undefined });
    expect(end).toBe('inconclusive evidence-missing');
    expect(said).toBe('the clocks do not tell whether the task was taken before its job was over');
  });

  it('whose own job fails is a failed build, for nothing else happened to it', async () => {
    const options = { ...STEERED, hooked: TARGET, staged: { runsFor: null } };
    const stage = fleet(options);
    stage.clock.at(stage.clock.now() + 30_000, () => stage.finishJob({ passed: false, exitStatus: '3' }));
    expect(ending(await stage.run())).toBe('failed build-failed');
  });

  it('is told as such when the person is asked', async () => {
    const stage = fleet({ ...STEERED, hooked: TARGET });
    await stage.run();
    const asked = stage.journal.events.find(({ code }) => code === 'GD_CONFIRMED');
    expect(JSON.stringify(asked?.payload)).toMatch(/it is to be spared: protected from scale-in until \d\d:/);
  });

  it('by a change that somebody overrides is nobody’s proof', async () => {
    const stage = fleet({ ...STEERED, hooked: TARGET });
    stage.ecs.before('setDesiredCount', 1, () => {
      stage.clock.at(stage.clock.now() + 5_000, () => {
        const service = stage.ecs.world.services.get('build-agents');
        if (service !== undefined) stage.ecs.world.services.set('build-agents', { ...service, desired: 4 });
      });
    });
    expect(ending(await stage.run())).toBe('inconclusive stopped-by-other');
  });
});

describe('a drill that expects a drain', () => {
  it('still refuses a steered scale-in of a protected target', async () => {
    const { end } = await drilled({ ...STEERED, scenario: { safety: { tasks: 3 } }, hooked: TARGET });
    expect(end).toBe('refused inert-fault');
  });

  it.each(['drain-instance', 'spot-reclaim'] as const)(
    'finds that %s asks for no protection: the worker drains',
    async (fault) => {
      const scenario = { safety: { tasks: 3 } };
      const { stage, end } = await drilled({
        ...base,
        scenario,
        inject: fault === 'spot-reclaim' ? SPOT_RECLAIM : { fault },
        hosted: [1],
        hooked: TARGET,
      });
      expect(end).toBe('passed drained');
      expect(changes(stage)).toEqual(['DRAINING', 'ACTIVE']);
    },
  );
});

describe.each([
  ['scale-in', STEERED],
  ['deployment', ROLLOUT],
] as const)('a worker that is to be spared by a %s, and a runner that dies', (_fault, of) => {
  const options = { ...of, hooked: TARGET };

  it.each(['written', 'unwritten'] as const)(
    'at any event (%s): the same verdict, and all is put back',
    async (moment) => {
      const whole = fleet(options);
      await whole.run();
      for (const at of anyEvent(whole.journal.events.length)) {
        const stage = await died(options, at, moment, 1_000);
        const state = await stage.run();
        const where = `${String(at)} ${stage.journal.events[at - 1]?.code ?? ''}`;
        expect([where, ending(state), found(stage)]).toEqual([where, 'passed spared', AS_BEFORE]);
      }
    },
  );

  it('and is aborted: nothing of ours is left', async () => {
    const whole = fleet(options);
    await whole.run();
    for (const at of anyEvent(whole.journal.events.length)) {
      const stage = await died(options, at, 'written', 1_000);
      await stage.abort();
      const where = `${String(at)} ${stage.journal.events[at - 1]?.code ?? ''}`;
      expect([where, found(stage)]).toEqual([where, expect.stringMatching(OURS_IS_GONE)]);
    }
  });
});

describe('a signal at any event of a scale-in that is to spare its target', () => {
  it('puts the count back at once; put back before the target was taken, nothing is proven', async () => {
    const options = { ...STEERED, hooked: TARGET };
    const whole = fleet(options);
    await whole.run();
    for (const at of anyEvent(whole.journal.events.length)) {
      const stage = fleet(options);
      const stop = new AbortController();
      await stage.run(stop.signal, ({ seq }) => {
        if (seq === at) stop.abort('SIGTERM');
      });
      const where = `${String(at)} ${stage.journal.events[at - 1]?.code ?? ''}`;
      const isTaken = stage.ecs.world.tasks.get(taskOf(1))?.desired === 'STOPPED';
      const isCut = !isTaken && changes(stage).includes('count 2 -> 3');
      stage.clock.pass(1_000);
      const end = ending(await stage.run());
      expect([where, end]).toEqual([where, isCut ? expect.stringMatching(/^inconclusive/) : 'passed spared']);
      expect([where, found(stage)]).toEqual([where, expect.stringMatching(OURS_IS_GONE)]);
    }
  });
});
