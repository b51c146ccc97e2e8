import type { Task } from './task.ts';

/** Whether ECS answered from an older copy than one that was seen before: `version` only grows (DescribeTasks is eventually consistent). */
export function isOlder(before: Task | undefined, now: Task): boolean {
  return (
    before !== undefined && before.version !== null && now.version !== null && now.version < before.version
  );
}
