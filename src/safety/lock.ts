import type { Trouble } from '../model/answer.ts';
import { isOfSameGameDay } from '../model/drill-id.ts';
import { findFact, keyOf } from '../model/world.ts';
import type { ScenarioPlan } from '../scenario/plan.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** The drill that a stopped task's reason names, or null where it is not a gameday's. */
export function parseStopReason(reason: string | null): string | null {
  return /^gameday (\S+)$/.exec(reason ?? '')?.[1] ?? null;
}

/** Whether the stop of another drill counts as ours: one of the same game day, where several may run at once. */
export function isSibling({ scenario }: ScenarioPlan, drill: string, other: string): boolean {
  return scenario.safety.drillsAtOnce > 1 && isOfSameGameDay(drill, other);
}

function sayWhy(trouble: Trouble | null | undefined): string {
  return trouble == null ? '' : `: ${trouble.message}`;
}

/**
 * One drill at a time for a service, or as many of one process as safety.drillsAtOnce allows: a lock in the state directory and in
 * the store that machines share, and for all others a task going down with a gameday's reason.
 */
export const lock: Guard = {
  name: 'lock',
  rule: 'No other drill runs on this cluster and service: none on this machine, and ECS shows none. Drills of one process count as one where safety.drillsAtOnce allows several.',
  reason: 'lock-held',
  judge({ world, marks, plan, drill }) {
    const where = plan.lockStore ?? 'the state directory of this machine alone';
    if (plan.dryRun) return holds(`not taken in a dry run; a drill takes it in ${where}`);
    const own = findFact(world, 'lock', plan.lockKey);
    if (own === undefined)
      return refuses(
        `the lock could not be taken${sayWhy(marks[keyOf({ kind: 'lock', id: plan.lockKey })]?.trouble)}`,
      );
    if (!own.ours) return refuses(`held by ${own.heldBy ?? 'an unknown process'}`);
    const stops = findFact(world, 'recent-stops', plan.lockKey);
    if (stops === undefined) return refuses('stopping tasks of the service could not be listed');
    const other = stops.tasks.find((task) => {
      const by = parseStopReason(task.stoppedReason);
      return !task.ended && by !== null && by !== drill && !isSibling(plan, drill, by);
    });
    if (other !== undefined)
      return refuses(
        `a task is going down for drill ${parseStopReason(other.stoppedReason) ?? ''}: ${other.arn}`,
      );
    if (stops.complete === false)
      return refuses(
        'the stopped tasks of the service could not be listed to the end: one may be going down for another drill',
      );
    return holds(`the lock is ours in ${where}, and no task is going down for another drill`);
  },
};
