import { ofContainer, placeIn } from '../edits.ts';
import type { Edit } from '../edit.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, found } from '../finding.ts';
import type { Subject } from '../subject.ts';
import { chainOf, chainSeconds, DEFAULT_STOP_TIMEOUT, SPOT_NOTICE } from '../window.ts';

/** Seconds that a sidecar is left with where the chain must be cut: enough to flush. */
const FLUSH = 10;

/** Containers that wait for each other stop one after the other, and spot gives two minutes for all of them. */
export const stopChainOverSpot: Rule = {
  id: 'stop-chain-over-spot',
  rule: 'On Fargate Spot the time-outs along the stop chain add up to no more than two minutes.',
  severities: ['error'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (dependsOn: reversed at shutdown)',
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html',
  ],
  judge(subject) {
    const { agent, launch } = subject;
    const chain = chainOf(subject);
    const whole = chainSeconds(subject);
    if (launch.fargateSpot !== true || chain.length === 0 || whole <= SPOT_NOTICE) return CLEAN;
    const names = [agent, ...chain].map(
      (one) => `${one.name} ${String(one.stopTimeout ?? DEFAULT_STOP_TIMEOUT)} s`,
    );
    return found({
      severity: 'error',
      ...placeIn(agent, 'stopTimeout'),
      seen: `${names.join(', then ')}: ${String(whole)} s in the worst case`,
      why: `Each gets its signal when the one before is gone. A reclaim ends all of them ${String(SPOT_NOTICE)} s after the warning: the last ones are killed without having been told.`,
      todo: 'Cut the time-outs so that they fit; the agent keeps the most.',
      edits: cut(subject),
      unknown: null,
    });
  },
};

/** Sidecars first, down to what a flush takes; then the agent. */
function cut(subject: Subject): readonly Edit[] {
  const { agent } = subject;
  const own = agent.stopTimeout ?? DEFAULT_STOP_TIMEOUT;
  const shorter = chainOf(subject).filter((one) => (one.stopTimeout ?? DEFAULT_STOP_TIMEOUT) > FLUSH);
  const sidecars = shorter.map((one) => ofContainer(one, 'stopTimeout', FLUSH));
  const over =
    chainSeconds(subject, (one) =>
      shorter.includes(one) ? FLUSH : (one.stopTimeout ?? DEFAULT_STOP_TIMEOUT),
    ) - SPOT_NOTICE;
  return over > 0 ? [...sidecars, ofContainer(agent, 'stopTimeout', Math.max(2, own - over))] : sidecars;
}
