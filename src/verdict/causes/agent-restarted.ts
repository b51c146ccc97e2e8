import { listTargetAgents } from '../../evidence/agents.ts';
import type { Attempt } from '../../evidence/attempts.ts';
import { byBuildkite, clocksOf } from '../../evidence/clocks.ts';
import type { Sighting } from '../../evidence/evidence.ts';
import type { Agent } from '../../model/entities/agent.ts';
import { AGENT_LOG, type Cause } from './cause.ts';
import { findForeseen, type Grounds } from './grounds.ts';
import { isEndedBySignal } from './signal-to-job.ts';

/** The target agent drained, and a second agent started in the same task: its job was cut off. */
export const agentRestarted: Cause = {
  name: 'agent-restarted',
  means: 'A second agent started in the same task after the stop, and its job was cut off.',
  explains: 'a second agent',
  judge(grounds) {
    const { hurt } = grounds;
    const second = hurt === null ? null : findSecondAgent(grounds, hurt);
    if (hurt === null || second === null || !isLostOrSignalled(hurt)) return null;
    const rule = findForeseen(grounds, 'restart-policy');
    return {
      weight: hurt.loss === null ? 'likely' : 'proven',
      said: `a second agent (${second.value.name}) started in the same task after the stop and took job ${hurt.job.id}, which was ${hurt.loss === null ? `ended by a signal (${hurt.job.signal ?? `exit status ${hurt.job.exitStatus ?? 'none'}`})` : 'lost with the task'}`,
      events: [second.seq, hurt.seen.seq],
      saves:
        rule?.change ??
        'no restart of the agent while its task stops: an essential container without `restartPolicy`, and no wrapper that starts it in a loop',
      experiment: AGENT_LOG,
    };
  },
};

/** The agent of the hurt job, if it is not the stopped one and connected clearly after the stop. */
function findSecondAgent({ evidence, worker, stop }: Grounds, { job }: Attempt): Sighting<Agent> | null {
  if (worker === null || stop === null || evidence.injection === null) return null;
  if (job.agentId === null || job.agentId === worker.value.id) return null;
  if (!listTargetAgents(evidence).includes(job.agentId)) return null;
  const second = evidence.last('agent', job.agentId);
  const at = second?.value.connectedAt ?? null;
  if (second === null || at === null) return null;
  return clocksOf(evidence).orderAsMeasured(byBuildkite(at), stop) === 'after' ? second : null;
}

/** Whether the job was lost or ended by a signal; a job that failed by itself was not cut off. */
function isLostOrSignalled({ job, loss }: Attempt): boolean {
  return loss !== null || job.signalReason === 'agent_stop' || isEndedBySignal(job);
}
