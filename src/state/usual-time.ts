import type { Job } from '../model/entities/job.ts';
import { makeHistoryId, matchesStep, type StepName } from '../model/step-name.ts';
import { findFact } from '../model/world.ts';
import { stepOfPlan } from '../scenario/plan.ts';
import type { DrillState } from './state.ts';

/** A step and how long it usually runs, milliseconds; null: as its history says. */
export interface TimedStep {
  readonly step: StepName;
  readonly usually: number | null;
}

/** How long the step usually runs, milliseconds, and who says so. */
export interface UsualTime {
  readonly ms: number;
  readonly by: string;
}

/** How long a step usually runs: as the scenario says, or else as its history shows, where it was read; null where nobody knows. */
export function findUsualTime(state: DrillState, { step, usually }: TimedStep): UsualTime | null {
  if (usually !== null) return { ms: usually, by: 'as the scenario says' };
  const durations =
    findFact(state.world, 'step-history', makeHistoryId(state.plan.scenario.build.pipeline, step))
      ?.durations ?? [];
  if (durations.length === 0) return null;
  return { ms: median(durations), by: `the median of its ${String(durations.length)} latest passed jobs` };
}

/** How long a job of the step that the drill is about usually runs; null for another job, and where nobody knows. */
export function findUsualTimeOfJob(state: DrillState, job: Job): UsualTime | null {
  const step = stepOfPlan(state.plan);
  if (step === null || !matchesStep(step, job)) return null;
  const when = state.plan.mode === 'assert' ? null : state.plan.scenario.when;
  const isTimed = when?.trigger === 'near-end' || when?.trigger === 'at-fraction';
  return findUsualTime(state, { step, usually: isTimed ? when.usually : null });
}

function median(durations: readonly number[]): number {
  const sorted = durations.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : Math.round(((sorted[middle - 1] ?? upper) + upper) / 2);
}
