import type { NewEvent } from '../journal/events.ts';
import type { Call } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import type { Destination, Notice } from '../model/entities/notice.ts';
import type { Reason } from '../model/reasons.ts';
import type { DrillState } from './state.ts';
import { keyOf, type Subject } from '../model/world.ts';

/** One thing to ask after: again every so many milliseconds, or `fresh`: now, whenever it was asked last. */
export interface Ask {
  readonly subject: Subject;
  readonly every: number;
  readonly fresh: boolean;
}

/** What the loop does next; `decide` gives exactly one. */
export type Step =
  /** Ask until something changed, every fresh ask was answered, or `by` has come. */
  | { readonly do: 'observe'; readonly asks: readonly Ask[]; readonly by: Instant }
  /** Send one call that changes something: intent, call, outcome. */
  | { readonly do: 'call'; readonly call: Call; readonly as: 'build' | 'fault' | 'undo' }
  /** Write down what was concluded from what is known. */
  | { readonly do: 'conclude'; readonly event: NewEvent }
  /** Ask the person at the terminal. */
  | { readonly do: 'confirm'; readonly shown: readonly string[] }
  /** Tell people what is about to be done. */
  | { readonly do: 'notify'; readonly notice: Notice; readonly to: readonly Destination[] }
  | { readonly do: 'end' };

/** An ask that must be answered now. */
export function fresh(subject: Subject): Ask {
  return { subject, every: 0, fresh: true };
}

/** How soon a read that failed is tried again where it must be had, milliseconds. */
const AGAIN = 1_000;

/** Step: what must be known now is asked at once; what failed is asked again at a pace, for a service is not to be hammered. */
export function askNow(state: DrillState, subjects: readonly Subject[], now: Instant): Step {
  const ready = subjects.filter((subject) => (state.marks[keyOf(subject)]?.trouble ?? null) === null);
  if (ready.length > 0) return { do: 'observe', asks: ready.map(fresh), by: now };
  return { do: 'observe', asks: subjects.map((subject) => paced(subject, AGAIN)), by: now + AGAIN };
}

/** An ask that is repeated at a pace. */
export function paced(subject: Subject, every: number): Ask {
  return { subject, every, fresh: false };
}

/** Step: write down that the drill goes no further. */
export function haltDrill(reason: Reason, said: string): Step {
  return { do: 'conclude', event: { code: 'GD_HALTED', payload: { reason, said } } };
}

/** Step: the watch is over. */
export function endWatch(why: 'settled' | 'deadline' | 'gap', said: string): Step {
  return { do: 'conclude', event: { code: 'GD_WATCH_ENDED', payload: { why, said } } };
}

/** An observation is written down at least this often while nothing changes, milliseconds. */
export const QUIET_FOR = 15_000;
