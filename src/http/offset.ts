import type { ClockOffset } from '../model/entities/surroundings.ts';

/** What two clocks that are kept by NTP may drift apart, as a part of the time that passed. */
const DRIFT = 0.0001;

/** How far a server's clock is ahead of ours, as all its answers together tell. */
export interface OffsetMeter {
  /** Takes in the `Date` of one answer, and when its request was sent and it came, by our clock. */
  take(date: string | null | undefined, sentAt: number, answeredAt: number): void;
  /** Null before the first answer, or where the server sends no `Date`. */
  read(): ClockOffset | null;
}

/**
 * `Date` has whole seconds, so one answer tells the offset to half a second and half a round trip. Every answer must be right,
 * so the offset lies where all of them overlap; one that contradicts the others means that a clock was set, and begins anew.
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
 * How far a server's clock is ahead of ours by one answer. Its `Date` has whole seconds, so the instant lies in
 * [date, date + 1 s); it was written somewhere between our sending and the answer: both intervals together are the uncertainty.
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
