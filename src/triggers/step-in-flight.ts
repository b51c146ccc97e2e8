import { formatSpan } from '../model/instants.ts';
import { formatStep } from '../model/step-name.ts';
import { fireInFlight, viewOwnBuilds } from './running.ts';
import { specOf, type Trigger } from './trigger.ts';

/** Trigger `step-in-flight`: a job of the step has been RUNNING for as long as the scenario says. */
export const stepInFlight: Trigger = {
  kind: 'step-in-flight',
  reads: [],
  before: () => [],
  asks: () => [],
  fire: (state, now) => fireInFlight(specOf(state, 'step-in-flight'), viewOwnBuilds(state), now),
  waitedFor(state) {
    const { step, inFlightFor } = specOf(state, 'step-in-flight');
    return `step ${formatStep(step)} was not in flight for ${formatSpan(inFlightFor)}`;
  },
};
