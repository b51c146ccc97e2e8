import type { Read } from '../journal/events.ts';
import type { Trouble } from '../model/answer.ts';
import type { Instant } from '../model/instants.ts';

/** How the reads of one subject went. Instants are the runner's. */
export interface ReadMark {
  /** When the last good read was sent and answered; null where there was none. */
  readonly okSentAt: Instant | null;
  readonly okAnsweredAt: Instant | null;
  readonly triedAt: Instant;
  /** The trouble of the latest read; null where it was good. */
  readonly trouble: Trouble | null;
  readonly failingSince: Instant | null;
}

/** The mark of a subject after one more read of it. */
export function updateMark(before: ReadMark | undefined, read: Read): ReadMark {
  if (read.ok)
    return {
      okSentAt: read.sentAt,
      okAnsweredAt: read.answeredAt,
      triedAt: read.sentAt,
      trouble: null,
      failingSince: null,
    };
  return {
    okSentAt: before?.okSentAt ?? null,
    okAnsweredAt: before?.okAnsweredAt ?? null,
    triedAt: read.sentAt,
    trouble: read.error,
    failingSince: before?.failingSince ?? read.sentAt,
  };
}
