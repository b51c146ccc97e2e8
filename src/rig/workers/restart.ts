import type { RestartPolicy } from './plan.ts';

/** Whether a container that ended after `ranMs` is started again: once in a period, and never for an ignored code (ECS-43). */
export function startsAgain(
  policy: RestartPolicy | undefined,
  exitCode: number,
  ranMs: number,
): policy is RestartPolicy {
  if (!policy || policy.ignoredExitCodes.includes(exitCode)) return false;
  return ranMs >= policy.attemptPeriodMs;
}
