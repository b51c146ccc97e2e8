import { seconds } from '../../checks/times.ts';
import { makeHistoryId, matchesStep } from '../../model/step-name.ts';
import { stepOfPlan } from '../../scenario/plan.ts';
import { findFinalAttempt, hasTrulyPassed } from '../../evidence/attempts.ts';
import { clocksOf } from '../../evidence/clocks.ts';
import { findStartTime as began } from '../../evidence/job-times.ts';
import { measureElapsed, type Grounds } from './grounds.ts';

/** How long the killed job would have taken, by other runs of its step. */
export interface Needed {
  /** Milliseconds of the whole job. */
  readonly whole: number;
  /** Milliseconds that it needed after the stop. */
  readonly after: number;
  readonly by: string;
  readonly event: number;
}

/** From a later attempt that passed, else from the step's history, else from its own lines; null if none of them shows it. */
export function estimateNeeded(grounds: Grounds): Needed | null {
  const { hurt, stop, evidence } = grounds;
  const begun = hurt === null ? null : began(hurt.job);
  if (begun === null || stop === null) return null;
  if (!Number.isFinite(clocksOf(evidence).distance(stop, begun).error)) return null;
  const known = estimateByRetry(grounds) ?? estimateByPast(grounds) ?? estimateByLines(grounds);
  if (known === null) return null;
  return { ...known, after: Math.max(0, known.whole + measureElapsed(grounds, stop, begun)) };
}

function estimateByRetry({ hurt, attempts }: Grounds): Omit<Needed, 'after'> | null {
  if (hurt === null) return null;
  const last = findFinalAttempt(hurt, attempts);
  const { startedAt, finishedAt } = last.job;
  if (last === hurt || !hasTrulyPassed(last.job) || startedAt === null || finishedAt === null) return null;
  const whole = finishedAt - startedAt;
  return {
    whole,
    by: `attempt ${String(last.number)}, which passed, took ${seconds(whole)}`,
    event: last.seen.seq,
  };
}

/** Read where the trigger asked for it. */
function estimateByPast({ evidence, hurt }: Grounds): Omit<Needed, 'after'> | null {
  const step = stepOfPlan(evidence.plan);
  const { build } = evidence.plan.scenario;
  if (step === null || hurt === null || !matchesStep(step, hurt.job)) return null;
  const seen = evidence.last('step-history', makeHistoryId(build.pipeline, step));
  const durations = seen?.value.durations.toSorted((a, b) => a - b) ?? [];
  const whole = durations[Math.floor(durations.length / 2)];
  if (seen === null || whole === undefined) return null;
  return {
    whole,
    by:
      durations.length === 1
        ? `its latest passed job took ${seconds(whole)}`
        : `the median of its ${String(durations.length)} latest passed jobs is ${seconds(whole)}`,
    event: seen.seq,
  };
}

/** What preflight read in the pipeline before the drill: a `sleep` that is sure to run. */
function estimateByLines({ hurt, look }: Grounds): Omit<Needed, 'after'> | null {
  const step = hurt?.job.stepKey ?? null;
  for (const { data, event } of look.foreseen) {
    if (step === null || data?.about !== 'step-length' || data.by !== 'sleep') continue;
    if (data.keys.includes(step))
      return { whole: data.ms, by: `its own lines sleep ${seconds(data.ms)}`, event };
  }
  return null;
}
