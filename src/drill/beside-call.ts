import type { DrillState } from '../state/state.ts';
import { paced, type Ask } from '../state/step.ts';
import type { Subject } from '../model/world.ts';

/** How long the answer of an injection may take before reads go on beside it, milliseconds. */
export const LOOK_AFTER = 1_000;

/** The target's task, and what it held. */
export function listAsksBesideCall({ target, plan }: DrillState): readonly Ask[] {
  if (target === null) return [];
  const every = Math.max(LOOK_AFTER, plan.scenario.limits.pollEvery);
  const held: Subject =
    target.jobId === null ? { kind: 'agent', id: target.agentId } : { kind: 'job', id: target.jobId };
  return [paced({ kind: 'task', id: target.taskArn }, every), paced(held, every)];
}
