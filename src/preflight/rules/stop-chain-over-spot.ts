import type { ContainerDefinition } from '../../model/entities/task.ts';
import {
  SPOT_NOTICE,
  listStoppedAfter,
  listStoppedBefore,
  makeStopStep,
  measureStopWindow,
  FARGATE_FLOOR,
} from '../../worker/stop-window.ts';
import { inSeconds, placeIn, editStopTimeout } from '../edits.ts';
import type { Edit } from '../documents.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import type { Container, Subject } from '../subject.ts';

/** The stopTimeout of a sidecar where the chain must be shortened: enough to flush. Milliseconds. */
const FLUSH = 10_000;

/** Containers that depend on each other stop one after the other; a spot reclaim leaves two minutes for all of them. */
export const stopChainOverSpot: Rule = {
  id: 'stop-chain-over-spot',
  rule: 'On Fargate Spot the time-outs along the stop chain add up to no more than two minutes.',
  severities: ['error'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (dependsOn: reversed at shutdown)',
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html',
  ],
  judge(subject) {
    const { agent, worker } = subject;
    const { launch, stop } = worker;
    const chain = [
      ...listSidecarsAlong(subject, listStoppedBefore).toReversed(),
      agent,
      ...listSidecarsAlong(subject, listStoppedAfter),
    ];
    const { whole } = stop.agent;
    if (launch.kind !== 'fargate' || launch.spot !== true) return CLEAN;
    if (chain.length === 1 || whole <= SPOT_NOTICE) return CLEAN;
    const names = chain.map((one) => `${one.name} ${inSeconds(makeStopStep(one, launch).ms)} s`);
    return judgementOf({
      severity: 'error',
      ...placeIn(agent, 'stopTimeout'),
      seen: `${names.join(', then ')}: ${inSeconds(whole)} s in the worst case`,
      why: `Each container gets its signal when the one before has ended. A reclaim ends all of them ${inSeconds(SPOT_NOTICE)} s after the warning: the last ones are killed without having been signalled.`,
      todo: 'Shorten the time-outs so that they fit; the agent keeps the longest.',
      edits: cutChain(subject),
      unknown: null,
    });
  },
};

/** The containers that stop before or after the agent. */
function listSidecarsAlong(
  { agent, sidecars, worker }: Subject,
  along: typeof listStoppedAfter,
): readonly Container[] {
  return along(agent.name, worker.containers).flatMap(
    (name) => sidecars.find((one) => one.name === name) ?? [],
  );
}

/** The edits: sidecars are shortened first, down to `FLUSH`; then the agent. */
function cutChain(subject: Subject): readonly Edit[] {
  const { agent, worker } = subject;
  const { launch, containers } = worker;
  const shorter = [
    ...listSidecarsAlong(subject, listStoppedBefore),
    ...listSidecarsAlong(subject, listStoppedAfter),
  ].filter((one, index, all) => makeStopStep(one, launch).ms > FLUSH && all.indexOf(one) === index);
  const names = shorter.map(({ name }) => name);
  const cut = containers.map((one): ContainerDefinition =>
    names.includes(one.name) ? { ...one, stopTimeout: FLUSH } : one,
  );
  const over = measureStopWindow(cut, agent.name, launch).agent.whole - SPOT_NOTICE;
  const sidecars = shorter.map((one) => editStopTimeout(one, FLUSH));
  if (over <= 0) return sidecars;
  return [
    ...sidecars,
    editStopTimeout(agent, Math.max(FARGATE_FLOOR, makeStopStep(agent, launch).ms - over)),
  ];
}
