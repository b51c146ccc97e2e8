import { describe, expect, it } from 'vitest';
import type { Service } from '../../src/model/entities/task.ts';
import { eventsOf } from '../../src/journal/events.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { aService } from '../support/builders.ts';
import { anyEvent } from '../support/any-event.ts';
import { ending, RunnerDied, type Theatre } from '../support/theatre.ts';
import { fleet, left, taskOf, type FleetOptions } from './fleet.ts';

const SERVICE = 'build-agents';
const REVISED = `${(aService().deployments[0]?.definition ?? '').replace(/:\d+$/, '')}:2`;

/** Three canaries on three workers, and a command. */
const GATE: FleetOptions = {
  inject: { fault: 'command', command: ['./deploy'], limit: 60_000 },
  scenario: { build: { count: 3 }, when: { inFlightFor: 5_000 }, safety: { tasks: 3 } },
};

function change({ ecs }: Theatre, over: (service: Service) => Partial<Service>): void {
  const service = ecs.world.services.get(SERVICE);
  if (service !== undefined) ecs.world.services.set(SERVICE, { ...service, ...over(service) });
}

/** Begins a deployment of a new revision; the scheduler of the fleet rolls it out. */
function deploy(stage: Theatre, createdAt: number | null = stage.clock.now()): void {
  change(stage, ({ deployments: [model, ...others] }) => {
    const former = model ?? aService().deployments[0];
    if (former === undefined) return {};
    const begun = { ...former, id: 'ecs-svc/2', rolloutState: 'IN_PROGRESS', running: 0, createdAt };
    return {
      deployments: [
        { ...begun, definition: REVISED },
        ...[former, ...others].map((one) => ({ ...one, status: 'ACTIVE' })),
      ],
    };
  });
}

/** The command does `act` at once, and exits `after` milliseconds. */
function commanded(act: (stage: Theatre) => void, exitCode = 0, after = 3_000): Pick<FleetOptions, 'set'> {
  return {
    set(stage) {
      for (const { world } of [stage.ecs, stage.buildkite]) world.clock = { offset: 0, uncertainty: 100 };
      stage.command.does = () => {
        act(stage);
        stage.clock.at(stage.clock.now() + after, () => stage.command.exit(exitCode));
      };
    },
  };
}

async function drilled(over: Partial<FleetOptions>) {
  const stage = fleet({ ...GATE, ...over });
  const state = await stage.run();
  const result = summarizeDrill(stage.journal.events, null);
  return { stage, result, end: ending(state), said: state.verdict?.said ?? '' };
}

describe('a command', () => {
  it('whose deployment every canary survives passes, and both definitions are named', async () => {
    const { stage, result, end, said } = await drilled(commanded(deploy));
    expect(end, said).toBe('passed drained');
    expect(stage.command.started).toMatchObject([{ command: ['./deploy'], limit: 60_000 }]);
    expect(stage.ecs.calls.filter(({ operation }) => operation === 'forceDeployment')).toEqual([]);
    expect(result.fleet).toMatchObject({ tasksHit: 3, jobsHit: 3, drained: 3, buildsHit: 3 });
    expect(result.command).toMatchObject({
      ...{ state: 'ended', exitCode: 0, ms: 3_000, formerDefinition: 'build-agent:1' },
      deployments: [{ id: 'ecs-svc/2', definition: 'build-agent:2', rolloutState: 'COMPLETED' }],
    });
    expect(result.findings.find(({ check }) => check === 'landed')?.said).toContain(
      'for deployment ecs-svc/2 (build-agent:1 -> build-agent:2), which began while the command ran',
    );
  });

  it('is run only once every build is in flight on a worker of its own', async () => {
    const { stage, end } = await drilled({ ...commanded(deploy), workers: 2 });
    expect([end, stage.command.started]).toEqual(['inconclusive step-never-ran', []]);
  });

  it.each([
    // What ECS says of its beginning decides, whenever it is seen; the command ends 3 s after its start.
    ['long before its start', 0, -10_000, 'inconclusive stopped-by-other'],
    ['2.5 s before its start', 0, -2_500, 'inconclusive stopped-by-other'],
    ['1.5 s before its start', 0, -1_500, 'passed drained'],
    ['1.5 s after its end', 4_500, 4_500, 'passed drained'],
    ['2.5 s after its end', 5_500, 5_500, 'inconclusive stopped-by-other'],
  ])(
    'answers for a deployment only as far as the clocks let it: %s',
    async (_when, seenAt, began, expected) => {
      const { end, said } = await drilled(
        commanded((stage) => {
          const start = stage.clock.now();
          stage.clock.at(start + seenAt, () => deploy(stage, start + began));
        }),
      );
      expect(end, said).toBe(expected);
      if (expected !== 'passed drained')
        expect(said).toContain(
          began < 0 ? 'began before the command was started' : 'began after the command had ended',
        );
    },
  );

  it.each([
    ['the clocks are not known', (stage: Theatre) => void (stage.ecs.world.clock = null)],
    [
      'they are known too badly',
      (stage: Theatre) => void (stage.ecs.world.clock = { offset: 0, uncertainty: 20_000 }),
    ],
  ])('proves nothing where %s', async (_what, set) => {
    const { end } = await drilled({
      set: (stage) => {
        commanded(deploy).set?.(stage);
        set(stage);
      },
    });
    expect(end).toBe('inconclusive evidence-missing');
  });

  it('whose deployment has no date proves nothing', async () => {
    const { end } = await drilled(commanded((stage) => deploy(stage, null)));
    expect(end).toBe('inconclusive evidence-missing');
  });

  it('that scales in touches some', async () => {
    const scaleIn = commanded((stage) => change(stage, () => ({ desired: 2 })));
    const all = await drilled(scaleIn);
    expect([all.end, all.said]).toEqual([
      'inconclusive not-touched',
      'of 3 builds the command stopped the worker of 1 in flight; not touched: #1, #2; expect.touched is all',
    ]);
    // The others' builds end in their own time.
    const scenario = { ...GATE.scenario, expect: { touched: 'some' } } as const;
    const some = await drilled({ ...scaleIn, scenario, staged: { runsFor: 60_000 } });
    expect(some.end, some.said).toBe('passed drained');
  });

  it('does not answer for a scale-in that was not there yet when it had ended', async () => {
    const { end, said } = await drilled({
      ...commanded((stage) => {
        stage.clock.at(stage.clock.now() + 5_000, () => change(stage, () => ({ desired: 2 })));
      }),
      staged: { runsFor: 60_000 },
      scenario: { ...GATE.scenario, expect: { touched: 'some' } },
    });
    expect([end, said]).toEqual([
      'inconclusive stopped-by-other',
      'a scale-in (desired count 3 -> 2) began after the command had ended',
    ]);
  });

  it('does not answer for a task that the scheduler stops for neither', async () => {
    const { end, said } = await drilled({
      ...commanded((stage) =>
        stage.ecs.setTask(taskOf(1), {
          ...{ desired: 'STOPPED', stopCode: 'ServiceSchedulerInitiated', stoppingAt: stage.clock.now() },
          stoppedReason: 'Task failed ELB health checks',
        }),
      ),
      staged: { runsFor: 60_000 },
      scenario: { ...GATE.scenario, expect: { touched: 'some' } },
    });
    expect(end).toBe('inconclusive stopped-by-other');
    expect(said).toContain('no deployment or scale-in of the service began while the command ran');
  });

  it.each<[string, ((stage: Theatre) => void) | null, 'all' | 'some', readonly number[]]>([
    ['while the command does nothing', null, 'all', [0, 0, 0]],
    ['while the command does nothing, and some would do', null, 'some', [0, 0, 0]],
    ['before the deployment takes the others', deploy, 'all', [1, 0, 1]],
    ['before the deployment takes the others, and some would do', deploy, 'some', [1, 0, 1]],
  ])('names a canary whose worker somebody stops by hand, %s', async (_when, act, touched, hits) => {
    const byHand = { desired: 'STOPPED', stopCode: 'UserInitiated', stoppedReason: 'by hand' } as const;
    const { end, said, result } = await drilled({
      ...commanded((stage) => {
        stage.ecs.setTask(taskOf(2), { ...byHand, stoppingAt: stage.clock.now() });
        act?.(stage);
      }),
      staged: { runsFor: 60_000 },
      scenario: { ...GATE.scenario, expect: { touched } },
    });
    expect(end, said).toBe('inconclusive stopped-by-other');
    expect(said).toContain('UserInitiated, "by hand"');
    expect(result.builds.map(({ hit }) => hit)).toEqual(hits);
    expect(result.findings.find(({ check }) => check === 'landed')).toMatchObject({
      ...{ holds: 'no', raises: 'stopped-by-other' },
    });
  });

  it('that does nothing touches nothing', async () => {
    const { end, result } = await drilled(commanded(() => undefined));
    expect(end).toBe('inconclusive not-touched');
    expect(result.injection).toBe('not proven');
  });

  it.each([
    ['did nothing', () => undefined, {}, 'inconclusive command-failed'],
    ['deployed, and every canary drained', deploy, {}, 'inconclusive command-failed'],
    ['deployed, and a canary was lost', deploy, { deaf: [2] }, 'failed lost'],
  ])('that fails after it %s', async (_what, act, over, expected) => {
    const { end, said, result } = await drilled({ ...commanded(act, 1), ...over });
    expect(end, said).toBe(expected);
    expect(result.command).toMatchObject({ exitCode: 1 });
  });

  it('that cannot be started is said so, and its builds are canceled', async () => {
    const { stage, end, said, result } = await drilled({
      set({ command }) {
        command.refuses = { kind: 'not-found', message: 'there is no program ./deploy', retryAfter: null };
      },
    });
    expect([end, said]).toEqual([
      'inconclusive command-failed',
      'the command could not be started: there is no program ./deploy',
    ]);
    expect(stage.buildkite.count('cancelBuild')).toBe(3);
    expect(result.command).toMatchObject({ state: 'refused', exitCode: null, ms: null });
  });

  it('that runs over its limit is ended', async () => {
    const { end, said } = await drilled({ set: ({ command }) => void (command.does = () => undefined) });
    expect(end).toBe('inconclusive command-failed');
    expect(said).toContain('ran over its limit of 1 min 0 s (inject.limit)');
  });

  it('whose deployment is rolled back did not replace every task, and that is named', async () => {
    const { end, result } = await drilled({
      ...commanded((stage) => {
        deploy(stage);
        // The scheduler has taken one task by then.
        stage.clock.at(stage.clock.now() + 2_200, () =>
          change(stage, ({ deployments: [failed, ...others] }) => {
            const back = others.map((one) => ({ ...one, status: 'PRIMARY', rolloutState: 'COMPLETED' }));
            return {
              deployments:
                failed === undefined
                  ? back
                  : [...back, { ...failed, status: 'ACTIVE', rolloutState: 'FAILED' }],
            };
          }),
        );
        stage.clock.at(stage.clock.now() + 30_000, () =>
          change(stage, ({ deployments }) => ({ deployments: deployments.slice(0, 1) })),
        );
      }),
      scenario: { ...GATE.scenario, expect: { touched: 'some' } },
      staged: { runsFor: 60_000 },
    });
    expect(end).toBe('passed drained');
    expect(result.notes).toContain(
      'deployment ecs-svc/2 failed and was rolled back to ecs-svc/1: not every task was replaced',
    );
  });

  it('whose deployment is rolled back before it stops a task touched nothing, and that is named', async () => {
    const { end, result } = await drilled(
      commanded((stage) => {
        deploy(stage);
        // Gone at once: ECS was never seen to call it failed.
        stage.clock.at(stage.clock.now() + 2_000, () =>
          change(stage, ({ deployments: [, ...former] }) => ({
            deployments: former.map((one) => ({ ...one, status: 'PRIMARY', rolloutState: 'COMPLETED' })),
          })),
        );
      }),
    );
    expect(end).toBe('inconclusive not-touched');
    expect(result.notes).toContain(
      'deployment ecs-svc/2 failed and was rolled back to ecs-svc/1: not every task was replaced',
    );
  });

  it.each([
    ['of a service that CodeDeploy deploys', { controller: 'CODE_DEPLOY' }, /deployed by CODE_DEPLOY/],
  ])('is refused %s', async (_title, service, says) => {
    const { stage, end, said } = await drilled({ service });
    expect([end, stage.command.started]).toEqual(['refused inert-fault', []]);
    expect(said).toMatch(says);
  });

  it('is not run from the fleet that it deploys', async () => {
    const { stage, end } = await drilled({
      set: ({ surroundings }) => {
        surroundings.world.self = { ...surroundings.world.self, taskArn: taskOf(2) };
      },
    });
    expect([end, stage.command.started]).toEqual(['refused self-target', []]);
  });
});

const SELDOM = {
  ...GATE,
  ...commanded(deploy),
  scenario: { ...GATE.scenario, limits: { pollEvery: 5_000 } },
};

describe('a runner that dies at any event', () => {
  it('is followed by one that runs no command again, and says what is not known of its end', async () => {
    const whole = fleet(SELDOM);
    await whole.run();
    for (const at of anyEvent(whole.journal.events.length)) {
      const stage = fleet(SELDOM);
      stage.dieAt(at, 'written');
      await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
      stage.cutTo(at);
      const started = stage.command.started.length;
      stage.command.forget();
      const state = await stage.run();
      const isIntended = eventsOf(stage.journal.events.slice(0, at), 'GD_FAULT_INTENDED').length > 0;
      // A runner that died right over its intent may have started it or not: it is not started anew.
      expect([at, stage.command.started.length]).toEqual([at, isIntended ? started : 1]);
      const run = summarizeDrill(stage.journal.events, null).command;
      const expected = run?.state === 'ended' ? 'passed drained' : 'inconclusive observation-gap';
      expect([at, ending(state)]).toEqual([at, expected]);
      if (run?.state !== 'ended')
        expect([at, left(stage.journal.events)]).toEqual([
          at,
          ['the command may still run where the runner died that had started it'],
        ]);
    }
  });
});

describe('a runner that dies while the command runs', () => {
  async function died(set: Pick<FleetOptions, 'set'>): Promise<Theatre> {
    const stage = fleet({ ...GATE, ...set });
    const stop = new AbortController();
    // As a machine that is switched off: nothing more is written, and the command is not ended.
    await stage.run(stop.signal, ({ code }) => {
      if (code === 'GD_FAULT_SENT') stop.abort('SIGTERM');
    });
    stage.cutTo(stage.journal.events.findIndex(({ code }) => code === 'GD_FAULT_SENT') + 1);
    stage.command.forget();
    return stage;
  }

  it('is settled by an abort, which names the command that may still run', async () => {
    const stage = await died(commanded(deploy));
    await stage.abort();
    expect(left(stage.journal.events)).toContain(
      'the command may still run where the runner died that had started it',
    );
    expect(stage.command.started).toHaveLength(1);
  });

  it('does not answer for what begins long after', async () => {
    const stage = await died(commanded(() => undefined));
    const resumedAt = stage.clock.now();
    stage.clock.at(resumedAt + 3_000, () => deploy(stage));
    const state = await stage.run();
    expect([ending(state), state.verdict?.said]).toEqual([
      'inconclusive stopped-by-other',
      expect.stringContaining('began after the runner had died that had started the command'),
    ]);
  });
});

describe('a signal while the command runs', () => {
  it('ends it, writes down how, and the resumed drill fails it without running it again', async () => {
    const stage = fleet({ ...GATE, ...commanded(deploy, 0, 30_000) });
    const stop = new AbortController();
    const state = await stage.run(stop.signal, ({ code }) => {
      if (code === 'GD_FAULT_LANDED') stop.abort('SIGTERM');
    });
    expect(state.interrupted).toBe('SIGTERM');
    const [last, before] = stage.journal.events.toReversed();
    expect([last?.code, before?.code]).toEqual(['GD_INTERRUPTED', 'GD_OBSERVED']);
    expect(stage.command.read()).toMatchObject({
      state: 'ended',
      signal: 'SIGTERM',
      endedBy: 'interruption',
    });
    stage.command.forget();
    const again = await stage.run();
    expect([ending(again), stage.command.started.length]).toEqual(['inconclusive command-failed', 1]);
    expect(again.verdict?.said).toContain(
      'the command still ran when the drill ended, and was ended with it: signal SIGTERM',
    );
  });
});
