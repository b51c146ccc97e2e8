import type { Explanation } from '../model/cause.ts';
import type { Finding, Verdict } from '../journal/events.ts';
import { REASONS_IN_ORDER, rowOf, type Reason } from '../model/reasons.ts';

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

/** The sort key of a verdict, worst first: a failure comes before an inconclusive verdict, and that before a pass. */
export function rankVerdict({ outcome, reason }: Verdict): number {
  const first = outcome === 'failed' ? 0 : outcome === 'inconclusive' ? 1 : 2;
  const within = REASONS_IN_ORDER.indexOf(reason);
  return first * 1_000 + (within < 0 ? REASONS_IN_ORDER.length : within);
}
