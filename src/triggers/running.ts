import { hasBuildEnded, type Build } from '../model/entities/build.ts';
import type { Instant } from '../model/instants.ts';
import { hasJobEnded, type Job } from '../model/entities/job.ts';
import type { DrillState } from '../state/state.ts';
import { formatStep, matchesStep, type StepName } from '../model/step-name.ts';
import { listFacts, findFact } from '../model/world.ts';
import type { Aim, Fired } from './trigger.ts';

/** Steps that a message names at the most. */
const MOST_NAMES = 10;

/** A step, and how long one of its jobs must have been RUNNING. */
export interface InFlight {
  readonly step: StepName;
  readonly inFlightFor: number;
}

interface Seen {
  readonly builds: readonly Build[];
  readonly jobs: readonly Job[];
  /** Since when each job has been seen RUNNING, by the runner's clock. */
  readonly inFlightSince: Readonly<Record<string, Instant>>;
}

/** The drill's own builds and their jobs, as far as they were read. */
export function viewOwnBuilds({ world, buildIds, inFlightSince }: DrillState): Seen {
  return {
    builds: buildIds.map((id) => findFact(world, 'build', id)).filter((build) => build !== undefined),
    jobs: listFacts(world, 'job').filter((job) => buildIds.includes(job.buildId)),
    inFlightSince,
  };
}

/** Fires when a job of the step has been RUNNING (its agent called start) for so long; the longest running is meant. */
export function fireInFlight(
  { step, inFlightFor }: InFlight,
  { builds, jobs, inFlightSince }: Seen,
  now: Instant,
): Fired {
  const ofStep = jobs.filter((job) => matchesStep(step, job));
  const running = sortLongestFirst(ofStep, inFlightSince);
  const ripe = running.find(({ job }) => now - (inFlightSince[job.id] ?? now) >= inFlightFor);
  if (ripe !== undefined) {
    const others = running.length > 1 ? `, the longest running of ${String(running.length)}` : '';
    return { fires: 'now', aim: ripe, why: `step ${formatStep(step)} is in flight${others}` };
  }
  const next = running[0];
  if (next !== undefined)
    return { fires: 'later', at: (inFlightSince[next.job.id] ?? now) + inFlightFor, candidates: running };
  const over = explainNeverInFlight(step, builds, jobs);
  if (over !== null) return { fires: 'never', said: over };
  return { fires: 'later', at: null, candidates: ofStep.filter((job) => !hasJobEnded(job)).map(aimOf) };
}

/** Jobs that are RUNNING on an agent, the longest running first. */
export function sortLongestFirst(
  jobs: readonly Job[],
  inFlightSince: Seen['inFlightSince'],
): readonly (Aim & { readonly job: Job })[] {
  return jobs
    .filter((job) => job.state === 'running')
    .sort((a, b) => compareRunning(a, b, inFlightSince))
    .map(aimOf);
}

function compareRunning(a: Job, b: Job, since: Readonly<Record<string, Instant>>): number {
  const bySince = (since[a.id] ?? 0) - (since[b.id] ?? 0);
  return bySince === 0 ? (a.parallelIndex ?? 0) - (b.parallelIndex ?? 0) : bySince;
}

function aimOf(job: Job): Aim & { readonly job: Job } {
  return { agentId: job.agentId, job };
}

/** Why no job of the step will run any more; null while one may. */
export function explainNeverInFlight(
  step: StepName | null,
  builds: readonly Build[],
  all: readonly Job[],
): string | null {
  const jobs = all.filter((job) => step === null || matchesStep(step, job));
  const waiting = builds.find((build) => mayStillRun(build, jobs));
  const [build] = builds;
  if (build === undefined || waiting !== undefined) return null;
  const state = `build ${String(build.number)} is ${build.rawState}`;
  const of = step === null ? '' : ` of step ${formatStep(step)}`;
  if (jobs.length === 0) return `${state} and never had a job${of}${listOthers(all)}`;
  return `${state}; step ${step === null ? 'by step' : formatStep(step)} ended (${jobs.map((job) => job.rawState).join(', ')}) before it had been in flight for long enough`;
}

/** The steps that did have jobs: the one that was meant may be among them, under another name. */
function listOthers(jobs: readonly Job[]): string {
  const names = [
    ...new Set(jobs.map(({ stepKey, label }) => stepKey ?? (label === null ? null : `"${label}"`))),
  ];
  const known = names.filter((name) => name !== null).slice(0, MOST_NAMES);
  return known.length === 0 ? '' : `; its jobs are of ${known.join(', ')}`;
}

function mayStillRun(build: Build, jobs: readonly Job[]): boolean {
  if (hasBuildEnded(build)) return false;
  const own = jobs.filter((job) => job.buildId === build.id);
  const open = own.some((job) => !hasJobEnded(job));
  return own.length === 0 || open || build.state !== 'blocked';
}
