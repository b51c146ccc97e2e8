import { randomInt } from 'node:crypto';

import type { EcsKnobs } from './knobs.ts';
import type { EcsTask } from './task.ts';

/**
 * Chooses whom a scale-in stops: from the zone with the most tasks of the service, there from the host with the most,
 * and among those it is chance; protected tasks count but are not taken (ECS-31, ECS-62).
 */
export function chooseVictim(
  tasks: readonly EcsTask[],
  rule: EcsKnobs['scaleInVictim'],
): EcsTask | undefined {
  const free = tasks.filter((task) => !task.isProtected);
  if (rule !== 'balanced') return rule === 'oldest' ? free[0] : free.at(-1);
  const zoneOf = (task: EcsTask): string => task.availabilityZone ?? '';
  const hostOf = (task: EcsTask): string => task.instanceArn ?? zoneOf(task);
  const candidates = fullest(fullest(free, tasks, zoneOf), tasks, hostOf);
  return candidates.length === 0 ? undefined : candidates[randomInt(candidates.length)];
}

/** Those of `free` in the place that holds the most of `all`. */
function fullest(
  free: readonly EcsTask[],
  all: readonly EcsTask[],
  placeOf: (task: EcsTask) => string,
): readonly EcsTask[] {
  const load = (task: EcsTask): number => all.filter((other) => placeOf(other) === placeOf(task)).length;
  const most = Math.max(0, ...free.map(load));
  return free.filter((task) => load(task) === most);
}
