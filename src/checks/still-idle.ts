import { jobEnded } from '../model/entities/job.ts';
import { agentsOfStruckTask } from '../evidence/agents.ts';
import { type Attempt } from '../evidence/attempts.ts';
import { clocksOf } from '../evidence/clocks.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { gotAt } from '../evidence/job-times.ts';
import { stopOf } from '../evidence/stop.ts';
import { no, unasked, unknown, yes, type Check } from './check.ts';

/** Whether the worker had this job at the stop: a job counts unless it clearly came after the stop. */
function wasThere(evidence: Evidence, { role, job }: Attempt): boolean {
  if (role === 'neighbour') return true;
  if (role !== 'late' || !agentsOfStruckTask(evidence).includes(job.agentId ?? '')) return false;
  const [got, stop] = [gotAt(job), stopOf(evidence)];
  return got === null || stop === null || clocksOf(evidence).order(got, stop) !== 'after';
}

export const stillIdle: Check = {
  name: 'still-idle',
  asks: 'Was the worker without a job when the stop landed?',
  needed: true,
  judge({ evidence, attempts }) {
    const { strike, target } = evidence;
    if (strike === null || target === null) return unasked('nothing was injected');
    if (target.jobId !== null) return unasked('the drill aimed at a job');
    const hit = attempts.find((attempt) => wasThere(evidence, attempt));
    if (hit !== undefined) {
      const { job, loss, seen } = hit;
      const stood = `it ${jobEnded(job) ? 'ended' : 'was still'} ${job.rawState}`;
      const end = loss === null ? stood : `it was lost (${loss.by})`;
      return no(
        'missed-target',
        `the idle worker got job ${job.id} (${job.stepKey ?? job.label ?? 'no step key'}) before the stop landed; ${end}, exit status ${job.exitStatus ?? 'none'}`,
        [strike.sentSeq, seen.seq],
      );
    }
    const agent = evidence.last('agent', target.agentId);
    if (agent?.value.jobs == null) return unknown('the jobs of the agent were never listed');
    return yes('the worker had no job when the stop landed', [strike.sentSeq, agent.seq]);
  },
};
