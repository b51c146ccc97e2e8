import type { Explanation } from '../journal/cause.ts';
import type { Finding, Verdict } from '../journal/events.ts';
import { rowOf, type Reason } from '../model/reasons.ts';

/** What a verdict rests on besides its reason. */
interface Grounds {
  readonly findings?: readonly Finding[];
  readonly notes?: readonly string[];
  readonly cause?: Explanation | null;
}

/** The verdict of a reason: its outcome, stage and next move stand in the table of reasons. */
export function verdictOf(
  reason: Reason,
  said: string,
  { findings = [], notes = [], cause = null }: Grounds = {},
): Verdict {
  const { outcome, stage, next } = rowOf(reason);
  return { outcome, reason, stage, said, cause, next, findings: [...findings], notes: [...notes] };
}
