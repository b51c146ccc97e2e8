import { inSeconds, placeIn, editStopTimeout } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf, notKnown } from '../finding.ts';
import { SPOT_NOTICE } from '../../worker/stop-window.ts';

/** On Fargate Spot SIGTERM comes with the two-minute warning; a shorter stopTimeout wastes the rest of it. */
export const fargateSpotNotice: Rule = {
  id: 'fargate-spot-notice',
  rule: 'On Fargate Spot the stop uses all of the two-minute warning.',
  severities: ['error'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html (SIGTERM is sent with the two-minute warning)',
  ],
  judge(subject) {
    const { agent, worker } = subject;
    const { launch, stop } = worker;
    if (launch.kind !== 'fargate') return CLEAN;
    if (launch.spot === null) return notKnown('whether tasks run on Fargate Spot: give --service');
    if (!launch.spot || stop.agent.whole >= SPOT_NOTICE) return CLEAN;
    const own = stop.agent.killed - stop.agent.signalled;
    const unused = SPOT_NOTICE - stop.agent.whole;
    return judgementOf({
      severity: 'error',
      ...placeIn(agent, 'stopTimeout'),
      seen: `stopTimeout is ${agent.stopTimeout === null ? 'missing, so 30' : inSeconds(own)} s, and ${launch.said} hold FARGATE_SPOT`,
      why: `A reclaim sends SIGTERM two minutes before the end, and ECS still sends SIGKILL after ${inSeconds(own)} s: ${inSeconds(unused)} s in which a job could end are wasted.`,
      todo: `Give the agent the rest of the ${inSeconds(SPOT_NOTICE)} s.`,
      edits: [editStopTimeout(agent, own + unused)],
      unknown: null,
    });
  },
};
