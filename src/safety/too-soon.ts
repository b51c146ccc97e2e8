import { seconds } from '../checks/times.ts';
import { seen } from '../model/world.ts';
import { holds, refuses, type Guard } from './guard.ts';
import { gamedayReason } from './lock.ts';

/** A minimum time between strikes, as ECS shows stopped tasks and as the ledger remembers. */
export const tooSoon: Guard = {
  name: 'too-soon',
  rule: 'The last strike of any gameday at this service was at least safety.minimumInterval ago.',
  reason: 'too-soon',
  judge({ world, plan, drill }, now) {
    const interval = plan.scenario.safety.minimumInterval;
    if (interval === 0) return holds('the scenario sets no minimum interval');
    const ledger = seen(world, 'ledger', plan.lockKey);
    const stops = seen(world, 'recent-stops', plan.lockKey);
    if (ledger === undefined || stops === undefined) return refuses('past strikes could not be read');
    const times = [
      ...ledger.strikes.filter((strike) => strike.drill !== drill).map((strike) => strike.at),
      ...stops.tasks
        .filter(
          (task) => gamedayReason(task.stoppedReason) !== null && gamedayReason(task.stoppedReason) !== drill,
        )
        .map((task) => task.stoppingAt ?? now),
    ];
    if (times.length === 0) return holds('no strike is known');
    const since = now - Math.max(...times);
    if (since >= interval) return holds(`the last strike was ${seconds(since)} ago`);
    return refuses(
      `the last strike was ${seconds(since)} ago; limit ${seconds(interval)} (safety.minimumInterval)`,
    );
  },
};
