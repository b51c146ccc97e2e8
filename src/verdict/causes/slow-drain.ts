import { measureDrainTime } from '../../checks/drain-time.ts';
import { byBuildkite } from '../../evidence/clocks.ts';
import { findEndTime } from '../../evidence/job-times.ts';
import type { Task } from '../../model/entities/task.ts';
import { seconds } from '../../checks/times.ts';
import { AGENT_LOG, type Cause } from './cause.ts';
import { measureElapsed, type Grounds } from './grounds.ts';

/** The worker drained, but took longer than the scenario allows: says which part took the time. */
export const slowDrain: Cause = {
  name: 'slow-drain',
  means:
    'The worker drained, but took longer than allowed: because of the step, the load balancer or the agent.',
  explains: 'how long it took',
  judge(grounds) {
    const { reason, evidence, hurt, stop, worker } = grounds;
    if (reason !== 'drain-too-slow' && reason !== 'idle-too-slow') return null;
    const drain = evidence.injection === null ? null : measureDrainTime(evidence);
    if (drain === null || stop === null) return null;
    const end = hurt === null || evidence.target?.jobId === null ? null : findEndTime(hurt.job);
    const left = worker?.value.disconnectedAt ?? null;
    const ofJob = end === null ? 0 : Math.min(drain.ms, Math.max(0, measureElapsed(grounds, stop, end)));
    const waited = measureDeregistration(grounds);
    const rest =
      end === null || left === null ? null : Math.max(0, measureElapsed(grounds, end, byBuildkite(left)));
    const parts = [
      end === null ? null : `the step that was running took ${seconds(ofJob)} of that`,
      waited === null
        ? null
        : `the load balancer's deregistration, during which no signal is sent, took at least ${seconds(waited)}`,
      rest === null ? null : `after the job the agent took ${seconds(rest)} to leave`,
    ].filter((part) => part !== null);
    const isBalancer = waited !== null && waited > ofJob;
    return {
      // Without the disconnect only an upper bound of the drain is known.
      weight: left === null ? 'likely' : 'proven',
      said: `the drain took ${seconds(drain.ms)}${parts.length === 0 ? '' : `: ${parts.join('; ')}`}`,
      events: [...drain.events, end === null ? null : (hurt?.seen.seq ?? null)],
      saves: isBalancer
        ? 'a shorter deregistration delay of the target group, or a longer expect.drain.within'
        : end === null
          ? 'an agent that leaves sooner, or a longer expect.idle.within'
          : `a shorter step, or an expect.drain.within of more than ${seconds(drain.ms)}`,
      experiment: AGENT_LOG,
    };
  },
};

/** How long the task was seen DEACTIVATING after the stop, at least. */
function measureDeregistration({ evidence, stop, agent }: Grounds): number | null {
  if (agent === null || stop === null) return null;
  const { arn } = agent.task.value;
  const isDeactivating = ({ status }: Task): boolean => status === 'DEACTIVATING';
  const first = evidence.firstLook('task', arn, isDeactivating);
  const last = evidence.lastLook('task', arn, isDeactivating);
  if (first === undefined || last === undefined || last === first) return null;
  return last.answeredAt - first.sentAt;
}
