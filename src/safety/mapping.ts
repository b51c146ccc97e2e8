import { TASK_ARN_TAG } from '../drill/entities/agent.ts';
import { seen } from '../drill/world.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** The agent says itself which task it lives on, and it is the one aimed at. */
export const mapping: Guard = {
  name: 'mapping',
  rule: "The agent's own tag ecs:task-arn names the target task.",
  reason: 'agent-not-mapped',
  judge({ world, target }) {
    if (target === null) return holds('no target yet');
    const agent = seen(world, 'agent', target.agentId);
    if (agent === undefined) return refuses('the agent could not be read');
    const tag = agent.tags[TASK_ARN_TAG];
    if (tag === target.taskArn) return holds(`tag ${TASK_ARN_TAG} of agent ${agent.name}`);
    return refuses(
      `agent ${agent.name} carries ${tag === undefined ? `no tag ${TASK_ARN_TAG}` : `${TASK_ARN_TAG}=${tag}`}`,
    );
  },
};
