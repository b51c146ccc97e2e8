import type { Distribution } from './distribution.ts';
import type { DeploymentRow } from './document.ts';
import type { Drains } from './drains.ts';
import { lossIfProtected, lossPerStop } from './loss.ts';
import type { Stop } from './loss.ts';
import type { Random } from './random.ts';
import { simulateRollouts } from './rollout.ts';
import { DEFAULT_STOP_TIMEOUT, FARGATE_CEILING } from '../worker/stop-window.ts';
import type { Window } from './window.ts';

/** The fleet whose deployment is simulated. */
export interface Fleet {
  readonly workers: number;
  readonly minimumHealthyPercent: number;
  readonly maximumPercent: number;
  /** Places for tasks, including draining ones, in percent of the workers; null: as many as `maximumPercent`. */
  readonly roomPercent: number | null;
  readonly startUp: { readonly name: string; readonly distribution: Distribution };
  /** Milliseconds that an idle worker takes to exit. */
  readonly idle: number;
  /** Drains measured by drills; null: drains are computed from the jobs and `idle`. */
  readonly drains: Drains | null;
  /** Milliseconds for which hooks protect a worker from the start of its job, at most; null: they do not. */
  readonly protection: number | null;
  readonly replications: number;
}

/** Places for tasks, in percent of the workers; if draining tasks take all of them, replacements wait. */
export function roomOf(fleet: Fleet): number {
  return fleet.roomPercent ?? fleet.maximumPercent;
}

/** A way in which workers stop in a deployment. */
interface Case extends Stop {
  readonly name: string;
  readonly protection: number | null;
}

/**
 * The deployment as given, before a fix (stop not heard, SIGKILL after 30 s) and after it (heard, longest window). Where workers
 * are protected, those are the deployments without it, for comparison.
 */
export function deploymentsOf(
  jobs: Distribution,
  window: Pick<Window, 'drain' | 'granted' | 'signal' | 'ceiling'>,
  utilisation: number,
  fleet: Fleet,
  random: Random,
): DeploymentRow[] {
  const { protection } = fleet;
  const given = { signal: window.signal, window: window.drain, utilisation };
  const isProtected = protection !== null;
  const stops: readonly (Stop & { readonly name: string })[] = [
    { name: 'before a fix: never signalled', signal: 'eaten', window: DEFAULT_STOP_TIMEOUT, utilisation },
    { name: isProtected ? 'without protection' : 'as given', ...given },
    {
      name: 'after a fix: signalled, the longest window',
      signal: 'heard',
      window: window.ceiling ?? Math.max(FARGATE_CEILING, window.granted),
      utilisation,
    },
  ];
  const cases: readonly Case[] = [
    ...(isProtected ? [{ name: 'as given: protected while busy', ...given, protection }] : []),
    ...mergeStops(stops).map((stop) => ({ ...stop, protection: null })),
  ];
  return cases.map((stop) => {
    const simulated = simulateRollouts(
      {
        ...stop,
        workers: fleet.workers,
        minimumHealthyPercent: fleet.minimumHealthyPercent,
        maximumPercent: fleet.maximumPercent,
        roomPercent: roomOf(fleet),
        startUp: fleet.startUp.distribution,
        jobs,
        idle: fleet.idle,
        measured: fleet.drains,
      },
      fleet.replications,
      random,
    );
    return {
      name: stop.name,
      signal: stop.signal,
      window: stop.window,
      protection: stop.protection,
      lossPerStop: lossOf(jobs, stop),
      wallClock: simulated?.wallClock ?? null,
      lost: simulated?.lost ?? null,
    };
  });
}

/** A worker that works on until SIGKILL loses a job with the chance that it is busy then, protected or not. */
function lossOf(jobs: Distribution, stop: Case): number {
  if (stop.protection === null || stop.signal === 'eaten') return lossPerStop(jobs, stop);
  return stop.utilisation * lossIfProtected(jobs, stop.protection, stop.window);
}

/** If the given worker equals one of the other two, it is simulated once. */
function mergeStops(stops: readonly (Stop & { readonly name: string })[]): typeof stops {
  const [before, given, after] = stops;
  if (before === undefined || given === undefined || after === undefined) return stops;
  const same = (a: Stop, b: Stop): boolean => a.signal === b.signal && a.window === b.window;
  if (same(before, given)) return [{ ...given, name: `${given.name}: never signalled` }, after];
  if (same(given, after)) return [before, { ...given, name: `${given.name}: signalled, the longest window` }];
  return stops;
}
