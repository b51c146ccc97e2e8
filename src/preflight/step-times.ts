import type { StepTimes } from './documents.ts';
import type { Step, Subject } from './subject.ts';

/** Number of jobs from which on a 95th percentile says more than the longest job: 1 / 0.05. */
export const ENOUGH_JOBS = 20;

/** The times of one step, from the seconds of its jobs. */
export function timesOf(key: string, seconds: readonly number[]): StepTimes {
  const sorted = seconds.toSorted((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { key, jobs: sorted.length, median: rank(0.5), p95: rank(0.95), most: rank(1) };
}

/** The known times of a step, null where no passed job of it is known. */
export function timesOfStep({ live }: Subject, { keys }: Pick<Step, 'keys'>): StepTimes | null {
  return (live.history ?? []).find(({ key, jobs }) => jobs > 0 && keys.includes(key)) ?? null;
}

/** Seconds within which a step ends, by its time-out or by its jobs if there are enough; null where nothing limits it. */
export function boundOf(subject: Subject, step: Step): number | null {
  const times = timesOfStep(subject, step);
  const seen = times !== null && times.jobs >= ENOUGH_JOBS ? times.most : null;
  return step.atMost === null || seen === null ? (step.atMost ?? seen) : Math.min(step.atMost, seen);
}

/** `took 95 s in the median and 310 s in the 95th percentile of 40 passed jobs`. */
export function timesText({ jobs, median, p95 }: StepTimes): string {
  const of = jobs === 1 ? '1 passed job' : `${String(jobs)} passed jobs`;
  return `took ${secondsText(median)} in the median and ${secondsText(p95)} in the 95th percentile of ${of}`;
}

function secondsText(seconds: number): string {
  return `${seconds < 10 ? String(Math.round(seconds * 10) / 10) : String(Math.round(seconds))} s`;
}
