import { halt } from '../state/step.ts';
import type { Fault } from './fault.ts';

/** Faults `none` and `found`: nothing is injected, so nothing of theirs is ever asked. */
export const nothing: Fault = {
  kind: 'none',
  needs: () => ({ calls: [], reads: [] }),
  subjects: () => [],
  reach: () => [],
  inert: () => null,
  shown: () => [],
  inject: () => halt('internal', 'there is nothing to inject'),
  undo: () => null,
  left: () => [],
  over: () => true,
};
