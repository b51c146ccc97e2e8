import { faultOf } from '../faults/list.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** A fault that would do nothing to its target proves nothing: it is refused with the reason. */
export const inertFault: Guard = {
  name: 'inert-fault',
  rule: 'The fault reaches its target: a service task for scale-in, deployment and draining, an EC2 host for draining, percentages that let a task stop.',
  reason: 'inert-fault',
  judge(state) {
    const fault = faultOf(state.plan);
    const why = fault?.inert(state) ?? null;
    if (why !== null) return refuses(why);
    return holds(state.target === null ? 'no target yet' : `${fault?.name ?? 'nothing'} reaches the target`);
  },
};
