import type { Target } from '../journal/events.ts';
import { CONTAINER_NAME_TAG, TASK_ARN_TAG } from './entities/agent.ts';
import type { Job } from './entities/job.ts';
import type { TaskDefinition } from './entities/task.ts';
import { seen, type World } from './world.ts';

type Chosen = { readonly ok: true; readonly target: Target } | { readonly ok: false; readonly said: string };

/** Job -> agent -> tag `ecs:task-arn` -> task -> the agent's container. Anything but exactly one match refuses. */
export function chooseTarget(world: World, job: Job, named: string | null, why: string): Chosen {
  const agent = job.agentId === null ? undefined : seen(world, 'agent', job.agentId);
  if (agent === undefined) return { ok: false, said: `job ${job.id} names no agent that can be read` };
  const arn = agent.tags[TASK_ARN_TAG];
  if (arn === undefined)
    return {
      ok: false,
      said: `agent ${agent.name} has no tag ${TASK_ARN_TAG}: start it with --tags-from-ecs-meta-data`,
    };
  const task = seen(world, 'task', arn);
  if (task === undefined)
    return { ok: false, said: `ECS does not know task ${arn}, which agent ${agent.name} names` };
  const definition = seen(world, 'task-definition', task.definition);
  const container = containerOf(
    task.containers.map(({ name }) => name),
    definition,
    agent.tags[CONTAINER_NAME_TAG],
    named,
  );
  if (container === null)
    return {
      ok: false,
      said: `the agent's container among ${task.containers.map(({ name }) => name).join(', ')} cannot be told: name it in cluster.container`,
    };
  return {
    ok: true,
    target: {
      jobId: job.id,
      agentId: agent.id,
      taskArn: arn,
      container: container.name,
      containerBy: container.by,
      why,
    },
  };
}

/** Verdict rule 7: the scenario's name, the one that the agent's Docker name holds, the only essential one. */
function containerOf(
  names: readonly string[],
  definition: TaskDefinition | undefined,
  dockerName: string | undefined,
  named: string | null,
): { readonly name: string; readonly by: Target['containerBy'] } | null {
  if (named !== null) return names.includes(named) ? { name: named, by: 'named' } : null;
  const tagged = names.filter((name) => dockerName === name || dockerName?.includes(`-${name}-`) === true);
  if (tagged.length === 1 && tagged[0] !== undefined) return { name: tagged[0], by: 'tag' };
  const essential = (definition?.containers ?? []).filter((one) => one.essential);
  const only = essential[0];
  return essential.length === 1 && only !== undefined ? { name: only.name, by: 'only-essential' } : null;
}
