import type { Target } from '../journal/events.ts';
import { CONTAINER_NAME_TAG, TASK_ARN_TAG, type Agent } from '../model/entities/agent.ts';
import { containerOf } from '../evidence/own-container.ts';
import type { Aim } from './trigger.ts';
import type { TaskDefinition } from '../model/entities/task.ts';
import type { Plan } from '../scenario/plan.ts';
import { explainQueueMisfit, findTaskByHost } from './target-by-host.ts';
import { findFact, type World } from '../model/world.ts';

type Chosen = { readonly ok: true; readonly target: Target } | { readonly ok: false; readonly said: string };
type Mapped =
  | { readonly ok: true; readonly arn: string; readonly byHost: string | null }
  | { readonly ok: false; readonly said: string };

function refuseTarget(said: string): { readonly ok: false; readonly said: string } {
  return { ok: false, said };
}

/** Job (or idle worker) -> agent -> tag `ecs:task-arn` (or host name, where the scenario asks for it) -> task -> the agent's container. Anything but exactly one match refuses. */
export function chooseTarget(world: World, { agentId, job }: Aim, plan: Plan, why: string): Chosen {
  const agent = agentId === null ? undefined : findFact(world, 'agent', agentId);
  if (agent === undefined)
    return refuseTarget(
      job === null
        ? `agent ${agentId ?? ''} cannot be read`
        : `job ${job.id} names no agent that can be read`,
    );
  const mapped = taskOfAgent(world, agent, plan);
  if (!mapped.ok) return mapped;
  const { arn, byHost } = mapped;
  const task = findFact(world, 'task', arn);
  if (task === undefined)
    return refuseTarget(`ECS does not know task ${arn}, which agent ${agent.name} names`);
  const definition = findFact(world, 'task-definition', task.definition);
  const names = task.containers.map(({ name }) => name);
  const named = plan.scenario.cluster.container;
  const container = containerOf(names, task.definition, definition, agent.tags[CONTAINER_NAME_TAG], named);
  if (container === null)
    return refuseTarget(
      `which of the containers ${names.join(', ')} is the agent's is not known: name it in cluster.container`,
    );
  const odd = byHost === null ? null : explainHostQueueMisfit(agent, definition, container.name);
  if (odd !== null) return refuseTarget(odd);
  return {
    ok: true,
    target: {
      jobId: job?.id ?? null,
      agentId: agent.id,
      taskArn: arn,
      container: container.name,
      containerBy: container.by,
      why: byHost === null ? why : `${why}; its task was found ${byHost}`,
    },
  };
}

/** The task on which an agent lives: by its own tag, which always counts, else by its host name where the scenario asks for that. */
export function taskOfAgent(world: World, agent: Agent, plan: Plan): Mapped {
  const tag = agent.tags[TASK_ARN_TAG];
  if (tag !== undefined) return { ok: true, arn: tag, byHost: null };
  if (plan.scenario.cluster.mapping !== 'hostname')
    return refuseTarget(
      `agent ${agent.name} has no tag ${TASK_ARN_TAG}: start it with --tags-from-ecs-meta-data`,
    );
  const found = findTaskByHost(world, agent, plan);
  return found.ok
    ? { ok: true, arn: found.task.arn, byHost: found.said }
    : refuseTarget(
        `agent ${agent.name} has no tag ${TASK_ARN_TAG}, and its host name does not lead to its task: ${found.said}`,
      );
}

/** Why the queue speaks against a task that was found by host name; null where nothing does. */
export function explainHostQueueMisfit(
  agent: Agent,
  definition: TaskDefinition | undefined,
  container: string,
): string | null {
  const own = definition?.containers.find(({ name }) => name === container);
  return own === undefined
    ? `the definition of container ${container} could not be read, so its queue is not known`
    : explainQueueMisfit(agent, own);
}
