import type { Buildkite } from '../buildkite/port.ts';
import type { Answer } from '../model/answer.ts';
import { hasAgentLeft, TASK_ARN_TAG, type Agent } from '../model/entities/agent.ts';
import { isHostOf } from '../model/entities/host.ts';
import { isJobHeld } from '../model/entities/job.ts';
import { findFact, listFacts, type Fact, type World } from '../model/world.ts';
import type { Plan } from '../scenario/plan.ts';
import { mapAnswer } from './ecs-questions.ts';

/** Names of the task's host, where the scenario maps by them. */
function hostsOf(taskArn: string, { scenario }: Plan, world: World): readonly string[] {
  if (scenario.cluster.mapping !== 'hostname') return [];
  return findFact(world, 'task', taskArn)?.hostnames ?? [];
}

/**
 * The agents that carry the task's ARN and those on its host, so that none is overlooked that has no tag. If Buildkite's
 * filter lacks an agent that is known to be on the task, its list proves nothing: then all agents are compared.
 */
export async function askAgentsOfTask(
  id: string,
  plan: Plan,
  world: World,
  buildkite: Buildkite,
  signal: AbortSignal,
): Promise<Answer<readonly Fact[]>> {
  const { organization } = plan;
  const tagged = await buildkite.agentsWithTag(organization, `${TASK_ARN_TAG}=${id}`, signal);
  if (!tagged.ok) return tagged;
  const hostnames = hostsOf(id, plan, world);
  const isTrusted = tagged.value.complete && !lacksKnownAgent(world, id, tagged.value.agents);
  const everybody =
    isTrusted && hostnames.length === 0
      ? ({ ok: true, value: { agents: [], complete: true } } as const)
      : await buildkite.agents(organization, signal);
  return mapAnswer(everybody, ({ agents: all, complete }) =>
    listAgentFacts(id, [...tagged.value.agents, ...listAgentsThere(id, hostnames, all)], complete),
  );
}

/** The agents of several tasks from one listing of all; null where there are more agents than can be listed. */
export async function askAgentsOfTasks(
  ids: readonly string[],
  plan: Plan,
  world: World,
  buildkite: Buildkite,
  signal: AbortSignal,
): Promise<readonly Answer<readonly Fact[]>[] | null> {
  const everybody = await buildkite.agents(plan.organization, signal);
  if (everybody.ok && !everybody.value.complete) return null;
  return ids.map((id) =>
    mapAnswer(everybody, ({ agents, complete }) =>
      listAgentFacts(id, listAgentsThere(id, hostsOf(id, plan, world), agents), complete),
    ),
  );
}

function listAgentsThere(id: string, hostnames: readonly string[], all: readonly Agent[]): readonly Agent[] {
  return all.filter(({ tags, hostname }) => tags[TASK_ARN_TAG] === id || isHostOf(hostname, hostnames));
}

function listAgentFacts(id: string, there: readonly Agent[], complete: boolean): readonly Fact[] {
  const agents = new Map(there.map((agent) => [agent.id, agent]));
  return [
    { kind: 'agents-of-task', id, value: { taskArn: id, agents: [...agents.keys()], complete } },
    ...[...agents.values()].map((agent) => ({ kind: 'agent', id: agent.id, value: agent }) as const),
  ];
}

/**
 * Whether a list of a task's agents lacks one that is known to be there: one with a job in flight or, if the list is empty,
 * any that was not seen to leave.
 */
function lacksKnownAgent(world: World, taskArn: string, listed: readonly Agent[]): boolean {
  const ids = new Set(listed.map((agent) => agent.id));
  const missing = listFacts(world, 'agent').filter(
    (agent) => agent.tags[TASK_ARN_TAG] === taskArn && !hasAgentLeft(agent) && !ids.has(agent.id),
  );
  if (listed.length === 0) return missing.length > 0;
  const busy = new Set(listFacts(world, 'job').flatMap((job) => (isJobHeld(job) ? [job.agentId] : [])));
  return missing.some((agent) => busy.has(agent.id));
}
