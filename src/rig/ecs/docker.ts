import type { EcsTask } from './task.ts';

/** Docker's id of a container, which DescribeTasks calls its runtime id: on Fargate `TASK-DIGITS`, elsewhere hex digits (ECS-48). */
export function dockerIdOf(task: EcsTask, container: string): string {
  const id = task.containerIds.get(container) ?? '';
  if (task.seed.launchType !== 'FARGATE') return id;
  const digits = Number.parseInt(id.slice(0, 8), 16).toString().padStart(10, '0');
  return `${task.seed.id}-${digits}`;
}

/**
 * Docker's name of a container: on Fargate the plain one, elsewhere `ecs-FAMILY-REVISION-NAME-HEX`, from whose NAME every
 * character but letters, digits and `-` is gone (ECS-48).
 */
export function dockerNameOf(task: EcsTask, container: string): string {
  if (task.seed.launchType === 'FARGATE') return container;
  const { family, revision } = task.seed.definition;
  const id = task.containerIds.get(container) ?? '';
  return `ecs-${family}-${revision}-${container.replaceAll(/[^A-Za-z0-9-]/g, '')}-${id.slice(0, 20)}`;
}
