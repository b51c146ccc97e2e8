import { seconds } from '../checks/times.ts';
import { findFact } from '../model/world.ts';
import { holds, refuses, type Guard } from './guard.ts';
import { isSibling, parseStopReason } from './lock.ts';

/** A minimum time between injections, as ECS shows stopped tasks and as gameday remembers. */
export const tooSoon: Guard = {
  name: 'too-soon',
  rule: 'The last injection of any gameday at this service was at least safety.minimumInterval ago; those of drills that safety.drillsAtOnce allows beside it do not count.',
  reason: 'too-soon',
  judge({ world, plan, drill }, now) {
    const interval = plan.scenario.safety.minimumInterval;
    if (interval === 0) return holds('the scenario sets no minimum interval');
    const past = findFact(world, 'ledger', plan.lockKey);
    const stops = findFact(world, 'recent-stops', plan.lockKey);
    if (past === undefined || stops === undefined) return refuses('past injections could not be read');
    const isOthers = (by: string | null): boolean =>
      by !== null && by !== drill && !isSibling(plan, drill, by);
    const times = [
      ...past.injections.filter((injection) => isOthers(injection.drill)).map((injection) => injection.at),
      ...stops.tasks
        .filter((task) => isOthers(parseStopReason(task.stoppedReason)))
        .map((task) => task.stoppingAt ?? now),
    ];
    const since = now - Math.max(-Infinity, ...times);
    if (since >= interval && stops.complete === false)
      return refuses(
        'the stopped tasks of the service could not be listed to the end: a later injection may be among them',
      );
    if (times.length === 0) return holds('no injection is known');
    if (since >= interval) return holds(`the last injection was ${seconds(since)} ago`);
    return refuses(
      `the last injection was ${seconds(since)} ago; limit ${seconds(interval)} (safety.minimumInterval)`,
    );
  },
};
