import { hasJobEnded } from '../model/entities/job.ts';
import { listTargetAgents } from '../evidence/agents.ts';
import { type Attempt } from '../evidence/attempts.ts';
import { clocksOf } from '../evidence/clocks.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { findGotTime } from '../evidence/job-times.ts';
import { stopOf } from '../evidence/stop.ts';
import { no, unasked, unknown, yes, type Check } from './check.ts';

/** Whether the worker had this job at the stop: a job counts unless it clearly came after the stop. */
function mayHaveBeenThere(evidence: Evidence, { role, job }: Attempt): boolean {
  if (role === 'neighbour') return true;
  if (role !== 'late' || !listTargetAgents(evidence).includes(job.agentId ?? '')) return false;
  const [got, stop] = [findGotTime(job), stopOf(evidence)];
  return got === null || stop === null || clocksOf(evidence).order(got, stop) !== 'after';
}

export const stillIdle: Check = {
  name: 'still-idle',
  asks: 'Was the worker without a job when the stop landed?',
  needed: true,
  judge({ evidence, attempts }) {
    const { injection, target } = evidence;
    if (injection === null || target === null) return unasked('nothing was injected');
    if (target.jobId !== null) return unasked('the drill aimed at a job');
    const hit = attempts.find((attempt) => mayHaveBeenThere(evidence, attempt));
    if (hit !== undefined) {
      const { job, loss, seen } = hit;
      const stood = `it ${hasJobEnded(job) ? 'ended' : 'was still'} ${job.rawState}`;
      const end = loss === null ? stood : `it was lost (${loss.by})`;
      return no(
        'missed-target',
        `the idle worker got job ${job.id} (${job.stepKey ?? job.label ?? 'no step key'}) before the stop landed; ${end}, exit status ${job.exitStatus ?? 'none'}`,
        [injection.sentSeq, seen.seq],
      );
    }
    const agent = evidence.last('agent', target.agentId);
    if (agent?.value.jobs == null) return unknown('the jobs of the agent were never listed');
    return yes('the worker had no job when the stop landed', [injection.sentSeq, agent.seq]);
  },
};
