import type { Evidence } from '../evidence/evidence.ts';
import { findDecisiveCall } from '../evidence/hits.ts';
import type { Verdict } from '../journal/events.ts';
import { isOnlySteering } from '../model/call.ts';
import { isToBeSpared } from '../scenario/plan.ts';
import type { Judged } from './case.ts';
import type { DrillResult } from './result.ts';

/** Whether something was stopped, and whether that is proven. */
export function injectionOf(
  evidence: Evidence,
  verdict: Verdict,
  stops: readonly Judged[],
): DrillResult['injection'] {
  if (isEveryStopRefused(evidence)) return 'none';
  if (evidence.injection === null && !isToBeSpared(evidence.plan))
    return findDecisiveCall(evidence) === null ? 'none' : 'not proven';
  // An interrupted drill has no findings yet, but its journal may already prove the injection.
  const findings = verdict.findings.length > 0 ? verdict.findings : (stops[0]?.verdict.findings ?? []);
  const proven = ['landed', 'in-flight', 'still-idle'].every((check) =>
    findings.some((finding) => finding.check === check && ['yes', 'unasked'].includes(finding.holds)),
  );
  return proven ? 'proven' : 'not proven';
}

/** Whether every call that was to stop something was refused: then nothing is open about a stop. */
function isEveryStopRefused({ events }: Evidence): boolean {
  const stops = events('GD_FAULT_INTENDED').filter(({ payload }) => !isOnlySteering(payload.call));
  const sents = events('GD_FAULT_SENT');
  const isRefused = (attempt: number): boolean =>
    sents.some(({ payload }) => payload.attempt === attempt && payload.result === 'refused');
  return stops.length > 0 && stops.every(({ payload }) => isRefused(payload.attempt));
}
