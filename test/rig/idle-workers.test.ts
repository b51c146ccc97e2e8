import { afterEach, expect, it } from 'vitest';

import { definition, startCluster, waitFor, type TestCluster } from './ecs-support.ts';
import { TestService } from './ecs-service-support.ts';

const open: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster.close();
});

const agent = definition({
  agent: { argv: ['buildkite-agent', 'start'] },
  sidecar: { argv: ['bash', '-c', 'sleep 1000'] },
});

async function idleService(count: number, processes: number): Promise<TestService> {
  const cluster = await startCluster();
  open.push(cluster);
  cluster.rig.state.tasksWithProcesses.set('agents', processes);
  const service = await new TestService(cluster, 'agents').create(count, {}, agent);
  await waitFor('the agents', () => Promise.resolve(cluster.idle.joined.length === count || undefined));
  return service;
}

function arnIn(tags: readonly string[] | undefined): string {
  return tags?.find((tag) => tag.startsWith('ecs:task-arn='))?.slice('ecs:task-arn='.length) ?? '';
}

it('ECS-83: a task without processes is RUNNING, and its agent registers with the tags of its task', async () => {
  const { cluster } = await idleService(3, 0);
  const { taskArns } = await cluster.ask<{ taskArns: readonly string[] }>('ListTasks');
  expect(cluster.idle.joined.map(arnIn).sort()).toEqual([...taskArns].sort());
  for (const tags of cluster.idle.joined) expect(tags).toContain('gameday-rig=idle-agent');
  expect(await cluster.describe(arnIn(cluster.idle.joined[0]))).toMatchObject({ lastStatus: 'RUNNING' });
  expect(cluster.rig.processes().flatMap(({ pids }) => pids)).toEqual([]);
});

it('ECS-83: its agent leaves with the stop, the task ends with exit code 0, and another takes its place', async () => {
  const { cluster } = await idleService(2, 0);
  const stopped = arnIn(cluster.idle.joined[0]);
  await cluster.ask('StopTask', { task: stopped });
  const task = await cluster.until(stopped, 'STOPPED');
  expect(task.containers.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(cluster.idle.left.map(arnIn)).toEqual([stopped]);
  await waitFor('another', () => Promise.resolve(cluster.idle.joined.length === 3 || undefined));
  expect(cluster.idle.silent).toEqual([]);
});
