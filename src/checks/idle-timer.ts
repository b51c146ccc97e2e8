import type { Agent } from '../model/entities/agent.ts';
import { workerOf } from '../evidence/agent-container.ts';
import { byBuildkite, type Stamp } from '../evidence/clocks.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { findEndTime } from '../evidence/job-times.ts';
import { readLeavingFlags, NO_LEAVING_FLAGS, type LeavingFlags } from '../worker/settings.ts';

/** The agent's flags that are known to make it leave by itself. */
export function leavingFlagsIn(evidence: Evidence): LeavingFlags {
  const worker = workerOf(evidence);
  return worker === null ? NO_LEAVING_FLAGS : readLeavingFlags(worker.settings);
}

/** Since when the agent has had no job: the end of its last job, else the time when it connected; null if neither is known. */
export function findIdleStart(evidence: Evidence, agent: Agent): Stamp | null {
  const ends = evidence
    .every('job')
    .filter(({ value }) => value.agentId === agent.id)
    .map(({ value }) => findEndTime(value))
    .filter((end) => end !== null);
  const last =
    ends.filter(({ clock }) => clock === 'buildkite').toSorted((a, b) => b.at - a.at)[0] ?? ends[0];
  return last ?? (agent.connectedAt === null ? null : byBuildkite(agent.connectedAt));
}
