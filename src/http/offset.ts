import type { ClockOffset } from '../model/entities/surroundings.ts';

/** Largest drift between two clocks under NTP, as a share of the time that passed. */
const DRIFT = 0.0001;

/** How far a server's clock is ahead of ours, from all its answers together. */
export interface OffsetMeter {
  /** Adds the `Date` of one answer, with the times of its request and its arrival by our clock. */
  take(date: string | null | undefined, sentAt: number, answeredAt: number): void;
  /** Null before the first answer, or if the server sends no `Date`. */
  read(): ClockOffset | null;
}

/**
 * `Date` has whole seconds, so one answer gives the offset to within half a second and half a round trip. The offset lies
 * where the intervals of all answers overlap. An answer that contradicts them means that a clock was set: the offset starts
 * again from that answer.
 */
export function createOffsetMeter(): OffsetMeter {
  let known: { readonly low: number; readonly high: number; readonly at: number } | null = null;
  return {
    take(date, sentAt, answeredAt) {
      const one = offsetOf(date, sentAt, answeredAt);
      if (one === null) return;
      const [low, high] = [one.offset - one.uncertainty, one.offset + one.uncertainty];
      const drift = known === null ? 0 : Math.max(0, answeredAt - known.at) * DRIFT;
      const both =
        known === null
          ? { low, high }
          : { low: Math.max(low, known.low - drift), high: Math.min(high, known.high + drift) };
      known = { ...(both.low <= both.high ? both : { low, high }), at: answeredAt };
    },
    read: () =>
      known === null
        ? null
        : { offset: (known.low + known.high) / 2, uncertainty: (known.high - known.low) / 2 },
  };
}

/**
 * How far a server's clock is ahead of ours, from one answer. `Date` has whole seconds, so the instant lies in
 * [date, date + 1 s); it was written between our request and the answer. Both intervals together are the uncertainty.
 */
export function offsetOf(
  date: string | null | undefined,
  sentAt: number,
  answeredAt: number,
): ClockOffset | null {
  if (date === null || date === undefined) return null;
  const server = Date.parse(date);
  if (Number.isNaN(server)) return null;
  return { offset: server + 500 - (sentAt + answeredAt) / 2, uncertainty: 500 + (answeredAt - sentAt) / 2 };
}
