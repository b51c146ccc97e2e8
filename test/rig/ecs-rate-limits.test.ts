import { afterEach, describe, expect, it } from 'vitest';

import { RateLimits } from '../../src/rig/ecs/rate-limits.ts';
import { startCluster, type TestCluster } from './ecs-support.ts';

const open: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster.close();
});

/** How many of `count` requests at one instant are let through. */
function countPassed(limits: RateLimits, operation: string, count: number): number {
  return Array.from({ length: count }).filter(() => {
    try {
      limits.take(operation);
      return true;
    } catch {
      return false;
    }
  }).length;
}

describe('ECS-81: the token buckets of one account', () => {
  // Amazon ECS API Reference, request throttling: burst and sustained rate of each bucket.
  const rows = [
    ['DescribeClusters', 50, 20],
    ['ListTasks', 100, 20],
    ['DescribeTasks', 100, 20],
    ['StopTask', 100, 40],
    ['DescribeServices', 100, 20],
    ['UpdateService', 50, 5],
    ['TagResource', 50, 5],
    ['DescribeTaskDefinition', 50, 20],
    ['UpdateTaskProtection', 200, 80],
  ] as const;
  it.each(rows)('%s: %d at once, then %d a second', (operation, burst, sustained) => {
    let now = 1_000;
    const limits = new RateLimits(1, () => now);
    expect(countPassed(limits, operation, 500)).toBe(burst);
    now += 1_000;
    expect(countPassed(limits, operation, 500)).toBe(sustained);
    now += 3_600_000;
    expect(countPassed(limits, operation, 500)).toBe(burst);
  });

  it('operations of one kind share a bucket, and other kinds do not feel it', () => {
    const limits = new RateLimits(1, () => 0);
    expect(countPassed(limits, 'ListTasks', 60) + countPassed(limits, 'DescribeTasks', 60)).toBe(100);
    expect(countPassed(limits, 'DescribeServices', 1)).toBe(1);
  });

  it('knob ecsRateShare: what the other clients of the account leave', () => {
    expect(countPassed(new RateLimits(0.1, () => 0), 'ListTasks', 500)).toBe(10);
  });

  it('a request without a token is a ThrottlingException, and does nothing', async () => {
    const cluster = await startCluster({ ecsRateShare: 0.01 });
    open.push(cluster);
    expect(await cluster.post('ListTasks', { cluster: 'build' })).toMatchObject({ status: 200 });
    expect(await cluster.post('ListTasks', { cluster: 'build' })).toMatchObject({
      status: 400,
      body: { __type: 'ThrottlingException', message: 'Rate exceeded' },
    });
  });
});

describe('ECS-82: items a request', () => {
  const arn = 'arn:aws:ecs:us-east-1:123456789012:task/build/0123456789abcdef0123456789abcdef';
  const tasks = (count: number): readonly string[] => Array.from({ length: count }, () => arn);
  const rows = [
    ['DescribeTasks', { tasks: tasks(100) }, { tasks: tasks(101) }],
    ['ListTasks', { maxResults: 100 }, { maxResults: 101 }],
    ['GetTaskProtection', { tasks: tasks(100) }, { tasks: tasks(101) }],
    [
      'UpdateTaskProtection',
      { tasks: tasks(10), protectionEnabled: true },
      { tasks: tasks(11), protectionEnabled: true },
    ],
  ] as const;
  it.each(rows)('%s takes so many and no more', async (operation, most, more) => {
    const cluster = await startCluster();
    open.push(cluster);
    expect(await cluster.post(operation, { cluster: 'build', ...most })).toMatchObject({ status: 200 });
    expect(await cluster.post(operation, { cluster: 'build', ...more })).toMatchObject({
      status: 400,
      body: { __type: 'InvalidParameterException' },
    });
  });
});
