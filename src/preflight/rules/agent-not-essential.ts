import { editContainer } from '../edits.ts';
import type { Rule } from '../finding.ts';
import { CLEAN, judgementOf } from '../finding.ts';

/** Without an agent the task would run on: a worker that the service counts, but that takes no job. */
export const agentNotEssential: Rule = {
  id: 'agent-not-essential',
  rule: "The agent's container is essential.",
  severities: ['error'],
  sources: [
    'https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (essential)',
  ],
  judge({ agent }) {
    if (agent.essential) return CLEAN;
    return judgementOf({
      severity: 'error',
      document: 'taskDefinition',
      path: [...agent.path, 'essential'],
      seen: `container ${agent.name} has essential: false`,
      why: 'When the agent ends, by itself or after a drain, the task runs on with its sidecars: the service counts a worker that takes no job, and starts no replacement.',
      todo: 'Make it essential.',
      edits: [editContainer(agent, 'essential', true)],
      unknown: null,
    });
  },
};
