/** When the step is struck, milliseconds. */
interface Moments {
  readonly inFlightFor: number;
  readonly left: number;
}

/** How long the rehearsed step works, why it is that long, and when it is struck. */
export interface Job extends Moments {
  /** Whole milliseconds. */
  readonly ms: number;
  readonly why: string;
  /** Whether a person said so, so that a loss for its length is a finding and no accident of the rehearsal. */
  readonly stated: boolean;
}

/** What decides how long a step has to be for a stop to show something. */
export interface Ground {
  /** Milliseconds between signal and SIGKILL of the agent's container. */
  readonly window: number;
  /** Whether the definition lets the stop signal come to the agent, as far as its lines tell. */
  readonly told: boolean;
  /** Milliseconds that somebody gave (`--job-length`), or null. */
  readonly given: number | null;
  /** Milliseconds that the step's own lines are sure to take (`sleep 45`), or 0. */
  readonly certain: number;
}

/** Shorter, and a step may be over before a stop of it is proven to have landed. */
export const SHORTEST_JOB = 8_000;
/** Longer, and nothing more would be seen. */
const LONG_ENOUGH = 45_000;
/** So much longer than the window that the kill falls well inside the step. */
const BEYOND = 15_000;

/** Chooses how long the step works. */
export function jobOf(ground: Ground): Job {
  const length = lengthOf(ground);
  return { ...length, ...momentsOf(length.ms, ground.window) };
}

function lengthOf({ window, told, given, certain }: Ground): Omit<Job, keyof Moments> {
  if (given !== null) return { ms: given, why: 'as --job-length says', stated: true };
  if (certain > 0) return { ms: certain, why: "as the step's own sleep takes", stated: true };
  const ms = told
    ? Math.max(SHORTEST_JOB, Math.min(LONG_ENOUGH, Math.floor((window * 2) / 3_000) * 1000))
    : Math.min(LONG_ENOUGH, window + BEYOND);
  return { ms, why: whyOf(ms, told, window), stated: false };
}

function whyOf(ms: number, told: boolean, window: number): string {
  const seconds = `${String(window / 1000)} s`;
  if (!told && ms > window)
    return `longer than the ${seconds} until SIGKILL, since the stop signal does not reach the agent: so it is seen what a stop costs`;
  if (!told)
    return `over before SIGKILL after ${seconds}: a worker that the signal does not reach is killed all the same`;
  if (ms < window) return `shorter than the ${seconds} that the agent has to finish it`;
  return `the shortest that a strike is sure to meet, though the agent has only ${seconds} to finish it`;
}

/**
 * How far into the step the busy strike comes, and how much of the step is left at the one near its end; milliseconds.
 * So much that the stop is sure to land in the step on a busy machine, and so little that the window holds it.
 */
function momentsOf(ms: number, window: number): Moments {
  const left = Math.max(2_000, Math.min(5_000, Math.round(ms / 3), Math.round(window * 0.6)));
  return { inFlightFor: 2_000, left };
}

/**
 * Milliseconds that the drills of one definition take together, about: they run at the same time, and the longest
 * decides. Where the signal is not heard every one of them lasts until SIGKILL.
 */
export function timeOf(
  { window, told }: Pick<Ground, 'window' | 'told'>,
  job: Pick<Job, 'ms' | keyof Moments>,
): number {
  const { inFlightFor, left } = job;
  const busy = inFlightFor + (told ? Math.min(job.ms, window) : window);
  const nearEnd = job.ms - left + (told ? Math.min(left, window) : window);
  return START + Math.max(busy, nearEnd);
}

/** Milliseconds that a rig and its worker take to be there, with three of them starting at once. */
const START = 10_000;
