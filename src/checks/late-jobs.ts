import { hasJobEnded } from '../model/entities/job.ts';
import { hasAgentLeft } from '../model/entities/agent.ts';
import { listTargetAgents } from '../evidence/agents.ts';
import { type Attempt } from '../evidence/attempts.ts';
import { no, unasked, unknown, yes, type Answered, type Case, type Check } from './check.ts';

/** Whether a leaving agent gave the job back, so that it ran elsewhere or waits again. A lost job was not given back, even if it names no agent. */
function isHandedBack({ job, loss }: Attempt, doomed: ReadonlySet<string>): boolean {
  if (loss !== null && job.agentId === null) return false;
  return job.agentId === null || !doomed.has(job.agentId);
}

const OF_SIGNALS: ReadonlySet<string> = new Set(['130', '137', '143']);

/** Whether the worker's end ended the job. A job that failed by itself, or that a person canceled, was finished there. */
function isCutByStop({ job, loss }: Attempt): boolean {
  if (loss !== null || job.signalReason === 'agent_stop') return true;
  if (job.state !== 'finished' || job.passed || job.signalReason !== null) return false;
  return job.signal !== null || OF_SIGNALS.has(job.exitStatus ?? '');
}

/** Why a job may have gone unseen: the job list of an agent of the task was not read after that agent left. Null if all were read. */
function judgeUnlistedJobs({ evidence }: Case, agents: readonly string[]): Answered | null {
  for (const id of agents) {
    const seen = evidence.last('agent', id);
    if (seen === null) return unknown(`agent ${id} was never read`);
    const { name, jobs, connection } = seen.value;
    if (jobs === null) return unknown(`the jobs of agent ${name} were never listed`, [seen.seq]);
    if (!hasAgentLeft(seen.value))
      return unknown(`agent ${name} had not left when its jobs were last listed`, [seen.seq]);
    if (connection === 'lost' && id !== evidence.target?.agentId)
      return unknown(
        `agent ${name} of the same task was marked lost: it has not left`,
        [seen.seq],
        'disconnect-not-received',
      );
  }
  return null;
}

export const lateJobs: Check = {
  name: 'late-jobs',
  asks: 'Did every job that the worker got after the stop finish?',
  needed: true,
  judge(about) {
    if (about.evidence.injection === null) return unasked('nothing was injected');
    const agents = listTargetAgents(about.evidence);
    const doomed = new Set(agents);
    const late = about.attempts.filter((attempt) => attempt.role === 'late');
    const broken = late.find((attempt) => !isHandedBack(attempt, doomed) && isCutByStop(attempt));
    const sentSeq = about.evidence.injection.sentSeq;
    if (broken !== undefined)
      return no(
        'not-drained',
        `the worker took job ${broken.job.id} (${broken.job.stepKey ?? broken.job.label ?? 'no step key'}) after the stop, and it was ${broken.loss === null ? 'cut' : 'lost'}: exit status ${broken.job.exitStatus ?? 'none'}`,
        [sentSeq, broken.seen.seq],
      );
    const open = late.find((attempt) => !isHandedBack(attempt, doomed) && !hasJobEnded(attempt.job));
    if (open !== undefined)
      return unknown(`job ${open.job.id}, taken after the stop, had not ended`, [open.seen.seq]);
    const missing = judgeUnlistedJobs(about, agents);
    if (missing !== null) return missing;
    const notes = late.map((attempt) =>
      isHandedBack(attempt, doomed)
        ? `handed back: job ${attempt.job.id} was assigned to the worker after the stop and given back`
        : `late-assignment: job ${attempt.job.id} was taken after the stop and finished`,
    );
    const seqs = agents.map((id) => about.evidence.last('agent', id)?.seq ?? null);
    return yes(
      late.length === 0
        ? 'the worker took no job after the stop'
        : 'every job taken after the stop was finished',
      seqs,
      notes,
    );
  },
};
