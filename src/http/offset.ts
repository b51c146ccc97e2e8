import type { ClockOffset } from '../model/entities/surroundings.ts';

/**
 * How far a server's clock is ahead of ours. Its `Date` has whole seconds, so the instant lies in [date, date + 1 s);
 * it was written somewhere between our sending and the answer: both intervals together are the uncertainty.
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
