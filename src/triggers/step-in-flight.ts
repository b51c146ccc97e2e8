import { buildEnded, type Build, type Instant } from '../drill/entities/build.ts';
import { jobEnded, type Job } from '../drill/entities/job.ts';

/** What a trigger says: strike this job, look again by then, or it will never fire. */
export type Fired =
  | { readonly fires: 'now'; readonly job: Job; readonly why: string }
  | { readonly fires: 'later'; readonly at: Instant | null; readonly candidates: readonly Job[] }
  | { readonly fires: 'never'; readonly said: string };

interface Seen {
  readonly build: Build;
  readonly jobs: readonly Job[];
  /** Since when each job has been seen RUNNING, by the runner's clock. */
  readonly inFlightSince: Readonly<Record<string, Instant>>;
}

/** Trigger `step-in-flight`: a job of the step has been RUNNING (its agent called start) for as long as the scenario says. */
export function stepInFlight(
  spec: { readonly step: string; readonly inFlightFor: number },
  { build, jobs, inFlightSince }: Seen,
  now: Instant,
): Fired {
  const ofStep = jobs.filter((job) => job.stepKey === spec.step);
  const running = ofStep.filter((job) => job.state === 'running').sort((a, b) => order(a, b, inFlightSince));
  const ripe = running.find((job) => now - (inFlightSince[job.id] ?? now) >= spec.inFlightFor);
  if (ripe !== undefined) {
    const others = running.length > 1 ? `, the longest running of ${String(running.length)}` : '';
    return { fires: 'now', job: ripe, why: `step ${spec.step} is in flight${others}` };
  }
  const next = running[0];
  if (next !== undefined)
    return { fires: 'later', at: (inFlightSince[next.id] ?? now) + spec.inFlightFor, candidates: running };
  if (buildEnded(build)) return { fires: 'never', said: over(build, spec.step, ofStep) };
  const open = ofStep.filter((job) => !jobEnded(job));
  if (ofStep.length > 0 && open.length === 0 && build.state === 'blocked')
    return { fires: 'never', said: over(build, spec.step, ofStep) };
  return { fires: 'later', at: null, candidates: open };
}

function order(a: Job, b: Job, since: Readonly<Record<string, Instant>>): number {
  const bySince = (since[a.id] ?? 0) - (since[b.id] ?? 0);
  return bySince === 0 ? (a.parallelIndex ?? 0) - (b.parallelIndex ?? 0) : bySince;
}

function over(build: Build, step: string, ofStep: readonly Job[]): string {
  const state = `build ${String(build.number)} is ${build.rawState}`;
  if (ofStep.length === 0) return `${state} and never had a job of step ${step}`;
  return `${state}; step ${step} ended (${ofStep.map((job) => job.rawState).join(', ')}) before it had been in flight for long enough`;
}
