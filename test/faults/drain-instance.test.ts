import { describe, expect, it } from 'vitest';
import type { Service } from '../../src/model/entities/task.ts';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { aContainer, aTask } from '../support/builders.ts';
import { ending, type Theatre } from '../support/theatre.ts';
import {
  aHost,
  changes,
  fleet,
  found,
  HOST,
  left,
  stop,
  taskOf,
  type FleetOptions,
  MARK_LEFT,
} from './fleet.ts';

const DRAIN: FleetOptions = { inject: { fault: 'drain-instance' }, hosted: [1] };
const AS_BEFORE = 'desired 3, protected none, host ACTIVE';
/** Another's task on the same host. */
const STRANGER = taskOf(9);

async function drilled(
  over: Partial<FleetOptions> = {},
): Promise<{ stage: Theatre; end: string; said: string }> {
  const stage = fleet({ ...DRAIN, ...over });
  const state = await stage.run();
  return { stage, end: ending(state), said: state.verdict?.said ?? '' };
}

describe('draining an instance', () => {
  it('takes the task on it, and the host is ACTIVE afterwards', async () => {
    const { stage, end, said } = await drilled();
    expect(end, said).toBe('passed drained');
    expect(changes(stage)).toEqual(['DRAINING', 'ACTIVE']);
    expect([found(stage), left(stage.journal.events)]).toEqual([AS_BEFORE, []]);
    expect(summarizeDrill(stage.journal.events, null)).toMatchObject({
      injection: 'proven',
      fleet: { tasksHit: 1 },
    });
  });

  it('of a deaf worker is lost, and the host is ACTIVE all the same', async () => {
    const { stage, end } = await drilled({ deaf: [1] });
    expect([end, found(stage)]).toEqual(['failed lost', AS_BEFORE]);
  });

  it('waits until the host is empty of the service, and judges each', async () => {
    const { stage, end, said } = await drilled({
      hosted: [1, 2],
      busy: [2],
      deaf: [2],
      scenario: { safety: { tasks: 2 } },
    });
    expect(end, said).toBe('failed lost');
    expect(summarizeDrill(stage.journal.events, null).fleet).toMatchObject({
      tasksHit: 2,
      drained: 1,
      lost: 1,
    });
  });

  it('has the counters read of every task that it takes, before it takes any', async () => {
    const flushed = { url: 'https://metrics.test/{task}', stillFor: 1_000 };
    const containers = { gateway: { exit: 0, outlives: null, flushed } };
    const scenario = { safety: { tasks: 2 }, expect: { containers } };
    const stage = fleet({ ...DRAIN, hosted: [1, 2], busy: [2], scenario });
    for (const task of [1, 2, 3])
      stage.ecs.setTask(taskOf(task), { containers: [aContainer(), aContainer({ name: 'gateway' })] });
    let before: readonly (string | null)[] = [];
    stage.ecs.before('setInstanceState', 1, () => {
      before = stage.counters.asked.map(({ url }) => url);
    });
    await stage.run();
    const address = (task: number): string => `https://metrics.test/${taskOf(task).split('/').at(-1) ?? ''}`;
    expect([...new Set(before)].toSorted()).toEqual([address(1), address(2)].toSorted());
  });

  it('waits for the last of them, however late the scheduler comes to it', async () => {
    const scenario = { safety: { tasks: 2 }, expect: { build: 'any' as const } };
    const options = { ...DRAIN, hosted: [1, 2], scenario, asleep: true };
    const stage = fleet({ ...options, busy: [2], deaf: [2] });
    stage.ecs.before('setInstanceState', 1, () => {
      const now = stage.clock.now();
      stage.clock.at(now + 1_000, () => stop(stage, taskOf(1), {}));
      stage.clock.at(now + 60_000, () => stop(stage, taskOf(2), { deaf: [2] }));
    });
    expect(ending(await stage.run())).toBe('failed lost');
    expect(summarizeDrill(stage.journal.events, null).fleet).toMatchObject({ drained: 1, lost: 1 });
    expect(found(stage)).toBe(AS_BEFORE);
  });

  it('leaves a standalone neighbour alone', async () => {
    const { stage, end, said } = await drilled({
      scenario: { safety: { tasks: 2 } },
      set: ({ ecs }) => ecs.world.tasks.set(STRANGER, stranger('family:other')),
    });
    expect(end, said).toBe('passed drained');
    expect(stage.ecs.world.tasks.get(STRANGER)?.desired).toBe('RUNNING');
  });

  it('whose answer is lost is looked into', async () => {
    for (const acted of [true, false]) {
      const stage = fleet(DRAIN);
      stage.ecs.fail('setInstanceState', { trouble: 'timeout', certainty: 'unknown', acted });
      expect([acted, ending(await stage.run()), found(stage)]).toEqual([acted, 'passed drained', AS_BEFORE]);
      expect(changes(stage)).toEqual(acted ? ['DRAINING', 'ACTIVE'] : ['DRAINING', 'DRAINING', 'ACTIVE']);
    }
  });

  it('that is denied', async () => {
    const stage = fleet(DRAIN);
    stage.ecs.fail('setInstanceState', { trouble: 'denied' });
    expect([ending(await stage.run()), found(stage)]).toEqual(['could-not-run aws-denied', AS_BEFORE]);
  });

  it('that somebody ends before the task was taken: it is theirs', async () => {
    const stage = fleet({ ...DRAIN, asleep: true, staged: { runsFor: 60_000 } });
    stage.ecs.before('setInstanceState', 1, () => {
      stage.clock.at(stage.clock.now() + 3_000, () => stage.ecs.world.instances.set(HOST, aHost()));
    });
    const state = await stage.run();
    expect([ending(state), state.verdict?.said]).toEqual([
      'inconclusive stopped-by-other',
      'the instance was ACTIVE, not DRAINING',
    ]);
    expect([changes(stage), found(stage)]).toEqual([['DRAINING'], AS_BEFORE]);
  });

  it.each<[string, (stage: Theatre) => void, RegExp]>([
    ['scales in', (stage: Theatre) => change(stage, { desired: 2 }), /desired count from 3 to 2 meanwhile/],
    [
      'deploys',
      (stage: Theatre) =>
        void stage.ecs.send(
          { kind: 'force-deployment', cluster: 'build-prod', service: 'build-agents' },
          new AbortController().signal,
        ),
      /somebody began deployment ecs-svc\/2 meanwhile/,
    ],
  ])('during which somebody %s: the stop is not known to be ours', async (_what, hand, says) => {
    const stage = fleet({ ...DRAIN, asleep: true });
    stage.ecs.before('setInstanceState', 1, () => {
      const now = stage.clock.now();
      stage.clock.at(now + 2_500, () => hand(stage));
      stage.clock.at(now + 5_000, () => stop(stage, taskOf(1), {}));
    });
    const state = await stage.run();
    expect(ending(state)).toBe('inconclusive stopped-by-other');
    expect(state.verdict?.said).toMatch(says);
    expect(found(stage)).toMatch(/host ACTIVE$/);
  });

  it('that never takes the task proves nothing, and the host is ACTIVE again', async () => {
    const { stage, end } = await drilled({
      asleep: true,
      staged: { runsFor: 60_000 },
      scenario: { limits: { verdictWithin: 90_000 } },
    });
    expect([end, found(stage)]).toEqual(['inconclusive stop-not-confirmed', AS_BEFORE]);
  });
});

function change({ ecs }: Theatre, over: Partial<Service>): void {
  const service = ecs.world.services.get('build-agents');
  if (service !== undefined) ecs.world.services.set('build-agents', { ...service, ...over });
}

function stranger(group: string): ReturnType<typeof aTask> {
  return aTask({ arn: STRANGER, group, instanceArn: HOST, launchType: 'EC2', startedBy: 'somebody' });
}

describe('draining an instance is refused', () => {
  it.each<[string, Partial<FleetOptions>, string, RegExp]>([
    ['of Fargate', { hosted: [] }, 'inert-fault', /runs on Fargate: there is no container instance/],
    [
      'whose tasks could not be listed to the end',
      {
        set: ({ ecs }) => {
          ecs.world.isListingCut = true;
        },
      },
      'inert-fault',
      /tasks of container instance .* could not be listed to the end/,
    ],
    [
      'of a standalone task',
      {
        task: { group: 'family:build-agent' },
        scenario: { cluster: { service: null, family: 'build-agent' } },
      },
      'inert-fault',
      /leaves standalone tasks alone/,
    ],
    [
      'whose percentages would never let the task stop',
      { service: { minimumHealthyPercent: 100, maximumPercent: 100 } },
      'inert-fault',
      /minimumHealthyPercent 100 and maximumPercent 100 of 3/,
    ],
    [
      'whose percentages leave no task to spare when they are rounded',
      { service: { minimumHealthyPercent: 70, maximumPercent: 120 } },
      'inert-fault',
      /minimumHealthyPercent 70/,
    ],
    [
      'that is drained already',
      { asleep: true, set: ({ ecs }) => ecs.world.instances.set(HOST, aHost({ status: 'DRAINING' })) },
      'inert-fault',
      /is DRAINING, not ACTIVE/,
    ],
    [
      "with another service's task on it",
      { set: ({ ecs }) => ecs.world.tasks.set(STRANGER, stranger('service:others')) },
      'blast-radius',
      /reaches 2 tasks, 1 of them of service:others; limit 1 \(safety\.tasks\)/,
    ],
  ])('%s', async (_title, over, reason, says) => {
    const { stage, end, said } = await drilled(over);
    expect([end, changes(stage)], said).toEqual([`refused ${reason}`, []]);
    expect(said).toMatch(says);
  });
});

describe('the end of draining', () => {
  it('is tried again where its answer is lost', async () => {
    const stage = fleet(DRAIN);
    const state = await stage.run(undefined, ({ code }) => {
      if (code === 'GD_WATCH_ENDED')
        stage.ecs.fail('setInstanceState', { trouble: 'timeout', certainty: 'unknown', times: 2 });
    });
    expect([ending(state), found(stage), left(stage.journal.events)]).toEqual([
      'passed drained',
      AS_BEFORE,
      [],
    ]);
  });

  it('that is denied is said', async () => {
    const stage = fleet(DRAIN);
    const state = await stage.run(undefined, ({ code }) => {
      if (code === 'GD_WATCH_ENDED') stage.ecs.fail('setInstanceState', { trouble: 'denied' });
    });
    expect([ending(state), left(stage.journal.events)]).toEqual([
      'passed drained',
      [
        `container instance ${HOST} is DRAINING`,
        'set-instance-state could not be undone: scripted: denied',
        MARK_LEFT,
      ],
    ]);
  });

  it('has nothing to do for a host that was terminated meanwhile, and removes the mark', async () => {
    const stage = fleet(DRAIN);
    const state = await stage.run(undefined, ({ code }) => {
      if (code === 'GD_FAULT_LANDED')
        stage.clock.at(stage.clock.now() + 2_000, () => stage.ecs.world.instances.clear());
    });
    expect([ending(state), changes(stage), left(stage.journal.events)]).toEqual([
      'passed drained',
      ['DRAINING'],
      [`container instance ${HOST} is not in the cluster any more`],
    ]);
    expect(found(stage)).not.toContain('mark');
  });
});
