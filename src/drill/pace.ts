import type { Read } from '../journal/events.ts';
import type { Clock } from '../model/clock.ts';
import type { Share } from '../model/entities/budget.ts';
import { countPoints, isAffordable } from '../state/points.ts';
import type { Ask } from '../state/step.ts';
import { keyOf, type Subject, type World } from '../model/world.ts';

/** Polls take so long at least to use up what is left of Buildkite's points: less and less while more is spent than comes back. */
const SPREAD_OVER = 60_000;
/** How soon it is looked again whether there are points for a poll, milliseconds. */
const LOOKED_AGAIN = 1_000;

/** What paces the polls of an observation: the drill's share of Buildkite's points (null: no limit is known), and what it has seen. */
export interface Purse {
  readonly share: Share | null;
  readonly world: World;
}

/** When each subject was asked after, and when it may be asked again. */
export interface Pace {
  noteSent(subjects: readonly Subject[], world: World): void;
  noteAnswer(read: Read): void;
  /** Those of the asks that are to be sent now. */
  listDue(asks: readonly Ask[], purse: Purse): readonly Ask[];
  /** When the next of them is to be sent; Infinity while all of them are open. */
  nextAt(asks: readonly Ask[], purse: Purse): number;
  /** Until when the service asked not to be asked again; 0 where it said nothing. */
  heldUntil(subject: Subject): number;
}

/**
 * No subject is asked twice at once, and a service that says when to come again is obeyed, not fought. Polls of Buildkite
 * become slower the less is left of the drill's share of points, and none is sent that the share does not pay for.
 */
export function createPace(clock: Clock, restFor: (subject: Subject) => number): Pace {
  const askedAt = new Map<string, number>();
  /** The points of those that are not answered yet. */
  const open = new Map<string, number>();
  const retryAt = new Map<string, number>();
  const isOpen = ({ subject }: Ask): boolean => open.has(keyOf(subject));

  function dueAt({ subject, every }: Ask, isPaid: boolean, stretch: number): number {
    const key = keyOf(subject);
    const rest = restFor(subject);
    const rested = rest > 0 ? clock.now() + rest : -Infinity;
    const pace = isPaid ? Math.ceil(every * stretch) : every;
    return Math.max((askedAt.get(key) ?? -Infinity) + pace, retryAt.get(key) ?? -Infinity, rested);
  }

  /** Each ask that is not open, with its points and when it is due by its pace. */
  function schedule(asks: readonly Ask[], { share, world }: Purse) {
    const stretch = stretchOf(asks, share, world);
    return asks
      .filter((ask) => !isOpen(ask))
      .map((ask) => {
        const points = countPoints(ask.subject, world);
        return { ask, points, at: dueAt(ask, points > 0, stretch) };
      });
  }

  return {
    noteSent(subjects, world) {
      for (const subject of subjects) {
        askedAt.set(keyOf(subject), clock.now());
        open.set(keyOf(subject), countPoints(subject, world));
      }
    },
    noteAnswer({ subject, error }) {
      const key = keyOf(subject);
      open.delete(key);
      if (error?.retryAfter == null) retryAt.delete(key);
      else retryAt.set(key, clock.now() + error.retryAfter);
    },
    listDue(asks, purse) {
      const now = clock.now();
      const { share } = purse;
      let taken = [...open.values()].reduce((sum, points) => sum + points, 0);
      const due: Ask[] = [];
      for (const { ask, points, at } of schedule(asks, purse)) {
        if (at > now) continue;
        if (points > 0 && share !== null) {
          if (!isAffordable({ ...share, left: share.left - taken }, points)) continue;
          taken += points;
        }
        due.push(ask);
      }
      return due;
    },
    nextAt(asks, purse) {
      // One that is due by now lacks points.
      const soonest = clock.now() + LOOKED_AGAIN;
      const times = schedule(asks, purse).map(({ at }) => (at <= clock.now() ? soonest : at));
      return Math.min(Infinity, ...times);
    },
    heldUntil: (subject) => retryAt.get(keyOf(subject)) ?? 0,
  };
}

/** By how much polls of Buildkite are slower than their pace. */
function stretchOf(asks: readonly Ask[], share: Share | null, world: World): number {
  if (share === null) return 1;
  const perMs = asks.reduce(
    (sum, { subject, every, fresh }) =>
      fresh || every <= 0 ? sum : sum + countPoints(subject, world) / every,
    0,
  );
  return Math.max(1, (perMs * SPREAD_OVER) / Math.max(1, share.left));
}
