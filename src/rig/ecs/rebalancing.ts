import { zonesOf } from './instances.ts';
import { say, type Service } from './service.ts';
import type { EcsState } from './state.ts';
import type { EcsTask } from './task.ts';

/** How many tasks of a service each zone has, those zones too that have a host and no task. */
function countZones(
  { cluster, hosts }: Pick<EcsState, 'cluster' | 'hosts'>,
  isFargate: boolean,
  tasks: readonly EcsTask[],
): ReadonlyMap<string, number> {
  const active = isFargate ? [] : hosts.filter(({ status }) => status === 'ACTIVE');
  const zones = isFargate ? zonesOf(cluster.region) : active.map((host) => host.availabilityZone);
  const counts = new Map(zones.map((zone) => [zone, 0]));
  for (const { availabilityZone: zone } of tasks)
    if (zone !== undefined) counts.set(zone, (counts.get(zone) ?? 0) + 1);
  return counts;
}

/**
 * The zone to which a steady service is to move a task now; undefined where none. Says so when that begins and when it is
 * over. The new task is started first, and the scale-in of one too many then takes from the zone with the most (ECS-96).
 */
export function findEmptiestZone(
  state: EcsState,
  service: Service,
  tasks: readonly EcsTask[],
): string | undefined {
  if (!service.rebalances) return undefined;
  const counts = countZones(state, service.launchType === 'FARGATE', tasks);
  const [emptiest, fewest] = [...counts].toSorted(([, a], [, b]) => a - b)[0] ?? ['', 0];
  const most = Math.max(...counts.values());
  const isBalanced = most - fewest < 2;
  const isMovable = ({ availabilityZone: zone = '', isProtected }: EcsTask): boolean =>
    counts.get(zone) === most && !isProtected;
  if (!isBalanced && !tasks.some(isMovable)) return undefined;
  if (isBalanced && !service.isRebalancing) return undefined;
  const shown = [...counts].map(([zone, count]) => `${String(count)} tasks in ${zone}`).join(', ');
  if (isBalanced) say(service, `is AZ balanced with ${shown}.`);
  else say(service, `is not AZ balanced with ${shown}. AZ Rebalancing in progress.`);
  service.isRebalancing = !isBalanced;
  return isBalanced ? undefined : emptiest;
}

/** Keeps a task on the hosts of one zone. */
export function zoneConstraint(zone: string): { readonly type: 'memberOf'; readonly expression: string } {
  return { type: 'memberOf', expression: `attribute:ecs.availability-zone == ${zone}` };
}
