import { deployment } from './deployment.ts';
import { drainInstance } from './drain-instance.ts';
import type { Fault, FaultKind } from './fault.ts';
import { nothing } from './nothing.ts';
import { scaleIn } from './scale-in.ts';
import { spotReclaim } from './spot-reclaim.ts';
import { stopTask } from './stop-task.ts';

/** Every fault by the word that a scenario uses. Adding one is one file and one line. */
export const FAULTS: Readonly<Record<FaultKind, Fault>> = {
  'stop-task': stopTask,
  'scale-in': scaleIn,
  deployment,
  'drain-instance': drainInstance,
  'spot-reclaim': spotReclaim,
  none: nothing,
  found: nothing,
};
