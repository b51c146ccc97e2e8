import type { Distribution } from './distribution.ts';
import { drawLeaving } from './drains.ts';
import type { Drains } from './drains.ts';
import type { Queue } from './event-queue.ts';
import type { Stop } from './loss.ts';
import type { Random } from './random.ts';

/** What an old worker does. An expired one still works, and its protection has ended. */
const IDLE = 0;
const PROTECTED = 1;
const EXPIRED = 2;
const STOPPED = 3;

/** One worker's stop: how long it takes, and whether it loses a job. */
export interface Leaving {
  readonly took: number;
  readonly lost: 0 | 1;
}

/** The old workers of one deployment. */
export interface OldWorkers {
  /** How many ECS may stop now. */
  free(): number;
  /** Stops one of them. */
  stop(now: number): Leaving;
  /** The next change of the job of an old worker. */
  change(worker: number, now: number): void;
}

/** The fleet whose old workers these are. */
interface Fleet extends Stop {
  readonly workers: number;
  readonly jobs: Distribution;
  /** Milliseconds that an idle worker takes to exit. */
  readonly idle: number;
  readonly measured: Pick<Drains, 'idle'> | null;
  readonly protection: number;
}

/**
 * Old workers that are protected while they have a job, at most for some time from its start. ECS stops one as soon as it is not
 * protected; until then a worker takes one job after another, with pauses that give the utilisation.
 */
export function createProtectedWorkers(fleet: Fleet, queue: Queue, random: Random): OldWorkers {
  const { workers, protection, jobs, utilisation } = fleet;
  const works = jobs.mean > 0 && utilisation > 0;
  const pause = works ? (jobs.mean * (1 - utilisation)) / utilisation : Infinity;
  const doing = new Uint8Array(workers);
  /** When the job of a worker ends. */
  const ends = new Float64Array(workers);
  const free = createBag(workers);
  const leave = leaverOf(fleet, random);

  const rest = (worker: number, now: number): void => {
    doing[worker] = IDLE;
    free.add(worker);
    // A utilisation below 1 has pauses of random length, as jobs come independently of each other.
    if (works) queue.push(now - pause * Math.log(1 - random()), worker);
  };
  const work = (worker: number, now: number, length: number, done: number): void => {
    const left = Math.min(length, protection) - done;
    ends[worker] = now + length - done;
    doing[worker] = left > 0 ? PROTECTED : EXPIRED;
    if (left > 0) free.remove(worker);
    else free.add(worker);
    queue.push(left > 0 ? now + left : now + length - done, worker);
  };
  for (let worker = 0; worker < workers; worker += 1) {
    if (!works || random() >= utilisation) rest(worker, 0);
    else {
      const length = jobs.met(random);
      work(worker, 0, length, length * random());
    }
  }
  return {
    free: free.size,
    stop(now) {
      const worker = free.draw(random);
      const left = doing[worker] === EXPIRED ? (ends[worker] ?? now) - now : 0;
      doing[worker] = STOPPED;
      return leave(left);
    },
    change(worker, now) {
      if (doing[worker] === STOPPED) return;
      if (doing[worker] === IDLE) work(worker, now, jobs.sample(random), 0);
      else if (doing[worker] === PROTECTED && (ends[worker] ?? now) > now) {
        doing[worker] = EXPIRED;
        free.add(worker);
        queue.push(ends[worker] ?? now, worker);
      } else rest(worker, now);
    },
  };
}

/** The stop of a worker whose job has `left` ms to go, 0 if it has none. */
function leaverOf(fleet: Fleet, random: Random): (left: number) => Leaving {
  const { signal, window, utilisation, idle, measured } = fleet;
  const ofIdle = (measured && drawLeaving(measured.idle)) ?? (() => idle);
  return (left) => {
    if (signal === 'fatal') return { took: 0, lost: left > 0 ? 1 : 0 };
    // It works on until SIGKILL, and takes the next job when this one ends.
    if (signal === 'eaten') return { took: window, lost: left > window || random() < utilisation ? 1 : 0 };
    const needs = left > 0 ? left : ofIdle(random);
    return needs > window ? { took: window, lost: left > 0 ? 1 : 0 } : { took: needs, lost: 0 };
  };
}

/** Some of the workers, from which one is drawn. */
interface Bag {
  size(): number;
  add(worker: number): void;
  remove(worker: number): void;
  /** Takes one of them out. */
  draw(random: Random): number;
}

function createBag(capacity: number): Bag {
  const inside = new Int32Array(capacity);
  const places = new Int32Array(capacity).fill(-1);
  let size = 0;
  const remove = (worker: number): void => {
    const place = places[worker] ?? -1;
    if (place < 0) return;
    size -= 1;
    const last = inside[size] ?? worker;
    inside[place] = last;
    places[last] = place;
    places[worker] = -1;
  };
  return {
    size: () => size,
    add(worker) {
      if ((places[worker] ?? -1) >= 0) return;
      places[worker] = size;
      inside[size] = worker;
      size += 1;
    },
    remove,
    draw(random) {
      const worker = inside[Math.floor(random() * size)] ?? 0;
      remove(worker);
      return worker;
    },
  };
}
