import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { definition, draining, startCluster, waitFor, type TestCluster } from './ecs-support.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.close());

const ready = "trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done";
const deaf = "trap '' TERM; echo ready; while :; do sleep 0.05; done";

function bash(script: string): readonly string[] {
  return ['bash', '-c', script];
}

describe('stopping a task', () => {
  it('ECS-10, ECS-11: StopTask answers at once, with the reason, while the task still runs', async () => {
    const arn = await cluster.run(definition({ worker: { argv: bash(ready) } }));
    const { task } = await cluster.ask<{ task: Record<string, unknown> }>('StopTask', {
      task: arn,
      reason: 'a drill',
    });
    expect(task).toMatchObject({
      lastStatus: 'RUNNING',
      desiredStatus: 'STOPPED',
      stopCode: 'UserInitiated',
      stoppedReason: 'a drill',
    });
    expect(task['stoppingAt']).toBeTypeOf('number');
    expect(task['stoppedAt']).toBeUndefined();
    const stopped = await cluster.until(arn, 'STOPPED');
    expect(stopped.containers[0]).toMatchObject({ lastStatus: 'STOPPED', exitCode: 0 });
    expect(stopped.stoppedAt).toBeGreaterThanOrEqual(stopped.executionStoppedAt);
    expect(stopped.executionStoppedAt).toBeGreaterThanOrEqual(stopped.stoppingAt);
  });

  it('ECS-11: without a reason ECS says that a user stopped it', async () => {
    const arn = await cluster.run(definition({ worker: { argv: bash(ready) } }));
    const { task } = await cluster.ask<{ task: object }>('StopTask', { task: arn });
    expect(task).toMatchObject({ stoppedReason: 'Task stopped by user' });
  });

  it('ECS-12: the tags of a task are gone after its stop', async () => {
    const arn = await cluster.run(definition({ worker: { argv: bash(ready) } }), {
      tags: [{ key: 'team', value: 'ci' }],
    });
    expect((await cluster.describe(arn))['tags']).toEqual([{ key: 'team', value: 'ci' }]);
    await cluster.ask('StopTask', { task: arn });
    expect((await cluster.until(arn, 'STOPPED'))['tags']).toEqual([]);
  });

  it('ECS-20, ECS-22: a worker that ignores SIGTERM is killed at its stop time-out: 137', async () => {
    const arn = await cluster.run(definition({ worker: { argv: bash(deaf), stopTimeout: 2 } }));
    await cluster.ask('StopTask', { task: arn });
    const task = await cluster.until(arn, 'STOPPED');
    expect(task.containers[0]?.exitCode).toBe(137);
    expect(task.executionStoppedAt - task.stoppingAt).toBeGreaterThanOrEqual(2);
  });

  it('ECS-13: SIGTERM goes to the main process alone, and once', async () => {
    // The child would write too; a second signal would be written twice before the worker leaves.
    const child = `bash -c "trap 'echo child' TERM; while :; do sleep 0.05; done" & `;
    const told =
      'trap \'echo main; told=1\' TERM; echo ready; while [ -z "$told" ]; do sleep 0.05; done; sleep 1';
    const arn = await cluster.run(definition({ worker: { argv: bash(`${child}${told}; echo over`) } }));
    await cluster.ask('StopTask', { task: arn });
    await cluster.until(arn, 'STOPPED');
    const written = await cluster.untilWritten(arn, 'worker', 'over');
    expect(written.match(/main|child/g)).toEqual(['main']);
  });

  it('ECS-18: executionStoppedAt is the end of the first essential container, stoppedAt that of the task', async () => {
    const arn = await cluster.run(
      definition({ worker: { argv: draining(0, 1.5) }, gateway: { argv: draining(0, 0) } }),
    );
    await cluster.ask('StopTask', { task: arn });
    const task = await cluster.until(arn, 'STOPPED');
    const ends = (cluster.rig.state.findTask(arn)?.worker?.containers ?? []).map(({ exit }) => exit?.at ?? 0);
    expect(Math.abs(task.executionStoppedAt * 1000 - Math.min(...ends))).toBeLessThan(500);
    expect(task.stoppedAt * 1000).toBeGreaterThanOrEqual(Math.max(...ends));
    expect(task.stoppedAt - task.executionStoppedAt).toBeGreaterThanOrEqual(1);
  });

  it('ECS-16: a stopped task is described for an hour, and MISSING after it', async () => {
    const arn = await cluster.run(definition({ worker: { argv: bash(ready) } }));
    await cluster.ask('StopTask', { task: arn });
    await cluster.until(arn, 'STOPPED');
    const task = cluster.rig.state.findTask(arn);
    if (task === undefined) throw new Error('the task is forgotten too early');
    task.stoppedAt = Date.now() - 59 * 60_000;
    expect(await cluster.describe(arn)).toMatchObject({ lastStatus: 'STOPPED' });
    task.stoppedAt = Date.now() - 61 * 60_000;
    expect(await cluster.ask('DescribeTasks', { tasks: [arn] })).toEqual({
      tasks: [],
      failures: [{ arn, reason: 'MISSING' }],
    });
  });

  it('ECS-14: a second StopTask keeps the first reason and is counted', async () => {
    const arn = await cluster.run(definition({ worker: { argv: draining(0, 0.3) } }));
    await cluster.ask('StopTask', { task: arn, reason: 'first' });
    const { task } = await cluster.ask<{ task: object }>('StopTask', { task: arn, reason: 'second' });
    expect(task).toMatchObject({ stoppedReason: 'first' });
    expect(cluster.rig.stopTaskLanded()[arn]).toBe(2);
  });

  it('ECS-19: what others depend on is stopped after them', async () => {
    const arn = await cluster.run(
      definition({
        agent: { argv: draining(0, 1), dependsOn: [{ containerName: 'proxy', condition: 'START' }] },
        proxy: { argv: draining(), essential: false },
      }),
    );
    await cluster.ask('StopTask', { task: arn });
    await cluster.until(arn, 'STOPPED');
    const [agent, proxy] = cluster.rig.state.findTask(arn)?.worker?.containers ?? [];
    expect(proxy?.signaledAt).toBeGreaterThanOrEqual(agent?.exit?.at ?? Number.POSITIVE_INFINITY);
  });

  it('ECS-23: the end of an essential container stops the rest', async () => {
    const arn = await cluster.run(
      definition({
        job: { argv: bash('sleep 0.5; exit 7') },
        sidecar: { argv: bash(ready), essential: false },
      }),
    );
    const task = await cluster.until(arn, 'STOPPED');
    expect(task).toMatchObject({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      containers: [{ exitCode: 7 }, { lastStatus: 'STOPPED' }],
    });
  });

  it('ECS-24: out of memory is 137 with a reason', async () => {
    const arn = await cluster.run(definition({ worker: { argv: bash(ready) } }));
    await cluster.rig.do({ do: 'oom', taskArn: arn });
    const task = await cluster.until(arn, 'STOPPED');
    expect(task.containers[0]).toMatchObject({
      exitCode: 137,
      reason: 'OutOfMemoryError: Container killed due to memory usage',
    });
  });

  it('ECS-17: an awsvpc task goes through STOPPING and DEPROVISIONING, others through STOPPING alone', async () => {
    const seen: unknown[] = [];
    cluster.rig.events.on('event', (event: Record<string, unknown>) => {
      if (event['event'] === 'task-status') seen.push([event['taskArn'], event['status']]);
    });
    const stopOf = async (document: unknown, more: object): Promise<readonly unknown[]> => {
      const arn = await cluster.run(document, { ...more });
      await cluster.ask('StopTask', { task: arn });
      await cluster.until(arn, 'STOPPED');
      return seen
        .filter((each) => Array.isArray(each) && each[0] === arn)
        .map((each) => (each as unknown[])[1]);
    };
    const inVpc = definition({ worker: { argv: draining(0, 0.2) } });
    expect(await stopOf(inVpc, {})).toEqual(['PENDING', 'RUNNING', 'STOPPING', 'DEPROVISIONING', 'STOPPED']);
    const bridged = { ...inVpc, networkMode: 'bridge', requiresCompatibilities: ['EC2'] };
    expect(await stopOf(bridged, { launchType: 'EC2' })).toEqual([
      'PENDING',
      'RUNNING',
      'STOPPING',
      'STOPPED',
    ]);
  });

  it('ECS-29: a spot interruption is the same path under another name', async () => {
    const arn = await cluster.run(definition({ worker: { argv: draining() } }));
    await cluster.rig.do({ do: 'spot-interruption', taskArn: arn });
    expect(await cluster.until(arn, 'STOPPED')).toMatchObject({
      stopCode: 'SpotInterruption',
      stoppedReason: 'Your Spot Task was interrupted.',
    });
  });

  it('ECS-40: a container finds its task at the metadata endpoint', async () => {
    const script =
      'curl -s $ECS_CONTAINER_METADATA_URI_V4/task; curl -s $ECS_CONTAINER_METADATA_URI_V4; echo; ';
    const arn = await cluster.run(definition({ worker: { argv: bash(script + ready) } }));
    await cluster.untilWritten(arn, 'worker', `"TaskARN":"${arn}"`);
    await cluster.untilWritten(arn, 'worker', '"Name":"worker"');
  });
});

describe('knobs of the stop', () => {
  const opened: TestCluster[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
  });

  async function stoppedUnder(knobs: Parameters<typeof startCluster>[0]): Promise<[TestCluster, string]> {
    const other = await startCluster(knobs);
    opened.push(other);
    return [other, await other.run(definition({ worker: { argv: draining(0, 0.1) } }))];
  }

  it('ECS-53: stopTask ignored answers the task unchanged and does nothing', async () => {
    const [other, arn] = await stoppedUnder({ stopTask: 'ignored' });
    const { task } = await other.ask<{ task: object }>('StopTask', { task: arn });
    expect(task).toMatchObject({ lastStatus: 'RUNNING', desiredStatus: 'RUNNING' });
    expect(other.rig.stopTaskLanded()).toEqual({});
  });

  it('ECS-51, ECS-52: stale answers have a lower version; exit codes can be absent', async () => {
    const [other, arn] = await stoppedUnder({ staleDescribe: 1, exitCode: 'absent' });
    const before = await other.describe(arn);
    await other.ask('StopTask', { task: arn });
    const stale = await other.describe(arn);
    expect([stale.version, stale.desiredStatus]).toEqual([before.version, 'RUNNING']);
    const task = await other.until(arn, 'STOPPED');
    expect(task.version).toBeGreaterThan(stale.version);
    expect(task.containers[0]).not.toHaveProperty('exitCode');
  });

  it('ECS-14: a second StopTask can overwrite the reason, or be refused', async () => {
    const [overwriting, first] = await stoppedUnder({ secondStopTask: 'overwrites' });
    await overwriting.ask('StopTask', { task: first, reason: 'first' });
    const { task } = await overwriting.ask<{ task: object }>('StopTask', { task: first, reason: 'second' });
    expect(task).toMatchObject({ stoppedReason: 'second' });
    const [refusing, second] = await stoppedUnder({ secondStopTask: 'refused' });
    await refusing.ask('StopTask', { task: second, reason: 'first' });
    const { body } = await refusing.post('StopTask', { cluster: 'build', task: second });
    expect(body).toMatchObject({ __type: 'InvalidParameterException' });
    expect(refusing.rig.stopTaskLanded()).toEqual({ [second]: 1 });
  });

  it('ECS-54: without a metadata endpoint a worker cannot know its task', async () => {
    const other = await startCluster({ agentTag: 'absent' });
    opened.push(other);
    const argv = bash('echo "uri=${ECS_CONTAINER_METADATA_URI_V4:-none}"; sleep 60');
    await other.untilWritten(await other.run(definition({ worker: { argv } })), 'worker', 'uri=none');
  });

  it('ECS-50: container statuses can lag behind the task', async () => {
    const [other, arn] = await stoppedUnder({ containerBatchMs: 1500 });
    await other.ask('StopTask', { task: arn });
    const task = await other.until(arn, 'STOPPED');
    expect(task.containers[0]?.lastStatus).toBe('RUNNING');
    await waitFor('the batch', async () =>
      (await other.describe(arn)).containers[0]?.exitCode === 0 ? true : undefined,
    );
  });
});
