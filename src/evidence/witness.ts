import { TASK_ARN_TAG, type Agent } from '../model/entities/agent.ts';
import { hasJobEnded, type Job } from '../model/entities/job.ts';
import { byAgent, clocksOf } from './clocks.ts';
import type { Evidence, Sighting } from './evidence.ts';

/** Without a job for so long, an agent that leaves by itself would have left: no hidden timer of less stands behind a quick leaving (verdict rule 5). */
const IDLE_FOR = 10_000;
/** From its acceptance on an agent has the job, and stamps the start a little later. */
const ACCEPTING = 2_000;

/** An agent that shows that workers of its definition do not leave by themselves at once. */
export interface Witness {
  readonly said: string;
  readonly events: readonly number[];
}

/** An agent of the target's definition revision, the target too, that stayed connected without a job for ten seconds after a job. */
export function witnessOf(evidence: Evidence): Witness | null {
  const revision = revisionOf(evidence, evidence.target?.taskArn);
  if (revision === null) return null;
  for (const agent of evidence.every('agent')) {
    const own = agent.id === evidence.target?.agentId;
    if (!own && revisionOf(evidence, agent.value.tags[TASK_ARN_TAG]) !== revision) continue;
    const idle = measureIdleBetweenJobs(evidence, agent);
    if (idle === null) continue;
    return {
      said: `agent ${agent.value.name} of the same definition stayed connected without a job for ${String(Math.floor(idle / 1000))} s after a job: no hidden timer makes these agents leave that soon`,
      events: [agent.seq],
    };
  }
  return null;
}

function revisionOf(evidence: Evidence, taskArn: string | undefined): string | null {
  return taskArn === undefined ? null : (evidence.last('task', taskArn)?.value.definition ?? null);
}

/** Its jobs as Buildkite lists them, the latest first; null where one of them was not seen. */
function jobsOf(evidence: Evidence, { jobs }: Agent): readonly Job[] | null {
  if (jobs === null) return null;
  const seen = jobs.map((id) => evidence.last('job', id)?.value);
  return seen.every((job) => job !== undefined) ? seen : null;
}

/** The longest time that it had no job between two jobs that followed one another: start and end are both its own host's clock. */
function measureIdleBetweenJobs(evidence: Evidence, { value: agent }: Sighting<Agent>): number | null {
  const jobs = jobsOf(evidence, agent) ?? [];
  const gaps = jobs.slice(1).map((earlier, index) => {
    const next = jobs[index];
    if (next?.startedAt == null || earlier.finishedAt === null || !hasJobEnded(earlier)) return 0;
    const { distance } = clocksOf(evidence);
    const gap = distance(byAgent(earlier.finishedAt, agent.id), byAgent(next.startedAt, agent.id)).ms;
    return gap - ACCEPTING;
  });
  const longest = Math.max(0, ...gaps);
  return longest >= IDLE_FOR ? longest : null;
}
