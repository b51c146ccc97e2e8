import type { Finding, Proof } from '../journal/events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Attempt } from '../evidence/attempts.ts';
import type { CheckName } from '../model/names.ts';
import type { Reason } from '../model/reasons.ts';

/** What every check is given: the journal's index and the attempts that matter, made once. */
export interface Case {
  readonly evidence: Evidence;
  readonly attempts: readonly Attempt[];
}

/** One question asked of the journal. `judge` is total over any journal; one that throws is judged inconclusive. */
export interface Check {
  readonly name: CheckName;
  /** The question in a stranger's words. */
  readonly asks: string;
  /** A pass needs this one proven. */
  readonly needed: boolean;
  judge(about: Case): Answered;
}

/** A finding before its check's name is put to it. */
export type Answered = Omit<Finding, 'check'>;

interface More {
  readonly raises?: Reason;
  readonly notes?: readonly string[];
  readonly proof?: Proof;
}

function answer(
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

/** Proven; `proof` says how, where there are several ways. */
export function yes(
  said: string,
  events: readonly (number | null)[],
  notes: readonly string[] = [],
  proof?: Proof,
): Answered {
  return answer('yes', said, events, proof === undefined ? { notes } : { notes, proof });
}

/** Proven not to hold; raises its reason. */
export function no(
  raises: Reason,
  said: string,
  events: readonly (number | null)[],
  notes: readonly string[] = [],
): Answered {
  return answer('no', said, events, { raises, notes });
}

/** There is no answer; raises a reason where the lack has a name of its own. */
export function unknown(
  said: string,
  events: readonly (number | null)[] = [],
  raises?: Reason,
  notes: readonly string[] = [],
): Answered {
  return answer('unknown', said, events, raises === undefined ? { notes } : { raises, notes });
}

/** Does not apply to this drill. */
export function unasked(said: string): Answered {
  return answer('unasked', said, [], {});
}
