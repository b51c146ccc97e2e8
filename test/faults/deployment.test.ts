import { describe, expect, it } from 'vitest';
import { summarizeDrill } from '../../src/verdict/summarize.ts';
import { ending, type Theatre } from '../support/theatre.ts';
import { changes, fleet, found, leave, left, taskOf, type FleetOptions } from './fleet.ts';

const ALL: FleetOptions = {
  inject: { fault: 'deployment' },
  scenario: { safety: { tasks: 3 } },
};

async function drilled(
  over: Partial<FleetOptions> = {},
): Promise<{ stage: Theatre; end: string; said: string }> {
  const stage = fleet({ ...ALL, ...over });
  const state = await stage.run();
  return { stage, end: ending(state), said: state.verdict?.said ?? '' };
}

describe('a deployment', () => {
  it('replaces every task, and the job on each is judged', async () => {
    const { stage, end, said } = await drilled({ busy: [2, 3] });
    expect(end, said).toBe('passed drained');
    expect(changes(stage)).toEqual(['forceDeployment']);
    const { fleet: counts, injection } = summarizeDrill(stage.journal.events, null);
    expect(injection).toBe('proven');
    expect(counts).toMatchObject({ tasksHit: 3, jobsHit: 3, drained: 3, lost: 0, masked: 0 });
    expect(counts).toMatchObject({ buildsHit: 1, buildsKilled: 0 });
    expect(counts?.longestDrain).toBeGreaterThanOrEqual(10_000);
    expect(counts?.rollout).toBeGreaterThan(0);
    expect(stage.ecs.world.services.get('build-agents')?.deployments).toMatchObject([
      { id: 'ecs-svc/2', rolloutState: 'COMPLETED' },
    ]);
  });

  it('is as bad as the worst of them', async () => {
    const { stage, end, said } = await drilled({ busy: [2, 3], deaf: [3] });
    expect(end, said).toBe('failed lost');
    const { fleet: counts, target } = summarizeDrill(stage.journal.events, null);
    expect(counts).toMatchObject({ tasksHit: 3, jobsHit: 3, drained: 2, lost: 1 });
    expect(counts).toMatchObject({ buildsHit: 1, buildsKilled: 1 });
    expect(target?.taskArn).toBe(taskOf(3));
  });

  it('counts idle tasks apart', async () => {
    const { stage, end } = await drilled();
    expect(end).toBe('passed drained');
    const result = summarizeDrill(stage.journal.events, null);
    expect(result.fleet).toMatchObject({ tasksHit: 3, jobsHit: 1 });
    expect(result.notes).toContain('2 tasks that held no job were stopped too');
  });

  it('that stops a task right after its job ended says so, and judges the others', async () => {
    // The step is over before the scheduler, which takes its time, comes to its task.
    const stage = fleet({ ...ALL, busy: [2], asleep: true, staged: { runsFor: 8_000 } });
    stage.ecs.before('forceDeployment', 1, () => {
      const now = stage.clock.now();
      stage.clock.at(now + 1_000, () => roll(stage, 2));
      stage.clock.at(now + 10_000, () => [1, 3].forEach((n) => roll(stage, n)));
      stage.clock.at(now + 12_000, () => complete(stage));
    });
    const state = await stage.run();
    expect(ending(state), state.verdict?.said).toBe('passed drained');
    expect(state.verdict?.notes.join()).toMatch(
      /1 more tasks nothing shows that the job|1 tasks that held no job/,
    );
    expect(summarizeDrill(stage.journal.events, null).fleet).toMatchObject({ jobsHit: 1, drained: 1 });
  });
});

function roll(stage: Theatre, n: number): void {
  const now = stage.clock.now();
  const stopping = { desired: 'STOPPED', stopCode: 'ServiceSchedulerInitiated', stoppingAt: now } as const;
  stage.ecs.setTask(taskOf(n), {
    ...stopping,
    stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/2)',
  });
  leave(stage, taskOf(n), {});
}

function complete({ ecs }: Theatre): void {
  const service = ecs.world.services.get('build-agents');
  const [primary] = service?.deployments ?? [];
  if (service === undefined || primary === undefined) return;
  ecs.world.services.set('build-agents', {
    ...service,
    deployments: [{ ...primary, rolloutState: 'COMPLETED' }],
  });
}

const PLAIN = {
  ...{ scheduling: 'REPLICA', strategy: 'ROLLING', bakesFor: 0, pauses: false },
  ...{ circuitBreaker: 'off' as const, rebalances: false, exec: false },
};

describe('a deployment is refused', () => {
  it.each<[string, Partial<FleetOptions>, string, RegExp]>([
    [
      'that is not granted its reach',
      { scenario: {} },
      'blast-radius',
      /reaches 3 tasks; limit 1 \(safety\.tasks\)/,
    ],
    [
      'of a service that CodeDeploy deploys',
      { service: { controller: 'CODE_DEPLOY', deployments: [] } },
      'inert-fault',
      /deployed by CODE_DEPLOY/,
    ],
    [
      'whose percentages let nothing be replaced',
      { service: { minimumHealthyPercent: 100, maximumPercent: 100 } },
      'inert-fault',
      /no task may stop and none may start/,
    ],
    [
      'of a service without a task, which percentages have nothing to do with',
      {
        service: { desired: 0, running: 0, minimumHealthyPercent: 100, maximumPercent: 200 },
        scenario: { safety: { tasks: 9, settled: 'require' } },
      },
      'blast-radius',
      /last worker of service build-agents \(running 0\)/,
    ],
    [
      'that bakes for longer than it may be watched',
      { service: { traits: { ...PLAIN, strategy: 'BLUE_GREEN', bakesFor: 1_800_000 } } },
      'inert-fault',
      /BLUE_GREEN deployments bake for 30 min/,
    ],
    [
      'that pauses until somebody continues it',
      { service: { traits: { ...PLAIN, strategy: 'CANARY', pauses: true } } },
      'inert-fault',
      /PAUSE lifecycle hook/,
    ],
    [
      'without a service',
      { scenario: { cluster: { service: null, family: 'x' } } },
      'inert-fault',
      /needs a service/,
    ],
  ])('%s, before anything is started', async (_title, over, reason, says) => {
    const { stage, end, said } = await drilled({ asleep: true, ...over });
    expect([end, changes(stage), stage.buildkite.count('createBuild')], said).toEqual([
      `refused ${reason}`,
      [],
      0,
    ]);
    expect(said).toMatch(says);
  });

  it('of a service whose tasks could not be listed to the end', async () => {
    const { stage, end, said } = await drilled({
      ...ALL,
      set: ({ ecs }) => {
        ecs.world.isListingCut = true;
      },
    });
    expect([end, changes(stage)], said).toEqual(['refused inert-fault', []]);
    expect(said).toMatch(/could not be listed to the end \(3 were\)/);
  });

  it('of one worker that is not allowed to be the last', async () => {
    const { end } = await drilled({ workers: 1 });
    expect(end).toBe('refused blast-radius');
    const allowed = await drilled({ workers: 1, scenario: { safety: { allowLastWorker: true } } });
    expect(allowed.end).toBe('passed drained');
  });
});

describe('a forced deployment', () => {
  it('whose answer is lost is found, and not sent again', async () => {
    const stage = fleet(ALL);
    stage.ecs.fail('forceDeployment', { trouble: 'timeout', acted: true });
    expect(ending(await stage.run())).toBe('passed drained');
    expect(changes(stage)).toEqual(['forceDeployment']);
  });

  it('whose answer is lost and that never happened is not sent again', async () => {
    const stage = fleet({ ...ALL, staged: { runsFor: 60_000 } });
    stage.ecs.fail('forceDeployment', { trouble: 'timeout', certainty: 'unknown' });
    const state = await stage.run();
    expect([ending(state), changes(stage)]).toEqual(['inconclusive observation-gap', ['forceDeployment']]);
    expect(state.verdict?.said).toMatch(/nothing shows that it happened/);
    expect(left(stage.journal.events)).toEqual([
      'a new deployment of service build-agents may have been started',
    ]);
  });

  it('that is denied', async () => {
    const stage = fleet(ALL);
    stage.ecs.fail('forceDeployment', { trouble: 'denied' });
    expect(ending(await stage.run())).toBe('could-not-run aws-denied');
    expect(left(stage.journal.events)).toEqual([]);
  });

  it('whose place somebody else took: what was stopped then is not known to be ours', async () => {
    const stage = fleet({ ...ALL, asleep: true });
    stage.ecs.before('forceDeployment', 1, () => {
      const now = stage.clock.now();
      stage.clock.at(
        now + 2_500,
        () =>
          void stage.ecs.send(
            { kind: 'force-deployment', cluster: 'build-prod', service: 'build-agents' },
            new AbortController().signal,
          ),
      );
      stage.clock.at(now + 5_000, () => [1, 2, 3].forEach((n) => roll(stage, n)));
      stage.clock.at(now + 9_000, () => complete(stage));
    });
    const state = await stage.run();
    expect(ending(state)).toBe('inconclusive stopped-by-other');
    expect(state.verdict?.said).toBe('deployment ecs-svc/3 took the place of ours (ecs-svc/2)');
  });
});

it('changes nothing that is left', async () => {
  const { stage } = await drilled();
  expect(found(stage)).toBe('desired 3, protected none, host ACTIVE');
  expect(left(stage.journal.events)).toEqual([]);
});

describe('a deployment beside somebody else', () => {
  it('who scales in: what was stopped then is not known to be ours', async () => {
    const stage = fleet({ ...ALL, asleep: true });
    stage.ecs.before('forceDeployment', 1, () => {
      const now = stage.clock.now();
      stage.clock.at(now + 2_500, () => desire(stage, 1));
      stage.clock.at(now + 5_000, () => [1, 2, 3].forEach((n) => roll(stage, n)));
      stage.clock.at(now + 9_000, () => complete(stage));
    });
    const state = await stage.run();
    expect(ending(state)).toBe('inconclusive stopped-by-other');
    expect(state.verdict?.said).toBe('somebody set the desired count from 3 to 1 meanwhile');
  });

  it('who scales out is ours all the same', async () => {
    const stage = fleet(ALL);
    stage.ecs.before('forceDeployment', 1, () => {
      stage.clock.at(stage.clock.now() + 200, () => desire(stage, 4));
    });
    expect(ending(await stage.run())).toBe('passed drained');
  });
});

function desire({ ecs }: Theatre, desired: number): void {
  const service = ecs.world.services.get('build-agents');
  if (service !== undefined) ecs.world.services.set('build-agents', { ...service, desired });
}
