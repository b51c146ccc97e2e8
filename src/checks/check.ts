import type { Finding, Proof } from '../journal/events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Attempt } from '../evidence/attempts.ts';
import type { CheckName } from '../model/names.ts';
import type { Reason } from '../model/reasons.ts';

/** The input of every check: the journal's index and the attempts that matter, computed once. */
export interface Case {
  readonly evidence: Evidence;
  readonly attempts: readonly Attempt[];
}

/** One question about the journal. `judge` must answer for any journal; if it throws, the drill is inconclusive. */
export interface Check {
  readonly name: CheckName;
  /** The question, as a person who reads the verdict would ask it. */
  readonly asks: string;
  /** Whether a pass needs this check to hold. */
  readonly needed: boolean;
  judge(about: Case): Answered;
}

/** A finding without the name of its check. */
export type Answered = Omit<Finding, 'check'>;

interface More {
  readonly raises?: Reason;
  readonly notes?: readonly string[];
  readonly proof?: Proof;
}

function makeAnswer(
  holds: Finding['holds'],
  said: string,
  events: readonly (number | null)[],
  more: More,
): Answered {
  const numbers = events.filter((event) => event !== null);
  return {
    holds,
    raises: more.raises ?? null,
    said,
    notes: [...(more.notes ?? [])],
    events: [...new Set(numbers)].sort((a, b) => a - b),
    ...(more.proof === undefined ? {} : { proof: more.proof }),
  };
}

/** The check holds; `proof` says which way showed it, if there are several. */
export function yes(
  said: string,
  events: readonly (number | null)[],
  notes: readonly string[] = [],
  proof?: Proof,
): Answered {
  return makeAnswer('yes', said, events, proof === undefined ? { notes } : { notes, proof });
}

/** The check is proven not to hold; raises the reason. */
export function no(
  raises: Reason,
  said: string,
  events: readonly (number | null)[],
  notes: readonly string[] = [],
): Answered {
  return makeAnswer('no', said, events, { raises, notes });
}

/** The check has no answer; raises a reason if the missing evidence has a reason of its own. */
export function unknown(
  said: string,
  events: readonly (number | null)[] = [],
  raises?: Reason,
  notes: readonly string[] = [],
): Answered {
  return makeAnswer('unknown', said, events, raises === undefined ? { notes } : { raises, notes });
}

/** The check does not apply to this drill. */
export function unasked(said: string): Answered {
  return makeAnswer('unasked', said, [], {});
}
