import { findFact } from '../model/world.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** Conditions that the scenario names; while one holds nothing is injected. */
export const haltConditions: Guard = {
  name: 'halt',
  rule: 'No condition of safety.haltWhen holds.',
  reason: 'halted',
  judge({ world, plan }) {
    const conditions = plan.scenario.safety.haltWhen;
    if (conditions.length === 0) return holds('the scenario names no condition');
    for (const { name } of conditions) {
      const said = findFact(world, 'halt', name);
      if (said === undefined) return refuses(`condition ${name} could not be read`);
      if (said.halted) return refuses(`condition ${name}: ${said.said}`);
    }
    return holds(`none of ${String(conditions.length)} conditions holds`);
  },
};
