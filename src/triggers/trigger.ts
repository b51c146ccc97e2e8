import type { Instant } from '../model/instants.ts';
import type { Job } from '../model/entities/job.ts';
import type { When } from '../scenario/when.ts';
import type { DrillState } from '../state/state.ts';
import type { Ask } from '../state/step.ts';
import type { FactKind, Subject } from '../model/world.ts';

export type TriggerKind = When['trigger'];

/** The target of a trigger: an agent (null if the job names none) and its job (null if it has none). */
export interface Aim {
  readonly agentId: string | null;
  readonly job: Job | null;
}

/** What a trigger says: inject into this one, look again by then, or it will never fire. */
export type Fired =
  | { readonly fires: 'now'; readonly aim: Aim; readonly why: string }
  | { readonly fires: 'later'; readonly at: Instant | null; readonly candidates: readonly Aim[] }
  | { readonly fires: 'never'; readonly said: string };

/** One trigger: what it must know, when it fires, and the target it yields. It reads facts only. */
export interface Trigger {
  readonly kind: TriggerKind;
  /** Of ECS, all that it may ever read; rights are written from it. */
  readonly reads: readonly FactKind[];
  /** What must have been read before it can say anything, beyond the build. */
  before(state: DrillState): readonly Subject[];
  /** What shows it meanwhile that its time has come, each at its pace; the build is read anyhow. `every` is limits.pollEvery. */
  asks(state: DrillState, every: number): readonly Ask[];
  /** Its answer at this instant. */
  fire(state: DrillState, now: Instant): Fired;
  /** What the trigger waited for, for the message that it did not come. */
  waitedFor(state: DrillState): string;
}

/** What every trigger but its own keys holds of `when`. */
export type SpecOf<K extends TriggerKind> = Extract<When, { trigger: K }>;

/** The part of the scenario that belongs to one trigger. A trigger that is asked with another's is our own defect. */
export function specOf<K extends TriggerKind>({ plan }: DrillState, kind: K): SpecOf<K> {
  const when = plan.mode === 'assert' ? null : plan.scenario.when;
  if (when?.trigger !== kind)
    throw new Error(`trigger ${kind} was asked with the keys of ${when?.trigger ?? plan.mode}`);
  return when as SpecOf<K>;
}
