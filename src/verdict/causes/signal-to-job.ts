import { hasMemoryReason } from '../../checks/undisturbed.ts';
import { clocksOf } from '../../evidence/clocks.ts';
import { findEndTime } from '../../evidence/job-times.ts';
import type { Job } from '../../model/entities/job.ts';
import { NO_FAULT, type Cause, type Said } from './cause.ts';
import { findForeseen, type Grounds } from './grounds.ts';

/** Signals that are sent to stop a process; SIGKILL or SIGSEGV may also come from lack of memory or from the job itself. */
const OF_STOPS: ReadonlySet<string> = new Set(['TERM', 'INT', 'QUIT', 'HUP']);
const OF_SIGNALS: ReadonlySet<string> = new Set(['130', '137', '143']);

/** The signal reached the job's own processes, as one to a whole process group or PID namespace does. */
export const signalToJob: Cause = {
  name: 'signal-to-job',
  means: "A signal reached the job's own processes.",
  explains: 'how the job ended',
  judge(grounds) {
    const { hurt, evidence } = grounds;
    if (hurt === null || evidence.injection === null || hurt.loss !== null) return null;
    const { job } = hurt;
    if (job.state !== 'finished' || job.passed || job.signalReason !== null || !isEndedBySignal(job))
      return null;
    const how = job.signal === null ? `exit status ${job.exitStatus ?? ''}` : `signal ${job.signal}`;
    return {
      weight: weightOf(grounds, job),
      said: `a signal reached the job itself: it ended with ${how}, without a signal reason, so its agent did not send it${describeSender(grounds)}`,
      events: [evidence.injection.sentSeq, hurt.seen.seq],
      saves: `a stop signal that reaches the agent alone: no \`kill\` of a whole process group, no \`tini -g\`, no dumb-init without \`--single-child\`${sayChange(grounds)}`,
      experiment: NO_FAULT,
    };
  },
};

/** Whether a signal ended the job, as it reports or by the exit status that shells give for a signal. */
export function isEndedBySignal({ signal, exitStatus }: Job): boolean {
  return signal !== null || OF_SIGNALS.has(exitStatus ?? '');
}

function weightOf({ agent, stop, evidence }: Grounds, job: Job): Said['weight'] {
  const signal = job.signal?.toUpperCase().replace(/^SIG/, '') ?? null;
  const isKill = signal === 'KILL' || job.exitStatus === '137';
  if (isKill && agent !== null && hasMemoryReason(agent)) return 'possible';
  if (signal === null || !OF_STOPS.has(signal)) return 'likely';
  const end = findEndTime(job);
  const isAfter = end !== null && stop !== null && clocksOf(evidence).order(end, stop) === 'after';
  return isAfter ? 'proven' : 'likely';
}

function describeSender({ look }: Grounds): string {
  const { inits = [], shell = null } = look.subject?.agent.start ?? {};
  if (inits.includes('dumb-init'))
    return '; dumb-init, which starts it, signals the whole group unless --single-child is set';
  if (shell !== null)
    return `; ${shell.name} -c ... stands between ECS and the agent and may pass signals to all of its group`;
  return '; the journal does not show who sent it';
}

function sayChange(grounds: Grounds): string {
  const change = findForeseen(grounds, 'shell-form', 'pid-mode')?.change ?? null;
  return change === null ? '' : `; ${change}`;
}
