import type { Distribution } from './distribution.ts';
import type { Random } from './random.ts';
import type { Signal } from './signal.ts';

/**
 * The chance that the job which runs at a random instant outlives the drain window `t` (ms): E[(D-t)+] / E[D]. 0 where
 * jobs take no time at all: then none is ever met.
 */
export function lossInFlight(jobs: Distribution, t: number): number {
  return jobs.mean === 0 ? 0 : Math.min(1, jobs.overshoot(t) / jobs.mean);
}

/** How a worker meets its stop. */
export interface Stop {
  /** Milliseconds that its job may go on after the signal: T. */
  readonly window: number;
  readonly signal: Signal;
  /** Share of time, 0 to 1, in which a worker has a job. */
  readonly utilisation: number;
}

/**
 * The chance that one stop of one worker loses a job. An agent that hears it loses the job that it has if that outlives
 * the window. One that does not goes on as if nothing were, so that it is as busy when it is killed as at any instant; and
 * one whose job is cut off at once loses whatever it has.
 */
export function lossPerStop(jobs: Distribution, { window, signal, utilisation }: Stop): number {
  return utilisation * lossInFlight(jobs, signal === 'heard' ? window : 0);
}

/** Two bounds, both included. */
export type Interval = [low: number, high: number];

/** Fewer jobs than this give no interval: resampling three jobs shows three jobs. */
export const LEAST_FOR_INTERVAL = 10;

/** From this many jobs on a sum of them is normal for every purpose here, and resampling them costs seconds. */
const MANY = 20_000;

/** Replications for `jobs` jobs: 1,000, or fewer where many jobs make each one exact. */
export function replicationsFor(jobs: number): number {
  return Math.max(200, Math.min(1000, Math.floor(1_000_000 / Math.max(1, jobs))));
}

/**
 * The 95 % intervals of `lossInFlight` for several windows, by bootstrap over jobs (percentile method): each replication
 * draws as many jobs as there are, with replacement. From 20,000 jobs on they are those of the normal distribution.
 * Where no job outlived a window its interval is null: what was never seen cannot be drawn, and [0, 0] would be a claim.
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
    const { total, over } = resampled(
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

/** One draw of all jobs: the time they took, and how much of it lay beyond each of the windows, the shortest first. */
function resampled(
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

/** The value below which a share `q` of the sorted values lies. */
export function quantile(sorted: Float64Array, q: number): number {
  const last = sorted.length - 1;
  return sorted[Math.max(0, Math.min(last, Math.round(q * last)))] ?? 0;
}

/**
 * The largest share of jobs that may exceed what none of `jobs` jobs did, at 95 % (one-sided): 1 - 0.05^(1/n), the exact
 * binomial bound for no hit.
 */
export function unseenShare(jobs: number): number {
  return jobs === 0 ? 1 : 1 - 0.05 ** (1 / jobs);
}

/** What an automatic retry of a lost job brings and takes. */
export interface Retry {
  /** Share of lost jobs, 0 to 1, that the retry finishes even if the worker of each retry is stopped at a random instant too. */
  readonly rescuedAtLeast: number;
  /** Milliseconds of work that a lost job had behind it when it was killed, on average: done again. */
  readonly workLost: number;
  /** Milliseconds by which its build is later: the work that is done again, and the wait until Buildkite gives up on the agent. */
  readonly later: Interval;
}

/** Buildkite calls an agent lost after three minutes of silence, and looks once a minute. */
const GIVES_UP: Interval = [180_000, 240_000];

/**
 * What one retry of a lost job brings and takes; null where nothing is lost. A worker that hears its stop loses jobs that
 * outlive the window. One that does not loses any job, at any instant of it: the one that it has when it is killed.
 */
export function retryOf(jobs: Distribution, { window, signal }: Omit<Stop, 'utilisation'>): Retry | null {
  const from = signal === 'heard' ? window : 0;
  let [weight, work, again] = [0, 0, 0];
  for (const ms of jobs.points()) {
    const over = ms - from;
    if (over <= 0) continue;
    weight += over;
    // Struck in its first `over` ms with equal chance at each, and killed `from` later.
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
