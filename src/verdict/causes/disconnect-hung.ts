import { seconds } from '../../checks/times.ts';
import { AGENT_LOG, type Cause } from './cause.ts';
import { findWayToAgent } from './grounds.ts';
import type { Grounds } from './grounds.ts';
import { judgeHeard, findIdleBeforeKill } from './heard.ts';

/** The agent heard the stop and had no job left, but had not disconnected from Buildkite before SIGKILL. */
export const disconnectHung: Cause = {
  name: 'disconnect-hung',
  means: 'The agent heard the stop and had no job left, but was killed before it had disconnected.',
  explains: 'how the container ended',
  judge(grounds) {
    const idle = findIdleBeforeKill(grounds);
    const { heard, sure, said } = judgeHeard(grounds);
    if (grounds.evidence.injection === null || idle === null || (heard === 'no' && sure)) return null;
    const isHeard = heard === 'yes' || isDirect(grounds);
    const why = heard === 'yes' ? said : 'the definition starts the agent itself, so that it is signalled';
    return {
      weight: isHeard ? 'likely' : 'possible',
      said: `the agent ${isHeard ? 'heard the stop' : 'may have heard the stop'} and had no job for the last ${seconds(idle.ms)} before SIGKILL, but did not disconnect${isHeard ? `: ${why}` : ''}; its disconnect hung, or something that it runs at its end`,
      events: [...idle.events, grounds.worker?.seq ?? null],
      saves:
        'an agent of 3.138 or later, a network that holds until it has left, and no hook at its end that waits for something',
      experiment: AGENT_LOG,
    };
  },
};

function isDirect(grounds: Grounds): boolean {
  const way = findWayToAgent(grounds);
  return way.by === 'nothing' && way.sure;
}
