import type { EcsTask } from './task.ts';

/** Hosts that AWS runs itself name containers as the definition does. */
function namesArePlain({ seed }: EcsTask): boolean {
  return seed.launchType === 'FARGATE' || seed.launchType === 'MANAGED_INSTANCES';
}

/** Docker's id of a container, which DescribeTasks calls its runtime id: on Fargate and Managed Instances `TASK-DIGITS`, elsewhere hex digits (ECS-48). */
export function dockerIdOf(task: EcsTask, container: string): string {
  const id = task.containerIds.get(container) ?? '';
  if (!namesArePlain(task)) return id;
  const digits = Number.parseInt(id.slice(0, 8), 16).toString().padStart(10, '0');
  return `${task.seed.id}-${digits}`;
}

/**
 * Docker's name of a container: on Fargate and Managed Instances the plain one, elsewhere `ecs-FAMILY-REVISION-NAME-HEX`, from whose NAME every
 * character but letters, digits and `-` is gone (ECS-48).
 */
export function dockerNameOf(task: EcsTask, container: string): string {
  if (namesArePlain(task)) return container;
  const { family, revision } = task.seed.definition;
  const id = task.containerIds.get(container) ?? '';
  return `ecs-${family}-${revision}-${container.replaceAll(/[^A-Za-z0-9-]/g, '')}-${id.slice(0, 20)}`;
}
