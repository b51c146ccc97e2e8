import type { Job } from '../model/entities/job.ts';
import { byAgent, byBuildkite, type Stamp } from './clocks.ts';

const HANDED: ReadonlySet<string> = new Set(['ASSIGNED', 'ACCEPTED', 'STARTED']);
const ENDS: ReadonlySet<string> = new Set([
  'FINISHED',
  'CANCELED',
  'TIMED_OUT',
  'AGENT_LOST',
  'AGENT_DISCONNECTED',
]);

/** When an agent got the job: by Buildkite's history, else by the agent's own clock; null where neither tells. */
export function findGotTime({ events, startedAt, agentId }: Job): Stamp | null {
  const handed = (events ?? []).find(({ type, at }) => HANDED.has(type) && at !== null)?.at ?? null;
  if (handed !== null) return byBuildkite(handed);
  return startedAt === null || agentId === null ? null : byAgent(startedAt, agentId);
}

/** When the agent called start: in flight from then on. */
export function findStartTime({ events, startedAt: byHost, agentId }: Job): Stamp | null {
  const started = (events ?? []).find(({ type }) => type === 'STARTED')?.at ?? null;
  if (started !== null) return byBuildkite(started);
  return byHost === null || agentId === null ? null : byAgent(byHost, agentId);
}

/** When its agent finished it: the FINISHED event, which is Buildkite's; null where the history does not show it. */
export function findFinishTime({ events }: Job): Stamp | null {
  const at = (events ?? []).find(({ type, actor }) => type === 'FINISHED' && actor !== 'system')?.at ?? null;
  return at === null ? null : byBuildkite(at);
}

/** When it ended, however it did, by Buildkite's history; null where that does not show it. */
export function findRecordedEnd({ events }: Job): Stamp | null {
  const end = (events ?? []).findLast(({ type, at }) => ENDS.has(type) && at !== null)?.at ?? null;
  return end === null ? null : byBuildkite(end);
}

/** The same, else by the agent's own clock; null where neither tells. */
export function findEndTime(job: Job): Stamp | null {
  const { finishedAt, agentId } = job;
  const event = findRecordedEnd(job);
  if (event !== null || finishedAt === null || agentId === null) return event;
  return byAgent(finishedAt, agentId);
}

/** The ends that two clocks give: the FINISHED event by Buildkite's, `finishedAt` by the agent's. Empty unless both are there (verdict rule 3c). */
export function endsOf(job: Job): readonly Stamp[] {
  const event = findFinishTime(job);
  if (event === null || job.finishedAt === null || job.agentId === null) return [];
  return [event, byAgent(job.finishedAt, job.agentId)];
}
