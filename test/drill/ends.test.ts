import { describe, expect, it } from 'vitest';
import {
  aContainer,
  aContainerDefinition,
  aJob,
  AGENT_ID,
  aTaskDefinition,
  BUILD_ID,
  DEFINITION_ARN,
  JOB_ID,
  TASK_ARN,
} from '../support/builders.ts';
import { eventsOf } from '../../src/journal/events.ts';
import { EXEC, OLDER } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';
import {
  codes,
  ending,
  OPENING,
  OTHER_AGENT,
  OTHER_TASK,
  theatre,
  type Staged,
  type Theatre,
} from '../support/theatre.ts';

async function ends(staged: Staged): Promise<string> {
  const stage = theatre(staged);
  return ending(await stage.run());
}

/** A retry of the lost job passes on the other worker, unless told otherwise. */
function retried(stage: Theatre, over: object = {}): void {
  const id = JOB_ID.replace(/1$/, '2');
  const source = stage.buildkite.world.jobs.get(JOB_ID);
  const anew = { retried: false, finishedAt: null, exitStatus: null, events: [] };
  const running = { state: 'running', rawState: 'RUNNING', agentId: OTHER_AGENT } as const;
  stage.buildkite.setJob(JOB_ID, { retried: true });
  const retry = {
    ...source,
    ...anew,
    ...running,
    id,
    retryOf: JOB_ID,
    retryType: 'automatic',
    ...over,
  } as const;
  stage.buildkite.world.jobs.set(id, aJob({ ...retry, startedAt: stage.clock.now() }));
  stage.clock.at(stage.clock.now() + 20_000, () => stage.finishJob({}, id));
}

describe('a whole drill', () => {
  it.each<[string, Staged, string]>([
    ['drains', {}, 'passed drained'],
    ['drains with slow answers', { lag: () => 200 }, 'passed drained'],
    ['dies with its job', { runsFor: null, onStop: (stage) => stage.die(120_000) }, 'failed lost'],
    ['dies after its job', { onStop: (stage) => stage.die(120_000) }, 'failed not-drained'],
    [
      'dies with its job, which a retry fixes',
      {
        runsFor: null,
        onStop: (stage) => stage.die(120_000),
        onLost: retried,
      },
      'failed masked-loss',
    ],
    [
      'dies with its job, handed over',
      {
        plan: planOf({ expect: { handover: 'allowed' } }),
        runsFor: null,
        onStop: (stage) => stage.die(120_000),
        onLost: retried,
      },
      'passed handed-over',
    ],
    [
      'dies with its job, and the retry is queued to the deadline',
      {
        plan: planOf({ limits: { verdictWithin: 600_000 } }),
        runsFor: null,
        onStop: (stage) => stage.die(120_000),
        onLost: (stage) => retried(stage, { state: 'scheduled', rawState: 'SCHEDULED', agentId: null }),
      },
      'failed lost',
    ],
    [
      'fails of itself after the stop',
      { onStop: (stage) => stage.drain(4_000, { passed: false }) },
      'failed build-failed',
    ],
    [
      'drains too slowly',
      { plan: planOf({ expect: { drain: { within: 5_000 } } }) },
      'failed drain-too-slow',
    ],
    [
      'never ends',
      { plan: planOf({ limits: { verdictWithin: 60_000 } }), runsFor: null, onStop: () => undefined },
      'inconclusive verdict-timeout',
    ],
    ['never runs', { startsAfter: null }, 'inconclusive step-never-ran'],
    ['ends before it was long enough in flight', { runsFor: 1_000 }, 'inconclusive step-never-ran'],
    [
      'is canceled by a person',
      {
        onStop: (stage) => {
          stage.buildkite.setBuild(BUILD_ID, {
            state: 'canceled',
            rawState: 'CANCELED',
            canceledBy: 'Ada',
          });
        },
      },
      'inconclusive build-canceled',
    ],
    [
      'does not wait for later steps that do not matter',
      {
        plan: planOf({ expect: { build: 'any' } }),
        set: (stage) => {
          stage.clock.at(OPENING + 3_000, () => {
            const id = JOB_ID.replace(/1$/, '7');
            stage.buildkite.world.jobs.set(
              id,
              aJob({ id, stepKey: 'later', state: 'waiting', agentId: null }),
            );
          });
        },
      },
      'passed drained',
    ],
    [
      'gives up on an exit code that never comes',
      {
        onStop: (stage) => {
          stage.drain();
          stage.clock.at(stage.clock.now() + 11_600, () => {
            stage.ecs.setTask(TASK_ARN, { containers: [aContainer({ status: 'STOPPED', exitCode: null })] });
          });
        },
      },
      'inconclusive evidence-missing',
    ],
    [
      'takes an older agent that disconnects at once',
      {
        set: ({ ecs, buildkite }) => {
          // Without `Date` headers nothing tells how old the copy was that a read showed.
          buildkite.world.clock = ecs.world.clock = { offset: 0, uncertainty: 100 };
          const containers = [aContainerDefinition(EXEC)];
          ecs.world.definitions.set(DEFINITION_ARN, aTaskDefinition({ containers }));
        },
        onStop: (stage) => {
          stage.drain();
          stage.clock.at(stage.clock.now() + 10_501, () => {
            stage.buildkite.setAgent(AGENT_ID, OLDER);
          });
        },
      },
      'passed drained',
    ],
  ])('%s', async (_title, staged, expected) => {
    expect(await ends(staged)).toBe(expected);
  });

  it('ends a long time before its deadline once everything is over', async () => {
    const stage = theatre();
    await stage.run();
    expect(stage.clock.now() - OPENING).toBeLessThan(60_000);
  });

  it('watches a silent worker for as long as Buildkite needs to give it up', async () => {
    const stage = theatre({ runsFor: null, onStop: (one) => one.die(1_000, 290_000) });
    expect(ending(await stage.run())).toBe('failed lost');
  });

  it('stops the one task that hosts the job, once, with its own name as the reason', async () => {
    const stage = theatre();
    await stage.run();
    expect(stage.ecs.calls.filter(({ operation }) => operation === 'stopTask')).toHaveLength(1);
    expect([...stage.ecs.world.landed]).toEqual([[TASK_ARN, 1]]);
    expect(stage.ecs.world.tasks.get(OTHER_TASK)?.desired).toBe('RUNNING');
    expect(stage.ecs.world.tasks.get(TASK_ARN)?.stoppedReason).toBe(`gameday ${stage.journal.drill}`);
  });

  it('waits until the step was in flight for long enough', async () => {
    const stage = theatre({ plan: planOf({ when: { inFlightFor: 12_000 } }) });
    const state = await stage.run();
    const { startedAt } = state.world[`job:${JOB_ID}`]?.value as { startedAt: number };
    expect((state.injections[0]?.sentAt ?? 0) - startedAt).toBeGreaterThanOrEqual(12_000);
  });

  it('reads the job right after the stop was answered', async () => {
    const stage = theatre({ lag: () => 40 });
    await stage.run();
    const sent = eventsOf(stage.journal.events, 'GD_FAULT_SENT')[0];
    const next = eventsOf(stage.journal.events, 'GD_OBSERVED').find(({ seq }) => seq > (sent?.seq ?? 0));
    const job = next?.payload.reads.find(({ subject }) => subject.kind === 'job' && subject.id === JOB_ID);
    expect(job?.sentAt).toBe(sent?.payload.answeredAt);
  });

  it('writes its intent before every call, and settles before it judges', async () => {
    const stage = theatre();
    await stage.run();
    const order = codes(stage.journal.events);
    const at = (code: string): number => order.indexOf(code);
    expect(at('GD_GUARDS_ANSWERED')).toBeLessThan(at('GD_BUILD_INTENDED'));
    expect(at('GD_BUILD_INTENDED')).toBeLessThan(at('GD_BUILD_SENT'));
    expect(at('GD_TARGET_REVERIFIED')).toBeLessThan(at('GD_FAULT_INTENDED'));
    expect(at('GD_FAULT_INTENDED')).toBeLessThan(at('GD_FAULT_SENT'));
    expect(order.slice(-2)).toEqual(['GD_SETTLED', 'GD_JUDGED']);
  });

  it('leaves a build alone that was stopped', async () => {
    const stage = theatre({ runsFor: null, onStop: (one) => one.die(1_000) });
    await stage.run();
    expect(stage.buildkite.count('cancelBuild')).toBe(0);
  });

  it('gives its lock back', async () => {
    const stage = theatre();
    await stage.run();
    expect([...stage.surroundings.world.locks]).toEqual([]);
    expect(stage.surroundings.world.injections.get(stage.plan.lockKey)).toMatchObject([
      { taskArn: TASK_ARN },
    ]);
  });
});

describe('fault: none', () => {
  const none = (over: Staged = {}): Theatre =>
    theatre({ plan: planOf({ inject: { fault: 'none' } }), ...over });

  it('is a baseline where the build passes, and touches nothing', async () => {
    const stage = none();
    expect(ending(await stage.run())).toBe('baseline baseline');
    expect(stage.ecs.calls).toEqual([]);
    expect(stage.surroundings.calls).toEqual([]);
  });

  it('is unsound where the build fails', async () => {
    const stage = none({
      set: (one) => one.clock.at(OPENING + 9_000, () => one.finishJob({ passed: false })),
    });
    expect(ending(await stage.run())).toBe('inconclusive unsound-baseline');
  });

  it('never ran where the step does not', async () => {
    expect(ending(await none({ startsAfter: null }).run())).toBe('inconclusive step-never-ran');
  });

  it('times out', async () => {
    const stage = theatre({
      plan: planOf({ inject: { fault: 'none' }, limits: { verdictWithin: 30_000 } }),
      runsFor: null,
    });
    expect(ending(await stage.run())).toBe('inconclusive verdict-timeout');
  });
});
