import { TASK_ARN_TAG } from '../../model/entities/agent.ts';
import { findFact } from '../../model/world.ts';
import { traitsOf } from '../../scenario/plan.ts';
import { blocking, ok, warning, type Check } from '../seen.ts';

/** gameday does not run on the fleet that it would stop. */
export const ownFleet: Check = {
  name: 'own-fleet',
  judge({ plan, state }) {
    const self = findFact(state.world, 'self', 'self');
    const fleet = findFact(state.world, 'tasks-of', plan.lockKey);
    if (self === undefined || fleet === undefined || self.unresolved !== null) return [];
    const agent = self.agentId === null ? undefined : findFact(state.world, 'agent', self.agentId);
    const own = [self.taskArn, agent?.tags[TASK_ARN_TAG] ?? null].filter((arn) => arn !== null);
    const shared = own.find((arn) => fleet.arns.includes(arn));
    if (shared === undefined && own.length > 0 && !fleet.complete)
      return [
        warning(
          `whether gameday runs on the fleet that it would stop is not known: only ${String(fleet.arns.length)} of its tasks could be listed`,
          'Run gameday outside of that fleet.',
        ),
      ];
    if (shared === undefined)
      return [
        ok(
          own.length === 0
            ? 'gameday runs on no task of ECS'
            : 'gameday runs outside the fleet that it would stop',
        ),
      ];
    const said = `gameday runs on ${shared}, a task of the fleet that it would stop`;
    const next = 'Run gameday on another fleet.';
    return [traitsOf(plan)?.takes === 'target' ? warning(said, next) : blocking(said, next)];
  },
};
