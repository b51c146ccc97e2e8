import type { Call } from '../drill/call.ts';
import type { Instant } from '../drill/entities/build.ts';
import type { Task } from '../drill/entities/task.ts';
import type { Scenario } from '../drill/plan.ts';
import type { DrillState } from '../drill/state.ts';
import type { Step } from '../drill/step.ts';
import type { Subject } from '../drill/world.ts';

export type FaultKind = Scenario['inject']['fault'];

/** One way in which a worker dies: what it must know, what it reaches, how it is done, and how it is undone. No fault holds a port. */
export interface Fault {
  readonly kind: FaultKind;
  /** The IAM actions it needs beyond reading. */
  readonly actions: readonly string[];
  /** What must be read at the last instant besides the target and its surroundings. */
  subjects(state: DrillState): readonly Subject[];
  /** ARNs of every task that it may take down. */
  reach(state: DrillState): readonly string[];
  /** Why it would do nothing to this target, or may not be done to it; null where it will. */
  inert(state: DrillState): string | null;
  /** Exactly what will be done, for the person who is asked. */
  shown(state: DrillState): readonly string[];
  /** The next step of the injection, from the first call to the proof that it landed. */
  inject(state: DrillState, now: Instant): Step;
  /** The next step that undoes it by compare-and-restore; null where nothing is left to undo. */
  undo(state: DrillState, now: Instant): Step | null;
  /** Why something was left as it is. */
  left(state: DrillState): readonly string[];
  /** Whether the whole of it is over: a rollout that is complete, a host that is empty. */
  over(state: DrillState, hits: readonly Task[]): boolean;
}

/** Step: send a call of the injection. */
export function inject(call: Call): Step {
  return { do: 'call', call, as: 'fault' };
}

/** Step: send a call that undoes something. */
export function restore(call: Call): Step {
  return { do: 'call', call, as: 'undo' };
}
