/** When the worker is stopped, milliseconds. */
interface Moments {
  readonly inFlightFor: number;
  readonly left: number;
}

/** How long the rehearsed step works, why it is that long, and when it is stopped. */
export interface Job extends Moments {
  /** Length of the step in whole milliseconds. */
  readonly ms: number;
  readonly why: string;
  /** Whether the user set the length: only then is a loss for its length a finding. */
  readonly stated: boolean;
}

/** What decides how long the step must be. */
export interface Ground {
  /** Milliseconds between signal and SIGKILL of the agent's container. */
  readonly window: number;
  /** Whether the stop signal reaches the agent, as far as the definition shows. */
  readonly told: boolean;
  /** Milliseconds of `--job-length`, or null. */
  readonly given: number | null;
  /** Milliseconds that the step's own commands certainly take (`sleep 45`), or 0. */
  readonly certain: number;
}

/** The shortest step, in milliseconds: a shorter one may end before its stop is proven to have landed. */
export const SHORTEST_JOB = 8_000;
/** The longest step, in milliseconds: a longer one would show nothing more. */
const LONG_ENOUGH = 45_000;
/** Milliseconds beyond the window, so that SIGKILL comes well inside the step. */
const BEYOND = 15_000;

/** Chooses how long the step works. */
export function jobOf(ground: Ground): Job {
  const length = lengthOf(ground);
  return { ...length, ...momentsOf(length.ms, ground.window) };
}

function lengthOf({ window, told, given, certain }: Ground): Omit<Job, keyof Moments> {
  if (given !== null) return { ms: given, why: 'set by --job-length', stated: true };
  if (certain > 0) return { ms: certain, why: "the length of the step's own sleep", stated: true };
  const ms = told
    ? Math.max(SHORTEST_JOB, Math.min(LONG_ENOUGH, Math.floor((window * 2) / 3_000) * 1000))
    : Math.min(LONG_ENOUGH, window + BEYOND);
  return { ms, why: whyOf(ms, told, window), stated: false };
}

function whyOf(ms: number, told: boolean, window: number): string {
  const seconds = `${String(window / 1000)} s`;
  if (!told && ms > window)
    return `longer than the ${seconds} until SIGKILL, as the stop signal does not reach the agent: this shows what a stop costs`;
  if (!told)
    return `it ends before SIGKILL after ${seconds}: a worker that the signal does not reach is killed nevertheless`;
  if (ms < window) return `shorter than the ${seconds} that the agent has to finish it`;
  return `the shortest that an injection is sure to meet, though the agent has only ${seconds} to finish it`;
}

/**
 * How far into the step the busy injection comes, and how much of the step is left at the one near its end; milliseconds.
 * Long enough for the stop to land in the step on a busy machine, and short enough for the window.
 */
function momentsOf(ms: number, window: number): Moments {
  const left = Math.max(2_000, Math.min(5_000, Math.round(ms / 3), Math.round(window * 0.6)));
  return { inFlightFor: 2_000, left };
}

/**
 * Milliseconds that the drills of one definition take, about: they run at the same time, so the longest one counts. If
 * the signal is not heard, each lasts until SIGKILL.
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

/** Milliseconds that a rig and its worker take to start, with three of them starting at the same time. */
const START = 10_000;
