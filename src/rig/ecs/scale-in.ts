import { randomInt } from 'node:crypto';

import type { Resources } from './instances.ts';
import type { EcsKnobs } from './knobs.ts';
import { spreadOverZones, type PlacementStrategy } from './strategies.ts';
import type { EcsTask } from './task.ts';

/** What a service's scheduler goes by when it has a task too many. */
interface ScaleIn {
  readonly rule: EcsKnobs['scaleInVictim'];
  /** The service's own strategies; without any it spreads over zones. */
  readonly strategies?: readonly PlacementStrategy[] | undefined;
  /** What the task's host would have left without the task. */
  readonly leftWithout: (task: EcsTask) => Resources;
}

/**
 * Chooses whom a scale-in stops. `spread` takes from the zone with the most tasks of the service, `binpack` from the host
 * that then has the most left; among those that remain it is chance. Protected tasks count but are not taken (ECS-31, ECS-62).
 */
export function chooseTask(tasks: readonly EcsTask[], by: ScaleIn): EcsTask | undefined {
  const free = tasks.filter((task) => !task.isProtected);
  if (by.rule === 'oldest') return free[0];
  if (by.rule === 'newest') return free.at(-1);
  const strategies = by.strategies && by.strategies.length > 0 ? by.strategies : spreadOverZones;
  let candidates: readonly EcsTask[] = free;
  for (const { type, field } of strategies) {
    if (type === 'spread') candidates = most(candidates, countIn(tasks, zoneOf));
    if (type === 'binpack')
      candidates = most(candidates, (task) => by.leftWithout(task)[field === 'cpu' ? 'cpu' : 'memory']);
  }
  if (by.rule === 'fullest-host') candidates = most(candidates, countIn(tasks, hostOf));
  return candidates.length === 0 ? undefined : candidates[randomInt(candidates.length)];
}

function zoneOf(task: EcsTask): string {
  return task.availabilityZone ?? '';
}

function hostOf(task: EcsTask): string {
  return task.instanceArn ?? zoneOf(task);
}

/** How many of `all` are where a task is. */
function countIn(all: readonly EcsTask[], placeOf: (task: EcsTask) => string): (task: EcsTask) => number {
  const counts = new Map<string, number>();
  for (const task of all) counts.set(placeOf(task), (counts.get(placeOf(task)) ?? 0) + 1);
  return (task) => counts.get(placeOf(task)) ?? 0;
}

/** Those with the highest figure. */
function most(tasks: readonly EcsTask[], figureOf: (task: EcsTask) => number): readonly EcsTask[] {
  const highest = Math.max(...tasks.map(figureOf));
  return tasks.filter((task) => figureOf(task) === highest);
}
