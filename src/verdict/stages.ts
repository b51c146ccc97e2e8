import type { Finding } from '../journal/events.ts';
import type { CheckName } from '../model/names.ts';
import { REASONS, REASONS_IN_ORDER, type Reason, type Stage } from '../model/reasons.ts';

/** A verdict's stage and reason, and the finding that decided. */
export interface Decision {
  readonly stage: Stage;
  readonly reason: Reason;
  readonly by: Finding | null;
}

function findFirstRaised(findings: readonly Finding[], stages: readonly Stage[]): Decision | null {
  for (const reason of REASONS_IN_ORDER) {
    const { stage } = REASONS[reason];
    if (!stages.includes(stage)) continue;
    const by = findings.find((finding) => finding.raises === reason);
    if (by !== undefined) return { stage, reason, by };
  }
  return null;
}

/**
 * The first stage that matches decides, within a stage the order of the table of reasons.
 * A failure needs evidence of the injection just like a pass: without it only the stages A, B and D can decide.
 */
export function decideStage(
  findings: readonly Finding[],
  needed: ReadonlySet<CheckName>,
  passing: Reason,
): Decision {
  const landed = findings.find(({ check }) => check === 'landed');
  const inFlight = findings.find(({ check }) => check === 'in-flight');
  // Where no job was aimed at, in-flight is not asked; where nothing was sent, nothing can be proven.
  const proven = landed?.holds === 'yes' && (inFlight?.holds === 'yes' || inFlight?.holds === 'unasked');
  const early = findFirstRaised(findings, proven ? ['A', 'B', 'C'] : ['A', 'B']);
  if (early !== null) return early;
  const undecided = findFirstRaised(findings, ['D']);
  if (undecided !== null) return undecided;
  const open = findings.find(
    (finding) => needed.has(finding.check) && finding.holds !== 'yes' && finding.holds !== 'unasked',
  );
  if (open !== undefined || !proven)
    return { stage: 'D', reason: 'evidence-missing', by: open ?? landed ?? null };
  return { stage: 'E', reason: passing, by: null };
}
