import { seconds } from '../../checks/times.ts';
import type { Cause } from './cause.ts';
import { clocksOf } from '../../evidence/clocks.ts';
import { findForeseen, isLostAlive, findLostAt, saySinceStop } from './grounds.ts';

/** Buildkite lost the agent while its container still ran: its heartbeats had stopped, and a kill was not the cause. */
export const heartbeatsStopped: Cause = {
  name: 'heartbeats-stopped',
  means: 'Buildkite gave the agent up while its container still ran.',
  explains: 'how the container ended',
  judge(grounds) {
    const { agent, hurt, worker, end, evidence } = grounds;
    const lost = findLostAt(grounds);
    if (agent === null || hurt === null || lost === null || !isLostAlive(grounds)) return null;
    const rule = findForeseen(grounds, 'agent-version');
    const version = worker?.value.version ?? null;
    const known =
      rule === null
        ? 'no defect of its version is known: its network may have been cut'
        : `its version is known to do this: ${rule.seen}`;
    const left = end === null ? null : clocksOf(evidence).distance(lost, end);
    const before =
      left === null || left.ms < left.error ? '' : `, ${seconds(left.ms)} before its container ended`;
    return {
      weight: rule === null ? 'possible' : 'likely',
      said: `the agent (${version ?? 'of unknown version'}) stopped sending heartbeats while it drained: Buildkite gave it up${saySinceStop(grounds, lost)}${before}; ${known}`,
      events: [hurt.loss?.seq ?? null, agent.task.seq, worker?.seq ?? null],
      saves:
        rule === null
          ? 'an agent of 3.138 or later, and a network that holds until it has left'
          : (rule.change ?? rule.todo),
      experiment:
        'run the same drill with an agent of 3.138 or later: the job is lost again if the network is the cause',
    };
  },
};
