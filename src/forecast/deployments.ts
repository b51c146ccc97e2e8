import type { Distribution } from './distribution.ts';
import type { DeploymentRow } from './document.ts';
import type { Drains } from './drains.ts';
import { lossPerStop } from './loss.ts';
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
  readonly replications: number;
}

/** Places for tasks, in percent of the workers; if draining tasks take all of them, replacements wait. */
export function roomOf(fleet: Fleet): number {
  return fleet.roomPercent ?? fleet.maximumPercent;
}

/** The deployment as given, before a fix (stop not heard, SIGKILL after 30 s) and after it (heard, longest window). */
export function deploymentsOf(
  jobs: Distribution,
  window: Pick<Window, 'drain' | 'granted' | 'signal' | 'ceiling'>,
  utilisation: number,
  fleet: Fleet,
  random: Random,
): DeploymentRow[] {
  const stops: readonly (Stop & { readonly name: string })[] = [
    { name: 'before a fix: never signalled', signal: 'eaten', window: DEFAULT_STOP_TIMEOUT, utilisation },
    { name: 'as given', signal: window.signal, window: window.drain, utilisation },
    {
      name: 'after a fix: signalled, the longest window',
      signal: 'heard',
      window: window.ceiling ?? Math.max(FARGATE_CEILING, window.granted),
      utilisation,
    },
  ];
  return mergeStops(stops).map((stop) => {
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
      lossPerStop: lossPerStop(jobs, stop),
      wallClock: simulated?.wallClock ?? null,
      lost: simulated?.lost ?? null,
    };
  });
}

/** If the given worker equals one of the other two, it is simulated once. */
function mergeStops(stops: readonly (Stop & { readonly name: string })[]): typeof stops {
  const [before, given, after] = stops;
  if (before === undefined || given === undefined || after === undefined) return stops;
  const same = (a: Stop, b: Stop): boolean => a.signal === b.signal && a.window === b.window;
  if (same(before, given)) return [{ ...given, name: 'as given: never signalled' }, after];
  if (same(given, after)) return [before, { ...given, name: 'as given: signalled, the longest window' }];
  return stops;
}
