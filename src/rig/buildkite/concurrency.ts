import { isOver, makeRunnable } from './jobs.ts';
import { isCommand } from './model.ts';
import type { CommandJob, World } from './model.ts';

/** Lets the jobs go that waited for a place in their concurrency group, in the order in which they were created. */
export function admitLimited(world: World): void {
  const commands = [...world.jobs.values()].filter(isCommand).sort((a, b) => a.queuedAs - b.queuedAs);
  for (const job of commands)
    if (job.state === 'LIMITED' && hasPlace(job, commands)) makeRunnable(world, job, 'SCHEDULED');
}

/**
 * A group is a queue: a job may go if fewer than its limit stand before it, those that still wait for their steps among
 * them (`ordered`); with `eager` only those count that have a place (pipelines/configure/workflows/controlling-concurrency).
 */
function hasPlace(job: CommandJob, commands: readonly CommandJob[]): boolean {
  const { concurrency } = job.step;
  if (concurrency === null) return true;
  const before = commands.filter(
    (other) =>
      other !== job &&
      other.step.concurrency?.group === concurrency.group &&
      !isOver(other) &&
      (concurrency.method === 'eager' ? isPlaced(other) : isPlaced(other) || other.queuedAs < job.queuedAs),
  );
  return before.length < concurrency.limit;
}

function isPlaced({ state }: CommandJob): boolean {
  return state !== 'WAITING' && state !== 'LIMITED';
}
