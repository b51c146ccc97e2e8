import { decideAiming } from './aim.ts';
import { decideArmed } from './arm.ts';
import type { Instant } from '../model/instants.ts';
import { assertNever } from '../model/errors.ts';
import { decideSettling } from './finish.ts';
import { decideGate, decideGated } from './gate.ts';
import { faultOf } from '../faults/list.ts';
import { decideStart } from './start.ts';
import type { DrillState } from '../state/state.ts';
import { haltDrill, type Step } from '../state/step.ts';
import { decideObserving } from './watch.ts';

/** What a drill does next: a total function of its state and the time, with exactly one step. */
export function decideStep(state: DrillState, now: Instant): Step {
  switch (state.phase) {
    case 'planned':
      return decideGate(state, now);
    case 'gated':
      return decideGated(state, now) ?? decideStart(state, now);
    case 'building':
      return decideStart(state, now);
    case 'armed':
      return decideArmed(state, now);
    case 'aiming':
      return decideAiming(state, now);
    case 'injecting':
      return faultOf(state.plan)?.inject(state, now) ?? haltDrill('internal', 'there is nothing to inject');
    case 'observing':
      return decideObserving(state, now);
    case 'settling':
      return decideSettling(state, now);
    case 'judged':
      return { do: 'end' };
    default:
      return assertNever(state.phase);
  }
}
