import { seconds } from '../checks/times.ts';
import { fireWithTimeLeft, historyOf, describeWaitForStep } from './timed-step.ts';
import { specOf, type Trigger } from './trigger.ts';

/** Trigger `near-end`: a job of the step has so much of its usual time left. */
export const nearEnd: Trigger = {
  kind: 'near-end',
  reads: [],
  before: (state) => historyOf(state, specOf(state, 'near-end')),
  asks: () => [],
  fire(state, now) {
    const spec = specOf(state, 'near-end');
    return fireWithTimeLeft(state, spec, () => spec.left, now);
  },
  waitedFor(state) {
    const spec = specOf(state, 'near-end');
    return describeWaitForStep(state, spec, seconds(spec.left));
  },
};
