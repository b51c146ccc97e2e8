import { ofContainer } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, found } from '../finding.ts';
import { DEFAULT_STOP_TIMEOUT, FARGATE_CEILING } from '../window.ts';

/** Without a stopTimeout Fargate kills after 30 s. */
export const stopTimeoutMissing: Rule = {
  id: 'stop-timeout-missing',
  rule: 'On Fargate the agent has a `stopTimeout`: without one it has 30 s.',
  severities: ['error'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (stopTimeout: default 30 seconds, on Fargate 2 to 120)',
  ],
  judge({ agent, launch }) {
    if (agent.stopTimeout !== null || launch.kind !== 'fargate') return CLEAN;
    return found({
      severity: 'error',
      document: 'taskDefinition',
      path: agent.path,
      seen: `container ${agent.name} has no stopTimeout`,
      why: `ECS then sends SIGKILL ${String(DEFAULT_STOP_TIMEOUT)} s after SIGTERM. The agent finishes its job before it leaves, and a job with more than ${String(DEFAULT_STOP_TIMEOUT)} s to go is lost. Nothing else lengthens that: no flag of the agent does.`,
      todo: `Give it all that Fargate gives, ${String(FARGATE_CEILING)} s: an idle agent leaves at once all the same.`,
      edits: [ofContainer(agent, 'stopTimeout', FARGATE_CEILING)],
      unknown: null,
    });
  },
};
