import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/scenario/plan.ts';
import { aBuild, aContainer, aJob, AGENT_ID, BUILD_ID, JOB_ID, TASK_ARN } from '../support/builders.ts';
import { jobEvent } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';
import {
  codes,
  ending,
  OTHER_AGENT,
  OTHER_TASK,
  theatre,
  type Staged,
  type Theatre,
} from '../support/theatre.ts';

/** A plan that stops a worker without a job. */
function idlePlan(over: Parameters<typeof planOf>[0] = {}, attempts = 1): Plan {
  const plan = planOf({ build: { pipeline: '' }, ...over });
  const when = { trigger: 'agent-idle', idleFor: 2_000, startWithin: 60_000, attempts } as const;
  return { ...plan, scenario: { ...plan.scenario, when } };
}

/** An idle agent that hears the stop leaves at once. */
function leave({ buildkite, ecs, clock }: Theatre, exitCode = 0, after = 200): void {
  const told = clock.now();
  clock.at(told + after, () => {
    buildkite.setAgent(AGENT_ID, {
      connection: 'disconnected',
      rawConnection: 'disconnected',
      stoppedGracefullyAt: told + after / 2,
      disconnectedAt: clock.now(),
    });
    ecs.setTask(TASK_ARN, {
      status: 'STOPPED',
      executionStoppedAt: clock.now(),
      stoppedAt: clock.now(),
      containers: [aContainer({ status: 'STOPPED', exitCode })],
    });
  });
}

/** The agent is given a job. */
function give({ buildkite, clock }: Theatre, id = AGENT_ID): void {
  buildkite.world.builds.set(BUILD_ID, aBuild());
  buildkite.world.jobs.set(
    JOB_ID,
    aJob({ agentId: id, startedAt: clock.now(), events: [jobEvent('STARTED', clock.now())] }),
  );
  buildkite.setAgent(id, { isRunningJob: true });
}

const staged = (over: Staged = {}): Staged => ({
  plan: idlePlan(),
  onStop: (stage) => leave(stage),
  ...over,
});

describe('an idle worker', () => {
  it('that leaves at once is retired, and no build was started for it', async () => {
    const stage = theatre(staged());
    const state = await stage.run();
    expect(ending(state)).toBe('passed retired');
    expect(state.target).toMatchObject({ jobId: null, agentId: AGENT_ID, taskArn: TASK_ARN });
    expect([stage.buildkite.count('createBuild'), stage.ecs.count('stopTask')]).toEqual([0, 1]);
    expect(codes(stage.journal.events)).toContain('GD_ARMED');
  });

  it('that leaves slower than allowed is too slow', async () => {
    const stage = theatre(
      staged({
        plan: idlePlan({ expect: { idle: { within: 1_000 }, drain: { within: null } } }),
        onStop: (one) => leave(one, 0, 4_000),
      }),
    );
    expect(ending(await stage.run())).toBe('failed idle-too-slow');
  });

  it('that never hears the stop is not drained', async () => {
    const stage = theatre(staged({ onStop: (one) => one.die(30_000) }));
    expect(ending(await stage.run())).toBe('failed not-drained');
  });

  it('that got a job as the stop landed is another target than was meant', async () => {
    const stage = theatre(
      staged({
        onStop: (one) => {
          give(one);
          one.drain(5_000);
        },
      }),
    );
    const state = await stage.run();
    expect(ending(state)).toBe('inconclusive missed-target');
    expect(state.verdict?.said).toMatch(
      /got job .* before the stop landed; it ended FINISHED, exit status 0/,
    );
  });

  it('that got a job at the last instant is not stopped', async () => {
    const stage = theatre(staged());
    const state = await stage.run(undefined, (event) => {
      if (event.code === 'GD_TARGET_CHOSEN') give(stage);
    });
    expect(ending(state)).toBe('inconclusive step-never-ran');
    expect(stage.ecs.count('stopTask')).toBe(0);
  });

  it('that got a job at the last instant gives way to another, where the scenario allows a second aim', async () => {
    const stage = theatre(staged({ plan: idlePlan({}, 3) }));
    let given = false;
    const state = await stage.run(undefined, (event) => {
      if (event.code !== 'GD_TARGET_CHOSEN' || given) return;
      given = true;
      give(stage);
    });
    expect(state.target).toMatchObject({ agentId: OTHER_AGENT, taskArn: OTHER_TASK });
    expect(stage.ecs.count('stopTask')).toBe(1);
  });

  it('that nobody finds within the time ends the drill', async () => {
    const stage = theatre(
      staged({
        set(one) {
          give(one);
          one.buildkite.setAgent(OTHER_AGENT, { connection: 'paused', rawConnection: 'paused' });
        },
      }),
    );
    const state = await stage.run();
    expect(ending(state)).toBe('inconclusive step-never-ran');
    expect(state.verdict?.said).toMatch(/no worker was seen without a job for 2\.0 s within 1 min 0 s/);
  });

  it('goes on from any line of its journal, and is stopped once', async () => {
    const first = theatre(staged());
    await first.run();
    const total = first.journal.events.length;
    for (let lines = 1; lines < total; lines += 1) {
      const stage = theatre(staged());
      stage.dieAt(lines, 'written');
      await stage.run().catch(() => undefined);
      stage.cutTo(lines);
      expect(`${String(lines)}: ${ending(await stage.run())}`).toBe(`${String(lines)}: passed retired`);
      expect(stage.ecs.world.landed.get(TASK_ARN) ?? 0).toBe(1);
    }
  });
});

describe('an idle worker that leaves by itself', () => {
  const none = (within: number | null): Plan =>
    idlePlan({
      inject: { fault: 'none' },
      expect: { idle: { within }, drain: { within: null } },
      limits: { verdictWithin: 60_000 },
    });

  /** It leaves so long after the drill began; null: never. */
  function leaving(after: number | null, exitCode = 0, within: number | null = null): Theatre {
    return theatre({
      plan: none(within),
      set(stage) {
        // It connected when the drill began: from then on it has no job.
        stage.buildkite.setAgent(AGENT_ID, { connectedAt: stage.clock.now() });
        if (after !== null) stage.clock.at(stage.clock.now() + after, () => leave(stage, exitCode, 0));
        stage.buildkite.setAgent(OTHER_AGENT, { connection: 'paused', rawConnection: 'paused' });
      },
    });
  }

  it.each<[string, Theatre, string, RegExp]>([
    ['within its time', leaving(12_000, 0, 20_000), 'baseline baseline', /left by itself after 12\.\d s/],
    ['later than allowed', leaving(12_000, 0, 5_000), 'failed idle-too-slow', /limit 5\.0 s/],
    [
      'not at all, and a time was set',
      leaving(null, 0, 5_000),
      'failed idle-too-slow',
      /was still connected/,
    ],
    ['not at all, and no time was set', leaving(null), 'inconclusive verdict-timeout', /was still connected/],
    ['with another exit code than 0', leaving(12_000, 1), 'failed not-drained', /exited 1, not 0/],
  ])('%s', async (_title, stage, expected, said) => {
    const state = await stage.run();
    expect(ending(state)).toBe(expected);
    expect(state.verdict?.said).toMatch(said);
    expect(stage.ecs.count('stopTask')).toBe(0);
  });
});
