import { seconds } from '../../checks/times.ts';
import type { Cause } from './cause.ts';
import { fromTo } from './clocks.ts';
import { foreseenBy, lostAlive, lostAt } from './grounds.ts';

/** Buildkite gave the agent up while its container still ran: no kill was why, its heartbeats had ceased. */
export const heartbeatsStopped: Cause = {
  name: 'heartbeats-stopped',
  means: 'Buildkite gave the agent up while its container still ran.',
  judge(grounds) {
    const { agent, hurt, worker, end, stop, evidence } = grounds;
    const lost = lostAt(grounds);
    if (agent === null || hurt === null || lost === null || !lostAlive(grounds)) return null;
    const rule = foreseenBy(grounds, 'agent-version');
    const version = worker?.value.version ?? null;
    const known =
      rule === null
        ? 'no defect of its version is known: its network may have been cut'
        : `its version is known for it: ${rule.seen}`;
    const before =
      end === null ? '' : `, ${seconds(Math.max(0, fromTo(evidence, lost, end)))} before its container ended`;
    const after =
      stop === null ? '' : ` ${seconds(Math.max(0, fromTo(evidence, stop, lost)))} after the stop`;
    return {
      weight: rule === null ? 'possible' : 'likely',
      said: `the agent (${version ?? 'of unknown version'}) stopped heart-beating while it drained: Buildkite gave it up${after}${before}; ${known}`,
      events: [hurt.loss?.seq ?? null, agent.task.seq, worker?.seq ?? null],
      saves:
        rule === null
          ? 'an agent of 3.138 or later, and a network that holds until it has left'
          : (rule.change ?? rule.todo),
      experiment: 'run the same drill with an agent of 3.138 or later: the loss stays if the network is why',
    };
  },
};
