import { isOnAnotherTask } from '../evidence/agents.ts';
import { findFinalAttempt, isJudged, hasTrulyPassed, type Attempt } from '../evidence/attempts.ts';
import type { Case } from './check.ts';
import { findAgentContainer } from '../evidence/agent-container.ts';

/** Whether this attempt was lost or stopped by its agent, and an automatic retry passed on another task. */
export function isHandedOver(attempt: Attempt, { evidence, attempts }: Case): boolean {
  if (attempt.loss === null && attempt.job.signalReason !== 'agent_stop') return false;
  const chain = findFinalAttempt(attempt, attempts);
  if (chain === attempt || chain.role !== 'retry' || !hasTrulyPassed(chain.job)) return false;
  if (!isOnAnotherTask(evidence, chain.job.agentId)) return false;
  return hasOnlyAutomaticRetries(attempt, attempts);
}

function hasOnlyAutomaticRetries(attempt: Attempt, attempts: readonly Attempt[]): boolean {
  let at = attempt;
  for (let hops = 0; hops < 50; hops += 1) {
    const retries = attempts.filter((other) => other.job.retryOf === at.job.id);
    const next = retries[0];
    if (next === undefined) return true;
    if (retries.some(({ job }) => job.retryType !== 'automatic')) return false;
    at = next;
  }
  return false;
}

/** Whether the scenario allows a handover and every judged attempt that was hit was handed over. */
export function isExcused(about: Case): boolean {
  if (about.evidence.plan.scenario.expect.handover !== 'allowed') return false;
  const hit = about.attempts.filter(
    (attempt) => isJudged(attempt) && (attempt.loss !== null || attempt.job.signalReason === 'agent_stop'),
  );
  return (
    hit.length > 0 && hit.every((attempt) => isHandedOver(attempt, about) || isExcusedRetry(attempt, about))
  );
}

/** A judged retry that was lost or stopped too is excused by the attempt at the end of the chain. */
function isExcusedRetry(attempt: Attempt, about: Case): boolean {
  return attempt.role === 'retry-on-doomed' && isHandedOver(attempt, about);
}

/** A handover excuses exit code 0, and 137 at the stop time-out; 143, or an earlier 137, stays not-drained. */
export function isContainerExcused(about: Case): boolean {
  if (!isExcused(about)) return false;
  const agent = findAgentContainer(about.evidence);
  if (agent?.container == null) return false;
  return agent.container.exitCode === 0 || (agent.container.exitCode === 137 && agent.atTimeout);
}
