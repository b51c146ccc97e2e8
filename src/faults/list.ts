import { autoscaleIn } from './autoscale-in.ts';
import { command } from './command.ts';
import { deployment } from './deployment.ts';
import { drainInstance } from './drain-instance.ts';
import { fis } from './fis.ts';
import { type FaultName } from '../scenario/inject.ts';
import { faultNameOf, type Plan } from '../scenario/plan.ts';
import type { Fault } from './fault.ts';
import { scaleIn } from './scale-in.ts';
import { spotReclaim } from './spot-reclaim.ts';
import { stopTask } from './stop-task.ts';

/** Every fault by the word that a scenario uses. Adding one is one file and one line. */
export const FAULTS: Readonly<Record<FaultName, Fault>> = {
  'stop-task': stopTask,
  'scale-in': scaleIn,
  'autoscale-in': autoscaleIn,
  deployment,
  command,
  'drain-instance': drainInstance,
  fis,
  'spot-reclaim': spotReclaim,
};

/** The fault that the drill injects; null where it only watches. */
export function faultOf(plan: Plan): Fault | null {
  const name = faultNameOf(plan);
  return name === null ? null : FAULTS[name];
}
