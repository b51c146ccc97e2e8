import { formatWholeSeconds, type Instant } from '../model/instants.ts';

/** What is known beforehand of the drills of a command, for the live view. */
export interface Agenda {
  /** What is under way, such as `as given`; null: the drills alone. Asked whenever the view is drawn. */
  readonly title: () => string | null;
  /** How many drills there will be in all; null: not known. */
  readonly total: number | null;
  /** How many run at the same time. */
  readonly parallel: number;
  /** How long all of it takes, about, milliseconds; null: not known beforehand. */
  readonly lasts: number | null;
}

/** How far the drills of a command have come; a value. */
export interface Progress {
  readonly agenda: Agenda;
  /** When the first drill began; null: none has. */
  readonly beganAt: Instant | null;
  /** When each drill began that runs now. */
  readonly running: ReadonlyMap<string, Instant>;
  /** How long each drill took that has ended, milliseconds. */
  readonly took: readonly number[];
}

/** The agenda of a known number of drills. */
export function planAgenda(total: number, parallel: number): Agenda {
  return { title: () => null, total, parallel, lasts: null };
}

/** No drill has begun. */
export function startProgress(agenda: Agenda): Progress {
  return { agenda, beganAt: null, running: new Map(), took: [] };
}

/** A drill runs; the same progress where that is known already. */
export function countBegun(progress: Progress, drill: string, at: Instant): Progress {
  if (progress.running.has(drill)) return progress;
  const running = new Map(progress.running).set(drill, at);
  return { ...progress, beganAt: progress.beganAt ?? at, running };
}

/** A drill has ended. One that never ran, as its rig did not start, took no time that says anything of the others. */
export function countEnded(progress: Progress, drill: string, at: Instant): Progress {
  const running = new Map(progress.running);
  const began = running.get(drill);
  running.delete(drill);
  return { ...progress, running, took: began === undefined ? progress.took : [...progress.took, at - began] };
}

/**
 * How long the drills that are left take, about, and why that is thought; null where nobody knows. Either all of it was known
 * beforehand, or each takes as long as the median of those that have ended.
 */
export function sayTimeLeft(
  { agenda, beganAt, running, took }: Progress,
  ended: number,
  now: Instant,
): string | null {
  if (agenda.lasts !== null) {
    const left = agenda.lasts - (now - (beganAt ?? now));
    return left > 0 ? `about ${formatWholeSeconds(left)} left` : null;
  }
  const count = agenda.total === null ? 0 : agenda.total - ended;
  const each = median(took);
  if (count <= 0 || each === null) return null;
  const done = [...running.values()].reduce(
    (sum, began) => sum + Math.min(each, Math.max(0, now - began)),
    0,
  );
  const left = Math.max(0, count * each - done) / Math.max(1, Math.min(agenda.parallel, count));
  return `about ${formatWholeSeconds(left)} left, at ${formatWholeSeconds(each)} a drill so far`;
}

/** `drill 3 of 12; about 4 min 10 s left, at 26 s a drill so far`; null where there is nothing to say, as of a drill that is the only one. */
export function sayProgress(progress: Progress, ended: number, now: Instant): string | null {
  const { total, title } = progress.agenda;
  const left = sayTimeLeft(progress, ended, now);
  const said = [
    title(),
    ...(total === null || total === 1 ? [] : [`drill ${String(ended + 1)} of ${String(total)}`, left]),
  ].filter((part) => part !== null);
  return said.length === 0 ? null : said.join('; ');
}

function median(times: readonly number[]): number | null {
  if (times.length === 0) return null;
  const sorted = times.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
