import { fireWithTimeLeft, historyOf, describeWaitForStep } from './timed-step.ts';
import { specOf, type Trigger } from './trigger.ts';

/** Trigger `at-fraction`: a job of the step has a part of its usual time left. */
export const atFraction: Trigger = {
  kind: 'at-fraction',
  reads: [],
  before: (state) => historyOf(state, specOf(state, 'at-fraction')),
  asks: () => [],
  fire(state, now) {
    const spec = specOf(state, 'at-fraction');
    return fireWithTimeLeft(state, spec, (usual) => usual * spec.fractionLeft, now);
  },
  waitedFor(state) {
    const spec = specOf(state, 'at-fraction');
    return describeWaitForStep(state, spec, `${String(Math.round(spec.fractionLeft * 100))} %`);
  },
};
