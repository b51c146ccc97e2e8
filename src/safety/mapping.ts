import { TASK_ARN_TAG, type Agent } from '../model/entities/agent.ts';
import { formatMapping, hasNoAgent } from '../model/entities/mapping.ts';
import { explainHostQueueMisfit, taskOfAgent } from '../triggers/target.ts';
import { findFact } from '../model/world.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** The agent's own tag, or its host name where the scenario asks for that, leads to the task aimed at and to no other. */
export const mapping: Guard = {
  name: 'mapping',
  rule: "The agent's own tag ecs:task-arn names the target task; only with cluster.mapping: hostname may its host name, creation time and queue do so instead.",
  reason: 'agent-not-mapped',
  judge({ world, plan, target }) {
    if (target === null) {
      // A dry run looks at the tasks that run now; a drill judges its target alone.
      const now = findFact(world, 'mapping', plan.lockKey);
      if (now === undefined) return holds('no target yet');
      return hasNoAgent(now) ? refuses(formatMapping(now)) : holds(formatMapping(now));
    }
    const agent = findFact(world, 'agent', target.agentId);
    if (agent === undefined) return refuses('the agent could not be read');
    const mapped = taskOfAgent(world, agent, plan);
    if (!mapped.ok) return refuses(mapped.said);
    if (mapped.arn !== target.taskArn)
      return refuses(`agent ${agent.name} ${describeMapping(agent, mapped.arn)}`);
    if (mapped.byHost === null) return holds(`tag ${TASK_ARN_TAG} of agent ${agent.name}`);
    const task = findFact(world, 'task', target.taskArn);
    const definition = task === undefined ? undefined : findFact(world, 'task-definition', task.definition);
    const odd = explainHostQueueMisfit(agent, definition, target.container);
    return odd === null ? holds(`agent ${agent.name} ${mapped.byHost}`) : refuses(odd);
  },
};

function describeMapping(agent: Agent, arn: string): string {
  const tag = agent.tags[TASK_ARN_TAG];
  return tag === undefined ? `lives on ${arn} by its host name` : `carries ${TASK_ARN_TAG}=${tag}`;
}
