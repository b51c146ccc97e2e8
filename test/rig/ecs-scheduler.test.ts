import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import type { EcsKnobs } from '../../src/rig/ecs/knobs.ts';
import { chooseTask } from '../../src/rig/ecs/scale-in.ts';
import type { PlacementStrategy } from '../../src/rig/ecs/strategies.ts';
import type { EcsTask } from '../../src/rig/ecs/task.ts';
import { TestService, worker } from './ecs-service-support.ts';
import { startCluster, type TestCluster } from './ecs-support.ts';

const open: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster.close();
});

async function start(knobs: Partial<EcsKnobs> = {}): Promise<TestCluster> {
  const cluster = await startCluster(knobs);
  open.push(cluster);
  return cluster;
}

async function service(
  count: number,
  more: object = {},
  knobs: Partial<EcsKnobs> = {},
  document: unknown = worker(),
): Promise<TestService> {
  const created = await new TestService(await start(knobs), 'agents').create(count, more, document);
  await created.settled(count);
  return created;
}

/** What a choice goes by where hosts have nothing left; `left` is MiB without the task, by host. */
function by(
  rule: EcsKnobs['scaleInVictim'],
  types: readonly PlacementStrategy['type'][] = [],
  left: Readonly<Record<string, number>> = {},
): Parameters<typeof chooseTask>[1] {
  return {
    rule,
    strategies: types.map((type) => ({ type, field: 'memory' })),
    leftWithout: ({ instanceArn }) => ({ cpu: 0, memory: left[instanceArn ?? ''] ?? 0 }),
  };
}

/** A place that a task stands in, as far as the choice of a chosen looks at it. */
function standing(availabilityZone: string, instanceArn: string, isProtected = false): EcsTask {
  return { availabilityZone, instanceArn, isProtected } as EcsTask;
}

describe('the choice of a chosen', () => {
  /** The hosts of those that are chosen in many choices. */
  function hostsChosen(tasks: readonly EcsTask[], choice: ReturnType<typeof by>): readonly unknown[] {
    const chosen = Array.from({ length: 200 }, () => chooseTask(tasks, choice)?.instanceArn);
    return [...new Set(chosen)].sort();
  }

  it('ECS-62: the fullest zone, there any task; protected tasks count and are not taken', () => {
    const a = [standing('a', 'a1'), standing('a', 'a2'), standing('a', 'a2')];
    const b = [standing('b', 'b1'), standing('b', 'b1')];
    expect(hostsChosen([...b, ...a], by('balanced'))).toEqual(['a1', 'a2']);
    expect(hostsChosen([...b, ...a], by('balanced', ['spread']))).toEqual(['a1', 'a2']);
    expect(hostsChosen([...b, ...a], by('fullest-host'))).toEqual(['a2']);
    const guarded = [standing('a', 'a1', true), standing('a', 'a2', true), standing('a', 'a2', true)];
    expect(chooseTask([...guarded, ...b], by('balanced'))).toMatchObject({ instanceArn: 'b1' });
    expect(chooseTask(guarded, by('balanced'))).toBeUndefined();
  });

  it('ECS-62: binpack takes from the host that then has the most left, after spread within the zone', () => {
    const tasks = [standing('a', 'a1'), standing('a', 'a2'), standing('b', 'b1')];
    const left = { a1: 300, a2: 200, b1: 900 };
    expect(hostsChosen(tasks, by('balanced', ['binpack'], left))).toEqual(['b1']);
    expect(hostsChosen(tasks, by('balanced', ['spread', 'binpack'], left))).toEqual(['a1']);
    expect(hostsChosen(tasks, by('balanced', ['random'], left))).toEqual(['a1', 'a2', 'b1']);
  });

  it('ECS-62: between equals it is chance, so that it is not always the same one', () => {
    const [first, second] = [standing('a', 'x'), standing('a', 'x')];
    const chosen = new Set(Array.from({ length: 200 }, () => chooseTask([first, second], by('balanced'))));
    expect(chosen.size).toBe(2);
    expect(chooseTask([first, second], by('oldest'))).toBe(first);
    expect(chooseTask([first, second], by('newest'))).toBe(second);
  });
});

describe('a service', () => {
  it('ECS-62: on Fargate the zones stay even', async () => {
    const agents = await service(3);
    const zones = async (): Promise<readonly unknown[]> => {
      const tasks = await Promise.all((await agents.tasks()).map((arn) => agents.cluster.describe(arn)));
      return tasks.map((task) => task['availabilityZone']).sort();
    };
    const [first, second] = [...new Set(await zones())];
    expect(await zones()).toEqual([first, first, second]);
    await agents.update({ desiredCount: 2 });
    expect(await zones()).toEqual([first, second]);
  });

  it('ECS-38: its events tell what started, stopped and settled, the newest first', async () => {
    const agents = await service(2);
    const [one = '', two = ''] = (await agents.tasks()).map((arn) => arn.split('/').at(-1));
    const { id } = (await agents.now()).deployments[0] ?? {};
    await agents.update({ desiredCount: 1 });
    const { events } = await agents.until('a second steady state', (now) => now.events.length === 5);
    const gone = (await agents.tasks())[0]?.endsWith(one) === true ? two : one;
    expect(events.map(({ message }) => message)).toEqual([
      '(service agents) has reached a steady state.',
      `(service agents) has stopped 1 running tasks: (task ${gone}).`,
      '(service agents) has reached a steady state.',
      `(service agents) (deployment ${id ?? ''}) deployment completed.`,
      `(service agents) has started 2 tasks: (task ${one}) (task ${two}).`,
    ]);
  });

  it('ECS-38: can have no task, gain one and lose it again', async () => {
    const agents = await service(0);
    expect(await agents.now()).toMatchObject({ runningCount: 0, pendingCount: 0 });
    await agents.update({ desiredCount: 1 });
    await agents.settled(1);
    await agents.update({ desiredCount: 0 });
    await agents.settled(0);
    expect(await agents.tasks('STOPPED')).toHaveLength(1);
  });

  it('ECS-39: what CodeDeploy or task sets roll cannot be forced; the desired count can change', async () => {
    for (const type of ['CODE_DEPLOY', 'EXTERNAL']) {
      const agents = new TestService(await start(), 'agents');
      await agents.create(1, { deploymentController: { type } });
      const steady = await agents.until('a steady task set', ({ taskSets }) => {
        return taskSets[0]?.stabilityStatus === 'STEADY_STATE';
      });
      expect(steady).toMatchObject({ deploymentController: { type }, deployments: [] });
      await expect(agents.update({ forceNewDeployment: true })).rejects.toThrow(`InvalidParameterException`);
      expect((await agents.now()).taskSets.map((each) => each.id)).toEqual(
        steady.taskSets.map((each) => each.id),
      );
      await agents.update({ desiredCount: 0 });
      await agents.until('none', (now) => now.runningCount === 0);
    }
  });

  it('ECS-63: protection that expires no longer holds a scale-in up', async () => {
    const agents = await service(2, {}, { protectionMinuteMs: 3000 });
    const [first = '', second = ''] = await agents.tasks();
    await agents.protect([first], true, { expiresInMinutes: 60 });
    await agents.protect([second], true, { expiresInMinutes: 1 });
    await agents.update({ desiredCount: 1 });
    expect(await agents.tasks()).toEqual([first, second]);
    expect(await agents.says(/because they are protected/)).toContain('unable to stop 1 tasks');
    await agents.settled(1);
    expect(await agents.tasks()).toEqual([first]);
    const { protectedTasks } = await agents.cluster.ask('GetTaskProtection', { tasks: [first, second] });
    expect(protectedTasks).toMatchObject([{ protectionEnabled: true }, { protectionEnabled: false }]);
  });

  it('ECS-64: while protected tasks hold up a deployment, no more can be protected', async () => {
    const agents = await service(1);
    const [old = ''] = await agents.tasks();
    await agents.protect([old]);
    await agents.update({ forceNewDeployment: true });
    await agents.until('old and new', (now) => now.runningCount === 2);
    const [, fresh = ''] = await agents.tasks();
    expect(await agents.protect([fresh])).toMatchObject({
      protectedTasks: [],
      failures: [{ arn: fresh, reason: 'DEPLOYMENT_BLOCKED' }],
    });
    expect((await agents.now()).deployments[0]).toMatchObject({ rolloutState: 'IN_PROGRESS' });
    await agents.protect([old], false);
    await agents.settled(1);
    expect(await agents.protect([fresh])).toMatchObject({ failures: [] });
    const missing = `${fresh.slice(0, -4)}0000`;
    expect(await agents.protect([old, missing])).toMatchObject({
      failures: [{ reason: 'TASK_NOT_VALID' }, { reason: 'MISSING' }],
    });
  });

  it('ECS-36: a rollout counts on a new task only after it has run for a while', async () => {
    const agents = await service(1, {}, { healthyAfterMs: 1000 });
    const [old = ''] = await agents.tasks();
    await agents.update({ forceNewDeployment: true });
    const stopped = await agents.cluster.until(old, 'STOPPED');
    const [fresh = ''] = await agents.tasks();
    const { startedAt } = await agents.cluster.describe(fresh);
    expect(stopped.stoppingAt - Number(startedAt)).toBeGreaterThanOrEqual(1);
  });

  it('ECS-66: a task whose health check fails is replaced, when its replacement is well', async () => {
    const cluster = await start();
    const script = `echo "home=$HOME."; trap 'exit 0' TERM; while :; do sleep 0.05; done`;
    const healthCheck = { command: ['CMD-SHELL', 'test ! -e "$HOME/ill"'], interval: 5, retries: 1 };
    const document = worker({ entryPoint: ['bash', '-c', script], healthCheck });
    const agents = await new TestService(cluster, 'agents').create(1, {}, document);
    const [ill = ''] = await agents.tasks();
    const home = /home=(.*)\./.exec(await cluster.untilWritten(ill, 'worker', '.\n'))?.[1] ?? '';
    writeFileSync(join(home, 'ill'), '');
    await agents.until('a replacement', (now) => now.runningCount === 2);
    expect(await cluster.describe(ill)).toMatchObject({
      desiredStatus: 'RUNNING',
      healthStatus: 'UNHEALTHY',
    });
    const [, fresh = ''] = await agents.tasks();
    expect(await cluster.until(ill, 'STOPPED')).toMatchObject({
      stopCode: 'ServiceSchedulerInitiated',
      stoppedReason: 'Task failed container health checks',
    });
    expect(await cluster.describe(fresh)).toMatchObject({ healthStatus: 'HEALTHY' });
    await agents.settled(1);
    expect((await agents.now()).events.map(({ message }) => message)).toContain(
      `(service agents) (task ${ill.split('/').at(-1) ?? ''}) failed container health checks.`,
    );
  });
});

const balancer = {
  loadBalancers: [{ targetGroupArn: 'arn:tg', containerName: 'worker', containerPort: 80 }],
};

describe('behind a load balancer', () => {
  it('ECS-67: a task is DEACTIVATING for the deregistration delay, and only then signalled', async () => {
    for (const stoppingAtBehindElb of ['requested', 'signaled'] as const) {
      const agents = await service(1, balancer, { deregistrationMs: 2500, stoppingAtBehindElb });
      const [arn = ''] = await agents.tasks();
      await agents.cluster.untilWritten(arn, 'worker', 'ready');
      const requestedAt = Date.now();
      const { task } = await agents.cluster.ask('StopTask', { task: arn });
      expect(task).toMatchObject({ lastStatus: 'RUNNING', desiredStatus: 'STOPPED' });
      const early = await agents.cluster.until(arn, 'DEACTIVATING');
      expect(early.containers[0]).toMatchObject({ lastStatus: 'RUNNING' });
      expect(early.stoppingAt === undefined).toBe(stoppingAtBehindElb === 'signaled');
      const late = await agents.cluster.until(arn, 'STOPPED');
      expect(late.containers[0]?.exitCode).toBe(0);
      const [worker] = agents.cluster.rig.state.findTask(arn)?.worker?.containers ?? [];
      expect((worker?.signaledAt ?? 0) - requestedAt).toBeGreaterThanOrEqual(2400);
      const drain = late.executionStoppedAt - late.stoppingAt;
      if (stoppingAtBehindElb === 'requested') expect(drain).toBeGreaterThanOrEqual(2.5);
    }
  });

  it('ECS-67: one whose essential container ends by itself is not DEACTIVATING', async () => {
    const agents = await service(1, balancer);
    const [arn = ''] = await agents.tasks();
    await agents.cluster.untilWritten(arn, 'worker', 'ready');
    agents.cluster.rig.state.findTask(arn)?.worker?.signal('worker', 'SIGTERM');
    expect(await agents.cluster.until(arn, 'STOPPED')).toMatchObject({
      stopCode: 'EssentialContainerExited',
    });
  });
});

describe('what others do', () => {
  it('ECS-69: they change the desired count, protect tasks and drain hosts, and it is not counted as a request', async () => {
    const agents = await service(2);
    const [first = '', second = ''] = await agents.tasks();
    const { rig } = agents.cluster;
    const before = rig.counts();
    await rig.do({ do: 'protect', taskArn: first });
    await rig.do({ do: 'set-desired-count', service: 'agents', count: 1 });
    await agents.cluster.until(second, 'STOPPED');
    expect(await agents.tasks()).toEqual([first]);
    await rig.do({ do: 'protect', taskArn: first, enabled: false });
    const { protectedTasks } = await agents.cluster.ask('GetTaskProtection', { tasks: [first] });
    expect(protectedTasks).toMatchObject([{ protectionEnabled: false }]);
    await rig.do({ do: 'start-deployment', service: 'agents' });
    await agents.cluster.until(first, 'STOPPED');
    const { UpdateService, UpdateTaskProtection } = rig.counts();
    expect([UpdateService, UpdateTaskProtection]).toEqual([before['UpdateService'], undefined]);
    await expect(rig.do({ do: 'set-desired-count', service: 'none', count: 1 })).rejects.toThrow(
      /no such service/,
    );
  });
});
