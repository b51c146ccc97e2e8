import type { Distribution } from './distribution.ts';
import type { Random } from './random.ts';
import type { Signal } from './signal.ts';

/**
 * The chance that the job that runs at a random instant outlives the drain window `t` (ms): E[(D-t)+] / E[D]. 0 if all
 * jobs take no time.
 */
export function lossInFlight(jobs: Distribution, t: number): number {
  return jobs.mean === 0 ? 0 : Math.min(1, jobs.overshoot(t) / jobs.mean);
}

/** A worker at the moment of its stop. */
export interface Stop {
  /** Milliseconds for which its job may go on after the signal: T. */
  readonly window: number;
  readonly signal: Signal;
  /** Share of time, 0 to 1, in which a worker has a job. */
  readonly utilisation: number;
}

/**
 * The chance that one stop of one worker loses a job. An agent that hears the stop loses its job if the job outlives the
 * window. An agent that does not hear it works on, so it is as busy at SIGKILL as at any instant. An agent whose job is
 * cut off at once loses the job that it has.
 */
export function lossPerStop(jobs: Distribution, { window, signal, utilisation }: Stop): number {
  return utilisation * lossInFlight(jobs, signal === 'heard' ? window : 0);
}

/**
 * The chance that a deployment loses the job that it meets on a worker that is protected for `protection` ms from the start of its
 * job. The stop waits for the end of job or protection, and then leaves the window `t`: the job is lost if it is longer than
 * both together and has more than `t` to go, so E[(D-t) where D > protection + t] / E[D].
 */
export function lossIfProtected(jobs: Distribution, protection: number, t: number): number {
  const saved = protection + t;
  if (jobs.mean === 0) return 0;
  return Math.min(1, (jobs.overshoot(saved) + protection * jobs.longerThan(saved)) / jobs.mean);
}

/** Two bounds, both included. */
export type Interval = [low: number, high: number];

/** With fewer jobs there is no interval: resampling three jobs shows only these three. */
export const LEAST_FOR_INTERVAL = 10;

/** From this many jobs on the normal distribution is used: it is exact enough here, and resampling would take seconds. */
const MANY = 20_000;

/** Replications for `jobs` jobs: 1,000, or fewer where many jobs make each one exact. */
export function replicationsFor(jobs: number): number {
  return Math.max(200, Math.min(1000, Math.floor(1_000_000 / Math.max(1, jobs))));
}

/**
 * The 95 % intervals of `lossInFlight` for several windows, by bootstrap over jobs (percentile method): each replication
 * draws as many jobs as there are, with replacement. From 20,000 jobs on the normal distribution is used. If no job
 * outlived a window, its interval is null: resampling cannot show what was never seen, and [0, 0] would claim certainty.
 */
export function bootstrapLoss(
  durations: Float64Array,
  windows: readonly number[],
  random: Random,
): readonly (Interval | null)[] {
  if (durations.length < LEAST_FOR_INTERVAL) return windows.map(() => null);
  const longest = durations.reduce((most, ms) => Math.max(most, ms), 0);
  if (durations.length >= MANY)
    return windows.map((window) => (longest <= window ? null : normalBounds(durations, window)));
  const replications = replicationsFor(durations.length);
  const ratios = windows.map(() => new Float64Array(replications));
  const order = windows.map((window, index) => ({ window, index })).sort((a, b) => a.window - b.window);
  for (let replication = 0; replication < replications; replication += 1) {
    const { total, over } = drawSample(
      durations,
      order.map(({ window }) => window),
      random,
    );
    for (const [place, { index }] of order.entries()) {
      const row = ratios[index];
      if (row !== undefined) row[replication] = total === 0 ? 0 : (over[place] ?? 0) / total;
    }
  }
  return windows.map((window, index) => {
    const row = ratios[index]?.sort();
    return row === undefined || longest <= window ? null : [quantile(row, 0.025), quantile(row, 0.975)];
  });
}

/** Two-sided 95 % of the normal distribution. */
const Z = 1.96;

/** The bounds of a ratio of two sums, by its linearised variance: that of (D-t)+ - ratio * D. */
function normalBounds(durations: Float64Array, window: number): Interval {
  let [total, over] = [0, 0];
  for (const ms of durations) {
    total += ms;
    over += Math.max(0, ms - window);
  }
  const ratio = over / total;
  let squares = 0;
  for (const ms of durations) squares += (Math.max(0, ms - window) - ratio * ms) ** 2;
  const error = (Z * Math.sqrt(squares)) / total;
  return [Math.max(0, ratio - error), Math.min(1, ratio + error)];
}

/** One draw of all jobs: their total time, and the part of it beyond each window, the shortest first. */
function drawSample(
  durations: Float64Array,
  windows: readonly number[],
  random: Random,
): { readonly total: number; readonly over: Float64Array } {
  const over = new Float64Array(windows.length);
  let total = 0;
  for (let count = 0; count < durations.length; count += 1) {
    const ms = durations[Math.floor(random() * durations.length)] ?? 0;
    total += ms;
    for (let place = 0; place < windows.length; place += 1) {
      const beyond = ms - (windows[place] ?? 0);
      if (beyond <= 0) break;
      over[place] = (over[place] ?? 0) + beyond;
    }
  }
  return { total, over };
}

/** The `q` quantile of the sorted values. */
export function quantile(sorted: Float64Array, q: number): number {
  const last = sorted.length - 1;
  return sorted[Math.max(0, Math.min(last, Math.round(q * last)))] ?? 0;
}

/**
 * If none of `jobs` jobs exceeded a limit, the largest share of all jobs that may exceed it, at 95 % (one-sided):
 * 1 - 0.05^(1/n), the exact binomial bound.
 */
export function unseenShare(jobs: number): number {
  return jobs === 0 ? 1 : 1 - 0.05 ** (1 / jobs);
}

/** Benefit and cost of an automatic retry of a lost job. */
export interface Retry {
  /** Share of lost jobs, 0 to 1, that the retry finishes even if each retry's worker is also stopped at a random instant. */
  readonly rescuedAtLeast: number;
  /** Mean milliseconds of work done twice: what a lost job had done when it was killed. */
  readonly workLost: number;
  /** Milliseconds by which the build ends later: work done twice, and the wait until Buildkite gives up on the agent. */
  readonly later: Interval;
}

/** Milliseconds: Buildkite calls an agent lost after three minutes of silence, and checks once a minute. */
const GIVES_UP: Interval = [180_000, 240_000];

/**
 * Benefit and cost of one retry of a lost job; null where nothing is lost. A worker that hears its stop loses jobs that
 * outlive the window. One that does not hear it loses the job that it has at SIGKILL, at any instant of that job.
 */
export function retryOf(jobs: Distribution, { window, signal }: Omit<Stop, 'utilisation'>): Retry | null {
  const from = signal === 'heard' ? window : 0;
  let [weight, work, again] = [0, 0, 0];
  for (const ms of jobs.points()) {
    const over = ms - from;
    if (over <= 0) continue;
    weight += over;
    // Stopped in its first `over` ms with equal chance at each, and killed `from` later.
    work += over * (from + over / 2);
    again += over * (Math.max(0, ms - window) / ms);
  }
  if (weight === 0) return null;
  const workLost = work / weight;
  return {
    rescuedAtLeast: 1 - again / weight,
    workLost,
    later: [workLost + GIVES_UP[0], workLost + GIVES_UP[1]],
  };
}
