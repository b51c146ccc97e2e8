import type { DrillEvent } from '../journal/events.ts';
import type { Instant } from '../model/instants.ts';
import { isJobHeld } from '../model/entities/job.ts';
import { findFact, type World } from '../model/world.ts';

type Observed = DrillEvent & { code: 'GD_OBSERVED' };
/** By id, an instant of the runner's clock. */
type Since = Readonly<Record<string, Instant>>;

/** Since when each job has been seen RUNNING, after one more observation. */
export function trackRunning(before: Since, event: Observed): Since {
  const since = { ...before };
  for (const fact of event.payload.facts) {
    if (fact.kind !== 'job') continue;
    if (fact.value.state !== 'running') delete since[fact.id];
    else since[fact.id] ??= Math.min(event.at, ...event.payload.reads.map((read) => read.answeredAt));
  }
  return since;
}

/** Since when each agent has been seen without a job. Only a read of the agent itself shows which jobs it was given; a listing can but take its idleness back. */
export function trackIdle(before: Since, world: World, event: Observed): Since {
  const since = { ...before };
  const at = Math.min(event.at, ...event.payload.reads.map((read) => read.answeredAt));
  for (const fact of event.payload.facts) {
    if (fact.kind === 'job' && fact.value.agentId !== null && isJobHeld(fact.value))
      delete since[fact.value.agentId];
    if (fact.kind !== 'agent') continue;
    const { connection, isRunningJob, jobs } = fact.value;
    const holds = (jobs ?? []).some((id) => {
      const job = findFact(world, 'job', id);
      return job !== undefined && job.agentId === fact.id && isJobHeld(job);
    });
    if (connection !== 'connected' || isRunningJob || holds) delete since[fact.id];
    else if (jobs !== null) since[fact.id] ??= at;
  }
  return since;
}
