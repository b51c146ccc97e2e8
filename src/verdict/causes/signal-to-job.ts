import type { Cause } from './cause.ts';
import { foreseenBy, type Grounds } from './grounds.ts';

const OF_SIGNALS: ReadonlySet<string> = new Set(['130', '137', '143']);

/** The signal reached the job's own processes, as one to a whole process group or PID namespace does. */
export const signalToJob: Cause = {
  name: 'signal-to-job',
  means: "A signal reached the job's own processes.",
  judge(grounds) {
    const { hurt, evidence } = grounds;
    if (hurt === null || evidence.strike === null || hurt.loss !== null) return null;
    const { job } = hurt;
    const isOfSignal = job.signal !== null || OF_SIGNALS.has(job.exitStatus ?? '');
    if (job.state !== 'finished' || job.passed || job.signalReason !== null || !isOfSignal) return null;
    const how = job.signal === null ? `exit status ${job.exitStatus ?? ''}` : `signal ${job.signal}`;
    return {
      weight: job.signal === null ? 'likely' : 'proven',
      said: `a signal reached the job itself: it ended with ${how}, without a signal reason, so its agent did not send it${sender(grounds)}`,
      events: [evidence.strike.sentSeq, hurt.seen.seq],
      saves: `a stop signal that reaches the agent alone: no \`kill\` of a whole process group, no \`tini -g\`, no dumb-init without \`--single-child\`${changed(grounds)}`,
      experiment:
        job.signal === null
          ? 'run the same scenario with `inject: { fault: none }`: the step ends so there too if the stop is not why'
          : null,
    };
  },
};

function sender({ look }: Grounds): string {
  const { inits = [], shell = null } = look.subject?.agent.start ?? {};
  if (inits.includes('dumb-init'))
    return '; dumb-init, which starts it, signals the whole group unless told otherwise';
  if (shell !== null)
    return `; ${shell.name} -c ... stands between ECS and the agent and may pass signals to all of its group`;
  return '; who sent it the journal does not show';
}

function changed(grounds: Grounds): string {
  const change = foreseenBy(grounds, 'shell-form', 'pid-mode')?.change ?? null;
  return change === null ? '' : `; ${change}`;
}
