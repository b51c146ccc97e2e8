import { leavingFlagsIn } from '../../checks/idle-timer.ts';
import { seconds } from '../../checks/times.ts';
import type { Cause } from './cause.ts';
import { findForeseen } from './grounds.ts';

/** An idle worker that should leave by itself does so when its own time-out runs out. */
export const idleTooLong: Cause = {
  name: 'idle-too-long',
  means: 'The idle time-out of the agent is longer than the scenario allows, or the agent has none.',
  explains: 'how long it took',
  judge(grounds) {
    const { evidence, reason, worker, agent } = grounds;
    const { within } = evidence.plan.scenario.expect.idle;
    if (reason !== 'idle-too-slow' || evidence.injection !== null || within === null) return null;
    const own = leavingFlagsIn(evidence).idleTimeout;
    const isLonger = own !== null && own > within;
    const wanted = `\`--disconnect-after-idle-timeout ${String(Math.max(1, Math.floor(within / 1000)))}\``;
    const events = [worker?.seq ?? null, agent?.task.seq ?? null];
    const allowed = `limit ${seconds(within)} (expect.idle.within)`;
    if (isLonger)
      return {
        weight: 'proven',
        said: `the agent's own --disconnect-after-idle-timeout is ${seconds(own)}; ${allowed}`,
        events,
        saves: wanted,
        experiment: `run it again with ${wanted}`,
      };
    const rule = findForeseen(grounds, 'idle-timeout');
    if (own === null)
      return {
        weight: 'likely',
        said: `the definition names no --disconnect-after-idle-timeout, and an agent without one stays; ${allowed}`,
        events,
        saves: rule?.change ?? wanted,
        experiment: `run it again with ${wanted}`,
      };
    return {
      weight: 'possible',
      said: `the agent's own --disconnect-after-idle-timeout is ${seconds(own)}, which is within the limit of ${seconds(within)}: what kept the agent is not known`,
      events,
      saves: 'an agent that leaves when its time-out runs out: see its log',
      experiment: 'run it again and read the log of the agent from the end of its last job on',
    };
  },
};
