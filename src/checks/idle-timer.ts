import type { Agent } from '../model/entities/agent.ts';
import type { Instant } from '../model/entities/build.ts';
import type { Job } from '../model/entities/job.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { agentContainer, agentSetting } from './container.ts';

/** The agent's `--disconnect-after-idle-timeout` in milliseconds; null where it has none, or the definition does not tell. */
export function idleTimeout(evidence: Evidence): number | null {
  const definition = agentContainer(evidence)?.definition ?? null;
  const value = agentSetting(
    definition,
    '--disconnect-after-idle-timeout',
    'BUILDKITE_AGENT_DISCONNECT_AFTER_IDLE_TIMEOUT',
  );
  const number = Number(value ?? 0);
  return Number.isFinite(number) && number > 0 ? number * 1000 : null;
}

/** When a job ended by Buildkite's clock, or by the agent's own where its history was not read. */
export function endOfJob({ events, finishedAt }: Job): Instant | null {
  return (events ?? []).find(({ type }) => type === 'FINISHED')?.at ?? finishedAt;
}

/** Since when the agent is without a job, by Buildkite's clock: the end of its last job, else its connecting; null where neither is known. */
export function idleFrom(evidence: Evidence, agent: Agent): Instant | null {
  const ends = evidence
    .every('job')
    .filter(({ value }) => value.agentId === agent.id)
    .map(({ value }) => endOfJob(value))
    .filter((end) => end !== null);
  return ends.length === 0 ? agent.connectedAt : Math.max(...ends);
}
