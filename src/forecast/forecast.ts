import { deploymentsOf, roomOf } from './deployments.ts';
import type { Fleet } from './deployments.ts';
import { empirical, distributionOf } from './distribution.ts';
import type { Distribution, Stated } from './distribution.ts';
import { numbersOf } from './drains.ts';
import type { Forecast, StepForecast, TimeoutRow } from './document.ts';
import type { PastJob } from './history.ts';
import { bootstrapLoss, lossIfProtected, lossInFlight, lossPerStop, quantile, retryOf } from './loss.ts';
import type { Interval, Stop } from './loss.ts';
import { notesOf } from './notes.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import type { Window } from './window.ts';

/** The source of the durations. */
export type Source =
  | {
      readonly kind: 'file' | 'buildkite';
      readonly name: string;
      readonly jobs: readonly PastJob[];
      readonly leftOut: Readonly<Record<string, number>>;
      readonly zoneless: number;
      /** False if older jobs exist that were not read. */
      readonly complete: boolean;
      /** Notes for the reader on how the history was read. */
      readonly remarks?: readonly string[];
    }
  | { readonly kind: 'stated'; readonly name: string; readonly durations: Stated };

/** The input of a forecast; the same question and seed give the same answer. */
export interface Question {
  readonly source: Source;
  readonly window: Omit<Window, 'container'> & { readonly container: string | null };
  /** Share of time, 0 to 1, in which a worker has a job; null: from the history's times, else 1, the worst case. */
  readonly utilisation: number | null;
  readonly fleet: Fleet;
  readonly seed: number;
}

/** Computes what stops would do to the jobs of a history. Throws RangeError if there is no job. */
export function makeForecast(question: Question): Forecast {
  const { source, window, fleet, seed } = question;
  const seen = source.kind === 'stated' ? null : source.jobs;
  const durations = seen === null ? null : Float64Array.from(seen, ({ ms }) => ms);
  const jobs = source.kind === 'stated' ? distributionOf(source.durations) : empirical(durations ?? []);
  const random = createRandom(seed);
  const utilisation = utilisationOf(question);
  const stop = { window: window.drain, signal: window.signal, utilisation: utilisation.share };
  const windows = timeoutsOf(window, jobs);
  const intervals = durations === null ? windows.map(() => null) : bootstrapLoss(durations, windows, random);
  const interval = window.drain === 0 ? null : (intervals[windows.indexOf(window.drain)] ?? null);
  const steps = stepsOf(question, jobs, random);
  const base = {
    source: {
      kind: source.kind,
      name: source.name,
      jobs: seen?.length ?? 0,
      builds: buildsOf(seen),
      leftOut: source.kind === 'stated' ? {} : source.leftOut,
      zoneless: source.kind === 'stated' ? 0 : source.zoneless,
      complete: source.kind === 'stated' || source.complete,
    },
    window: {
      container: window.container,
      launchType: window.launchType,
      drain: window.drain,
      granted: window.granted,
      before: window.before,
      wholeStop: window.wholeStop,
      ceiling: window.ceiling,
      signal: window.signal,
    },
    utilisation,
    loss: lossInFlight(jobs, window.drain),
    interval,
    lossPerStop: lossPerStop(jobs, stop),
    // For a worker that does not drain only the utilisation counts, and that is no sample.
    lossPerStopInterval:
      interval !== null && window.signal === 'heard' ? scaleInterval(interval, utilisation.share) : null,
    busyDrain: busyDrainOf(jobs, window.drain, random),
    protection:
      fleet.protection === null
        ? null
        : { expiry: fleet.protection, loss: lossIfProtected(jobs, fleet.protection, window.drain) },
    steps,
    timeouts: windows.map((ms, index) =>
      makeTimeoutRow(
        jobs,
        { ...stop, window: ms, signal: 'heard' },
        intervals[index] ?? null,
        ms === window.granted,
      ),
    ),
    curve: curveOf(jobs, windows.at(-1) ?? window.drain),
    retry: retryOf(jobs, stop),
    fleet: {
      workers: fleet.workers,
      minimumHealthyPercent: fleet.minimumHealthyPercent,
      maximumPercent: fleet.maximumPercent,
      roomPercent: roomOf(fleet),
      startUp: fleet.startUp.name,
      idle: fleet.idle,
      replications: fleet.replications,
      seed,
    },
    drains:
      fleet.drains === null
        ? null
        : {
            ...fleet.drains,
            granted: [...fleet.drains.granted],
            busy: numbersOf(fleet.drains.busy),
            idle: numbersOf(fleet.drains.idle),
          },
    deployments: deploymentsOf(jobs, window, utilisation.share, fleet, random),
  };
  return { ...base, notes: [...window.notes, ...remarksOf(source), ...notesOf(base)] };
}

function buildsOf(jobs: readonly PastJob[] | null): number | null {
  if (jobs === null || jobs.some(({ build }) => build === null)) return null;
  return new Set(jobs.map(({ build }) => build)).size;
}

function remarksOf(source: Source): readonly string[] {
  return source.kind === 'stated' ? [] : (source.remarks ?? []);
}

function scaleInterval([low, high]: Interval, by: number): [number, number] {
  return [low * by, high * by];
}

/** Utilisation from the history: its work divided by the workers' time from the first start to the last end. */
function utilisationOf({ source, utilisation, fleet }: Question): Forecast['utilisation'] {
  if (utilisation !== null) return { share: utilisation, by: 'stated' };
  if (source.kind === 'stated') return { share: 1, by: 'assumed' };
  let [first, last, work, timed] = [Infinity, -Infinity, 0, 0];
  for (const { startedAt, ms } of source.jobs) {
    if (startedAt === null) continue;
    first = Math.min(first, startedAt);
    last = Math.max(last, startedAt + ms);
    work += ms;
    timed += 1;
  }
  // With few jobs the first and the last would decide everything.
  if (timed < 30 || timed < source.jobs.length || last <= first) return { share: 1, by: 'assumed' };
  return { share: Math.min(1, work / (fleet.workers * (last - first))), by: 'history' };
}

const SECOND = 1000;
const LADDER = [30, 45, 60, 75, 90, 105, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400].map(
  (s) => s * SECOND,
);

/** The windows of the table: from ECS's 30 s to the ceiling, or to the first without a loss; and the present one. */
function timeoutsOf({ ceiling, granted }: Question['window'], jobs: Distribution): readonly number[] {
  const most = ceiling ?? Infinity;
  const steps = LADDER.filter((ms) => ms <= most);
  const enough = ceiling === null ? steps.findIndex((ms) => ms >= jobs.longest && ms >= 120 * SECOND) : -1;
  const ladder = enough === -1 ? steps : steps.slice(0, enough + 1);
  const ends = ceiling !== null && ceiling > 0 ? [ceiling] : [];
  return [...new Set([...ladder, ...ends, granted])].sort((a, b) => a - b);
}

function makeTimeoutRow(
  jobs: Distribution,
  stop: Stop,
  interval: Interval | null,
  current: boolean,
): TimeoutRow {
  return {
    stopTimeout: stop.window,
    loss: lossInFlight(jobs, stop.window),
    interval: interval === null ? null : [...interval],
    lossPerStop: lossPerStop(jobs, stop),
    longer: jobs.longerThan(stop.window),
    current,
  };
}

const CURVE = 60;

/** The curve from 0 to a quarter beyond the longest window. */
function curveOf(jobs: Distribution, most: number): [number, number][] {
  return Array.from({ length: CURVE + 1 }, (_, index) => {
    const ms = Math.round((most * 1.25 * index) / CURVE);
    return [ms, lossInFlight(jobs, ms)];
  });
}

const DRAINS = 20_000;

/** The drain of a busy worker that hears its stop: the rest of its job, at most the whole window. */
function busyDrainOf(jobs: Distribution, window: number, random: Random): Forecast['busyDrain'] {
  if (jobs.mean === 0) return null;
  const drains = Float64Array.from({ length: DRAINS }, () => Math.min(window, jobs.residual(random))).sort();
  const mean = drains.reduce((sum, ms) => sum + ms, 0) / DRAINS;
  return { mean, median: quantile(drains, 0.5), p95: quantile(drains, 0.95) };
}

function stepsOf(question: Question, all: Distribution, random: Random): StepForecast[] {
  const { source, window } = question;
  if (source.kind === 'stated') return [forecastStep('(stated)', all, null, 1, null, window)];
  const byStep = new Map<string, number[]>();
  for (const { step, ms } of source.jobs) {
    const list = byStep.get(step);
    if (list === undefined) byStep.set(step, [ms]);
    else list.push(ms);
  }
  const total = all.mean * source.jobs.length;
  return [...byStep]
    .map(([step, list]) => {
      const durations = Float64Array.from(list);
      const [interval = null] = window.drain === 0 ? [] : bootstrapLoss(durations, [window.drain], random);
      const jobs = empirical(durations);
      const share = total === 0 ? 0 : Math.min(1, (jobs.mean * list.length) / total);
      return forecastStep(step, jobs, durations, share, interval, window);
    })
    .sort((a, b) => b.share * b.loss - a.share * a.loss || b.share - a.share || (a.step < b.step ? -1 : 1));
}

function forecastStep(
  step: string,
  jobs: Distribution,
  durations: Float64Array | null,
  share: number,
  interval: Interval | null,
  { drain, ceiling }: Question['window'],
): StepForecast {
  const longer = jobs.longerThan(drain);
  const sorted = jobs.points();
  return {
    step,
    jobs: durations?.length ?? 0,
    seen:
      durations === null
        ? null
        : { median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), longest: jobs.longest },
    share,
    loss: lossInFlight(jobs, drain),
    interval: interval === null ? null : [...interval],
    longer,
    fits: longer === 0 ? 'always' : longer === 1 ? 'never' : 'some',
    fitsCeiling: ceiling === null || jobs.longest <= ceiling,
  };
}
