import type { Call } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import type { Task } from '../model/entities/task.ts';
import type { FaultName } from '../scenario/inject.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { DrillState } from '../state/state.ts';
import type { Step } from '../state/step.ts';
import type { FactKind, Subject } from '../model/world.ts';

/** What is known of a drill before anything is asked: its fault, and where the tasks run (null: either). */
export interface Beforehand {
  readonly inject: Scenario['inject'];
  readonly hosts: 'FARGATE' | 'EC2' | null;
}

/** The calls that it can send, undoing included, and what it reads besides the target and its surroundings. */
export interface Needs {
  readonly calls: readonly Call['kind'][];
  readonly reads: readonly FactKind[];
}

/** One way to stop a worker: what the fault must know, what it reaches, how it is injected and undone. No fault holds a port. */
export interface Fault {
  readonly name: FaultName;
  /** All that it may ever call and read; rights are written from it. */
  needs(known: Beforehand): Needs;
  /** What must be read at the last instant besides the target and its surroundings. */
  subjects(state: DrillState): readonly Subject[];
  /** ARNs of every task that it may take down. */
  reach(state: DrillState): readonly string[];
  /** Why the fault would do nothing to this target, or may not be injected; null if it works. */
  inert(state: DrillState): string | null;
  /** Exactly what will be done, for the person who is asked. */
  describeCalls(state: DrillState): readonly string[];
  /**
   * Each thing that it would change, for a dry run. `tasks` names the tasks and their cluster, `target` which of them it
   * aims at; `size`: how many tasks of the service run, null where that was not read.
   */
  touches(tasks: string, target: string, inject: Scenario['inject'], size: number | null): readonly string[];
  /** The next step of the injection, from the first call to the proof that it landed. */
  inject(state: DrillState, now: Instant): Step;
  /** The next step that puts back, by one call, what its service was marked for; a signal has it done at once. Null where nothing is left to put back. */
  restore(state: DrillState, now: Instant): Step | null;
  /** The next step that undoes it by compare-and-restore; null where nothing is left to undo. */
  undo(state: DrillState, now: Instant): Step | null;
  /** Why something was left as it is. */
  describeLeft(state: DrillState): readonly string[];
  /** Whether the fault is over: a rollout is complete, a host is empty. */
  hasFinished(state: DrillState, hits: readonly Task[]): boolean;
}

/** Step: send a call of the injection. */
export function makeInjectStep(call: Call): Step {
  return { do: 'call', call, as: 'fault' };
}

/** Step: send a call that undoes something. */
export function makeUndoStep(call: Call): Step {
  return { do: 'call', call, as: 'undo' };
}
