import { inSeconds, editStopTimeout } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';
import { DEFAULT_STOP_TIMEOUT, FARGATE_CEILING } from '../../worker/stop-window.ts';

/** Without a stopTimeout Fargate sends SIGKILL after 30 s. */
export const stopTimeoutMissing: Rule = {
  id: 'stop-timeout-missing',
  rule: 'On Fargate the agent has a `stopTimeout`: without one it has 30 s.',
  severities: ['error'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (stopTimeout: default 30 seconds, on Fargate 2 to 120)',
  ],
  judge({ agent, worker: { launch, stop } }) {
    if (agent.stopTimeout !== null || launch.kind !== 'fargate') return CLEAN;
    const most = stop.agent.ceiling ?? FARGATE_CEILING;
    // A longer stopTimeout changes nothing if the rest of the chain takes all of the spot notice (stop-chain-over-spot).
    if (most <= DEFAULT_STOP_TIMEOUT) return CLEAN;
    const source = most < FARGATE_CEILING ? 'the rest of the spot notice' : 'the most that Fargate allows';
    return judgementOf({
      severity: 'error',
      document: 'taskDefinition',
      path: agent.path,
      seen: `container ${agent.name} has no stopTimeout`,
      why: `ECS then sends SIGKILL ${inSeconds(DEFAULT_STOP_TIMEOUT)} s after SIGTERM. The agent finishes its job before it exits, and a job with more than ${inSeconds(DEFAULT_STOP_TIMEOUT)} s to go is lost. Only stopTimeout lengthens this time; no flag of the agent does.`,
      todo: `Give it ${source}, ${inSeconds(most)} s: an idle agent still exits at once.`,
      edits: [editStopTimeout(agent, most)],
      unknown: null,
    });
  },
};
