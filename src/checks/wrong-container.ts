import { findAgentContainer } from '../evidence/agent-container.ts';
import { clocksOf } from '../evidence/clocks.ts';
import { findFinishTime } from '../evidence/job-times.ts';
import { unknown, type Answered, type Case } from './check.ts';
import { formatClockTime } from './times.ts';

/** If the container ended clearly before the job that it should have run, the agent runs in another one (verdict rule 14). Null if it may be the agent's. */
export function judgeWrongContainer({ evidence, attempts }: Case): Answered | null {
  const agent = findAgentContainer(evidence);
  if (agent?.endedBy == null) return null;
  const { endedBy, task } = agent;
  const { order } = clocksOf(evidence);
  for (const { job, loss, seen } of attempts) {
    const end = loss === null && job.agentId === evidence.target?.agentId ? findFinishTime(job) : null;
    if (end === null || order(endedBy, end) !== 'before') continue;
    return unknown(
      `container ${evidence.target?.container ?? ''} ended at ${formatClockTime(endedBy.at)}, and job ${job.id}, which it is said to have run, ended at ${formatClockTime(end.at)}: the agent lives in another container`,
      [task.seq, seen.seq],
      'evidence-missing',
    );
  }
  return null;
}
