import { isHidden, listHalfFinished } from '../checks/flushed.ts';
import { followCounter } from '../evidence/counters.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { listCounted } from '../scenario/subjects.ts';
import type { DrillResult } from './result.ts';

/** What the counters of the target's sidecars showed. */
export function listSidecarLines(evidence: Evidence): DrillResult['sidecars'] {
  const { target, plan } = evidence;
  if (target === null) return [];
  const left = listHalfFinished(evidence);
  return listCounted(plan).map((container) => {
    const { before, after, isStill, hasOnlyGrown } = followCounter(evidence, target.taskArn, container);
    const calls = left.find((one) => one.container === container)?.calls ?? 0;
    const isKnown = calls > 0 || (before !== null && after !== null && isStill && hasOnlyGrown);
    return {
      container,
      before: before?.value ?? null,
      after: after?.value ?? null,
      halfFinished: isKnown ? calls : null,
      hidden: calls > 0 && isHidden(evidence),
    };
  });
}
