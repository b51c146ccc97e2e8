import type { Read } from '../journal/events.ts';
import type { Clock } from '../model/clock.ts';
import type { Ask } from '../state/step.ts';
import { keyOf, type Subject } from '../model/world.ts';

/** When each subject was asked after, and when it may be asked again. */
export interface Pace {
  noteSent(subjects: readonly Subject[]): void;
  noteAnswer(read: Read): void;
  isOpen(ask: Ask): boolean;
  /** When the ask is to be sent, milliseconds; in the past: now. */
  dueAt(ask: Ask): number;
  /** Until when the service asked not to be asked again; 0 where it said nothing. */
  heldUntil(subject: Subject): number;
}

/** No subject is asked twice at once, and a service that says when to come again is obeyed, not fought. */
export function createPace(clock: Clock): Pace {
  const askedAt = new Map<string, number>();
  const open = new Set<string>();
  const retryAt = new Map<string, number>();
  return {
    noteSent(subjects) {
      for (const key of subjects.map(keyOf)) {
        askedAt.set(key, clock.now());
        open.add(key);
      }
    },
    noteAnswer({ subject, error }) {
      const key = keyOf(subject);
      open.delete(key);
      if (error?.retryAfter == null) retryAt.delete(key);
      else retryAt.set(key, clock.now() + error.retryAfter);
    },
    isOpen: ({ subject }) => open.has(keyOf(subject)),
    dueAt({ subject, every }) {
      const key = keyOf(subject);
      return Math.max((askedAt.get(key) ?? -Infinity) + every, retryAt.get(key) ?? -Infinity);
    },
    heldUntil: (subject) => retryAt.get(keyOf(subject)) ?? 0,
  };
}
