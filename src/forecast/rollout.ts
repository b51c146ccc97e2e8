import type { Distribution } from './distribution.ts';
import { drawLeaving } from './drains.ts';
import type { Drains } from './drains.ts';
import { createQueue, type Queue } from './event-queue.ts';
import { quantile } from './loss.ts';
import type { Stop } from './loss.ts';
import { createProtectedWorkers } from './protected-workers.ts';
import type { Leaving, OldWorkers } from './protected-workers.ts';
import type { Random } from './random.ts';

/** A rolling deployment of one service, as ECS does it. */
export interface Rollout extends Stop {
  /** Workers of the service, 1 to 5,000: its desired count. */
  readonly workers: number;
  /** Percent of the workers that are healthy at any time, at least; the number is rounded up. */
  readonly minimumHealthyPercent: number;
  /** Percent of the workers that run or start at any time, at most; the number is rounded down. */
  readonly maximumPercent: number;
  /**
   * Percent of the workers for which hosts or a quota have room, including draining tasks. ECS's own limit counts RUNNING
   * and PENDING tasks only.
   */
  readonly roomPercent: number;
  /** Time from a task's start until ECS counts it as healthy. */
  readonly startUp: Distribution;
  /** Durations of the workers' jobs. */
  readonly jobs: Distribution;
  /** Milliseconds that an idle worker takes to exit. */
  readonly idle: number;
  /** Measured drains of workers that hear their stop; override `jobs` and `idle`. Null: none were measured. */
  readonly measured: Pick<Drains, 'busy' | 'idle'> | null;
  /** Milliseconds for which a worker is protected from the start of its job, at most; null: workers are not protected. */
  readonly protection: number | null;
}

/** One figure over several replications. */
export interface Spread {
  readonly p5: number;
  readonly median: number;
  readonly p95: number;
}

/** Duration and losses of a deployment. */
export interface RolloutForecast {
  /** Milliseconds from its start until every new worker is healthy and the last old one has ended. */
  readonly wallClock: Spread;
  /** Jobs that the deployment loses. */
  readonly lost: Spread;
}

/** Simulates a deployment in virtual time; null if the percentages allow neither a start nor a stop. */
export function simulateRollouts(
  rollout: Rollout,
  replications: number,
  random: Random,
): RolloutForecast | null {
  const took = new Float64Array(replications);
  const lost = new Float64Array(replications);
  // A worker has its start or its end, and with protection the next change of its job.
  const queue = createQueue(3 * rollout.workers);
  const leave = leaverOf(rollout);
  for (let index = 0; index < replications; index += 1) {
    const one = simulateOneRollout(rollout, queue, leave, random);
    if (one === null) return null;
    took[index] = one.took;
    lost[index] = one.lost;
  }
  return { wallClock: spreadOf(took), lost: spreadOf(lost) };
}

function spreadOf(values: Float64Array): Spread {
  const sorted = values.sort();
  return { p5: quantile(sorted, 0.05), median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) };
}

/** Events of new and of stopped workers; those of old ones have the worker's number. */
const HEALTHY = -1;
const GONE = -2;

function simulateOneRollout(
  rollout: Rollout,
  queue: Queue,
  leave: Leave,
  random: Random,
): { readonly took: number; readonly lost: number } | null {
  const { workers } = rollout;
  const upper = Math.floor((workers * rollout.maximumPercent) / 100);
  const lower = Math.ceil((workers * rollout.minimumHealthyPercent) / 100);
  const room = Math.floor((workers * rollout.roomPercent) / 100);
  let [now, lost, old, draining, starting, healthy] = [0, 0, workers, 0, 0, 0];
  queue.clear();
  const all = oldWorkersOf(rollout, queue, leave, random);
  while (healthy < workers || old > 0 || draining > 0) {
    for (let moved = true; moved;) {
      const live = old + starting + healthy;
      const missing = workers - starting - healthy;
      const start = Math.max(0, Math.min(missing, upper - live, room - live - draining));
      for (let count = 0; count < start; count += 1)
        queue.push(now + rollout.startUp.sample(random), HEALTHY);
      starting += start;
      const stop = Math.max(0, Math.min(old, old + healthy - lower, all.free()));
      for (let count = 0; count < stop; count += 1) {
        const leaving = all.stop(now);
        lost += leaving.lost;
        queue.push(now + leaving.took, GONE);
      }
      old -= stop;
      draining += stop;
      moved = start + stop > 0;
    }
    // Nobody starts or leaves, and nobody may be stopped: the deployment is blocked.
    if (starting + draining === 0 && old + healthy <= lower) return null;
    now = queue.time();
    const event = queue.pop();
    if (event === HEALTHY) {
      starting -= 1;
      healthy += 1;
    } else if (event === GONE) draining -= 1;
    else all.change(event, now);
  }
  return { took: now, lost };
}

/** The stop of a worker at a random instant. */
type Leave = (random: Random) => Leaving;

function oldWorkersOf(rollout: Rollout, queue: Queue, leave: Leave, random: Random): OldWorkers {
  const { protection, workers } = rollout;
  if (protection !== null) return createProtectedWorkers({ ...rollout, protection }, queue, random);
  return { free: () => workers, stop: () => leave(random), change: () => undefined };
}

function leaverOf(rollout: Rollout): Leave {
  const { signal, window, utilisation, jobs, idle, measured } = rollout;
  const isBusy = (random: Random): boolean => jobs.mean > 0 && random() < utilisation;
  // eaten: the worker goes on until SIGKILL; fatal: it ends at once. Either way it loses the job that it has then.
  if (signal !== 'heard') {
    const took = signal === 'fatal' ? 0 : window;
    return (random) => ({ took, lost: isBusy(random) ? 1 : 0 });
  }
  const ofBusy = (measured && drawLeaving(measured.busy)) ?? ((random) => jobs.residual(random));
  const ofIdle = (measured && drawLeaving(measured.idle)) ?? (() => idle);
  return (random) => {
    const busy = isBusy(random);
    const needs = busy ? ofBusy(random) : ofIdle(random);
    return needs > window ? { took: window, lost: busy ? 1 : 0 } : { took: needs, lost: 0 };
  };
}
