import type { Task } from '../model/entities/task.ts';
import type { Scenario } from '../scenario/schema.ts';
import { findFact } from '../model/world.ts';
import { holds, refuses, type Guard } from './guard.ts';

function isInCluster(task: Task, name: string): boolean {
  return task.clusterArn === name || task.clusterArn.endsWith(`:cluster/${name}`);
}

/** Which of the scenario's names allows the task, or null where none does. */
export function findAllowingNames(task: Task, cluster: Scenario['cluster']): string | null {
  if (!isInCluster(task, cluster.name)) return null;
  const { service, family, taskTag } = cluster;
  const familyName = /task-definition\/([^:]+):/.exec(task.definition)?.[1];
  const checks = [
    service === null ? null : task.group === `service:${service}`,
    family === null ? null : familyName === family || task.group === `family:${family}`,
    taskTag === null ? null : task.tags[taskTag.key] === taskTag.value,
  ].filter((check) => check !== null);
  if (checks.length === 0 || checks.includes(false)) return null;
  const names = [
    service === null ? null : `service ${service}`,
    family === null ? null : `family ${family}`,
    taskTag === null ? null : `tag ${taskTag.key}=${taskTag.value}`,
  ].filter((name) => name !== null);
  return names.join(' and ');
}

/** Nothing may be stopped that the scenario does not name: cluster, and service, family or task tag, all that are given. */
export const allowList: Guard = {
  name: 'allow-list',
  rule: 'The task lies in the named cluster and matches every service, family and task tag that the scenario names.',
  reason: 'not-allowed',
  judge({ world, plan, target }) {
    const { cluster } = plan.scenario;
    if (cluster.service === null && cluster.family === null && cluster.taskTag === null)
      return refuses('the scenario names no service, family or task tag that may be stopped');
    if (target === null) return holds('the scenario names what may be stopped');
    const task = findFact(world, 'task', target.taskArn);
    if (task === undefined) return refuses('the task could not be read');
    const by = findAllowingNames(task, cluster);
    if (by !== null) return holds(`allowed by ${by}`);
    return refuses(
      `task ${task.arn} (${task.group ?? 'no group'}, cluster ${task.clusterArn}) does not match what the scenario names`,
    );
  },
};
