import type { Instant } from '../model/entities/build.ts';
import { jobEnded, type Job } from '../model/entities/job.ts';
import { agentsOfStruckTask, type Attempt } from '../evidence/attempts.ts';
import type { Evidence, Strike } from '../evidence/evidence.ts';
import { no, unasked, unknown, yes, type Check } from './check.ts';

/** What two servers' clocks may be apart before an order between them means something, milliseconds. */
const CLOCKS = 2_000;

/** When an agent got the job, as early as anything shows; null where nothing does. */
function begun({ startedAt, events }: Job): Instant | null {
  const handed = (events ?? []).filter(({ type }) => ['ASSIGNED', 'ACCEPTED', 'STARTED'].includes(type));
  const times = [startedAt, ...handed.map(({ at }) => at)].filter((at) => at !== null);
  return times.length === 0 ? null : Math.min(...times);
}

/** A job that was there at the stop, or that cannot be shown to have come clearly after it. */
function wasThere(evidence: Evidence, strike: Strike, { role, job }: Attempt): boolean {
  if (role === 'neighbour') return true;
  if (role !== 'late' || !agentsOfStruckTask(evidence).includes(job.agentId ?? '')) return false;
  const stop = evidence.last('task', strike.taskArn)?.value.stoppingAt ?? strike.sentAt;
  return (begun(job) ?? stop) <= stop + CLOCKS;
}

export const stillIdle: Check = {
  name: 'still-idle',
  asks: 'Was the worker without a job when the stop landed?',
  needed: true,
  judge({ evidence, attempts }) {
    const { strike, target } = evidence;
    if (strike === null || target === null) return unasked('nothing was injected');
    if (target.jobId !== null) return unasked('a job was aimed at');
    const hit = attempts.find((attempt) => wasThere(evidence, strike, attempt));
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
    return yes('it had no job when the stop landed', [strike.sentSeq, agent.seq]);
  },
};
