import { seconds } from '../checks/times.ts';
import { firesWithLeft, historyOf, waitedForStep } from './timed-step.ts';
import { specOf, type Trigger } from './trigger.ts';

/** Trigger `near-end`: a job of the step has so much of its usual time left. */
export const nearEnd: Trigger = {
  kind: 'near-end',
  reads: [],
  before: (state) => historyOf(state, specOf(state, 'near-end')),
  asks: () => [],
  fire(state, now) {
    const spec = specOf(state, 'near-end');
    return firesWithLeft(state, spec, () => spec.left, now);
  },
  waitedFor(state) {
    const spec = specOf(state, 'near-end');
    return waitedForStep(state, spec, seconds(spec.left));
  },
};
