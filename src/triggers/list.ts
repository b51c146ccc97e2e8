import { agentIdle } from './agent-idle.ts';
import { atFraction } from './at-fraction.ts';
import { fleetBusy } from './fleet-busy.ts';
import { nearEnd } from './near-end.ts';
import { stepInFlight } from './step-in-flight.ts';
import type { Trigger, TriggerKind } from './trigger.ts';

/** Every trigger. Adding one is one file and one line. */
export const TRIGGERS: Readonly<Record<TriggerKind, Trigger>> = {
  'step-in-flight': stepInFlight,
  'agent-idle': agentIdle,
  'near-end': nearEnd,
  'at-fraction': atFraction,
  'fleet-busy': fleetBusy,
};
