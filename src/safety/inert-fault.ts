import { FAULTS } from '../faults/list.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** A fault that would do nothing to its target proves nothing: it is refused with the reason. */
export const inertFault: Guard = {
  name: 'inert-fault',
  rule: 'The fault reaches its target: a service task for scale-in, deployment and draining, an EC2 host for draining, percentages that let a task stop.',
  reason: 'inert-fault',
  judge(state) {
    if (state.target === null) return holds('no target yet');
    const why = FAULTS[state.plan.scenario.inject.fault].inert(state);
    return why === null ? holds(`${state.plan.scenario.inject.fault} reaches the target`) : refuses(why);
  },
};
