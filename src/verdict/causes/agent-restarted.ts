import { jobEnded } from '../../model/entities/job.ts';
import { agentsOfStruckTask } from '../../evidence/agents.ts';
import { byBuildkite, clocksOf } from '../../evidence/clocks.ts';
import type { Cause } from './cause.ts';
import { foreseenBy } from './grounds.ts';

/** The struck agent drained, and another came up in the same task: what it took was cut. */
export const agentRestarted: Cause = {
  name: 'agent-restarted',
  means: 'A second agent came up in the same task after the stop, and what it took was cut.',
  judge(grounds) {
    const { evidence, attempts, worker, stop } = grounds;
    if (worker === null || stop === null || evidence.strike === null) return null;
    const others = agentsOfStruckTask(evidence).filter((id) => id !== worker.value.id);
    const second = others
      .map((id) => evidence.last('agent', id))
      .find((seen) => {
        const at = seen?.value.connectedAt ?? null;
        return at !== null && clocksOf(evidence).orderAsMeasured(byBuildkite(at), stop) === 'after';
      });
    if (second == null) return null;
    const cut = attempts.find(
      ({ job, loss }) => job.agentId === second.value.id && (loss !== null || (jobEnded(job) && !job.passed)),
    );
    if (cut === undefined) return null;
    const rule = foreseenBy(grounds, 'restart-policy');
    return {
      weight: 'proven',
      said: `a second agent (${second.value.name}) came up in the same task after the stop, took job ${cut.job.id}, and that was cut with the task`,
      events: [second.seq, cut.seen.seq],
      saves:
        rule?.change ??
        'no restart of the agent while its task stops: an essential container without `restartPolicy`, and no wrapper that starts it in a loop',
      experiment: null,
    };
  },
};
