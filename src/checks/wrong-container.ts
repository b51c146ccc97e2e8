import { agentContainer } from '../evidence/agent-container.ts';
import { clocksOf } from '../evidence/clocks.ts';
import { finishedEvent } from '../evidence/job-times.ts';
import { unknown, type Answered, type Case } from './check.ts';
import { clockTime } from './times.ts';

/** If the container ended clearly before the job that it should have run, the agent runs in another one (verdict rule 14). Null if it may be the agent's. */
export function wrongContainer({ evidence, attempts }: Case): Answered | null {
  const agent = agentContainer(evidence);
  if (agent?.endedBy == null) return null;
  const { endedBy, task } = agent;
  const { order } = clocksOf(evidence);
  for (const { job, loss, seen } of attempts) {
    const end = loss === null && job.agentId === evidence.target?.agentId ? finishedEvent(job) : null;
    if (end === null || order(endedBy, end) !== 'before') continue;
    return unknown(
      `container ${evidence.target?.container ?? ''} ended at ${clockTime(endedBy.at)}, and job ${job.id}, which it is said to have run, ended at ${clockTime(end.at)}: the agent lives in another container`,
      [task.seq, seen.seq],
      'evidence-missing',
    );
  }
  return null;
}
