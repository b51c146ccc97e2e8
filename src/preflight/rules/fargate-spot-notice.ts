import { ofContainer, placeIn } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, found, notKnown } from '../finding.ts';
import { chainSeconds, DEFAULT_STOP_TIMEOUT, SPOT_NOTICE } from '../window.ts';

/** On Fargate Spot the signal comes with the two-minute warning: what is not asked for of it is thrown away. */
export const fargateSpotNotice: Rule = {
  id: 'fargate-spot-notice',
  rule: 'On Fargate Spot the stop uses the whole two minutes of the warning.',
  severities: ['error'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html (SIGTERM is sent with the two-minute warning)',
  ],
  judge(subject) {
    const { agent, launch } = subject;
    if (launch.fargateSpot === null && launch.kind === 'fargate')
      return notKnown('whether tasks run on Fargate Spot: give --service');
    if (launch.fargateSpot !== true) return CLEAN;
    const whole = chainSeconds(subject);
    if (whole >= SPOT_NOTICE) return CLEAN;
    const own = agent.stopTimeout ?? DEFAULT_STOP_TIMEOUT;
    return found({
      severity: 'error',
      ...placeIn(agent, 'stopTimeout'),
      seen: `stopTimeout is ${agent.stopTimeout === null ? 'missing, so 30' : String(own)} s, and ${launch.said} hold FARGATE_SPOT`,
      why: `A reclaim sends SIGTERM two minutes before the end, and ECS sends SIGKILL after ${String(own)} s all the same: ${String(SPOT_NOTICE - whole)} s in which a job could end are given away.`,
      todo: `Give the agent what is left of the ${String(SPOT_NOTICE)} s.`,
      edits: [ofContainer(agent, 'stopTimeout', own + SPOT_NOTICE - whole)],
      unknown: null,
    });
  },
};
