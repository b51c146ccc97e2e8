import type { DrillEvent } from '../journal/events.ts';
import type { Clock } from '../model/clock.ts';

/**
 * A clock that never shows less than the journal's last event: between two runners the machine's clock may have been set
 * back, and what is read now would count as read before. It runs on from there, so that deadlines still come.
 */
export function notBefore(journal: readonly DrillEvent[], clock: Clock): Clock {
  const behind = (journal.at(-1)?.at ?? -Infinity) - clock.now();
  return behind <= 0 ? clock : { ...clock, now: () => clock.now() + behind };
}
