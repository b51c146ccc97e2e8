import type { Buildkite } from '../buildkite/port.ts';
import type { Ecs } from '../ecs/port.ts';
import type { Answer } from '../model/answer.ts';
import { TASK_ARN_TAG, type Agent } from '../model/entities/agent.ts';
import { isHostOf } from '../model/entities/host.ts';
import type { Mapping } from '../model/entities/mapping.ts';
import { isGoingDown, type Task } from '../model/entities/task.ts';
import type { Fact } from '../model/world.ts';
import { findAllowingNames } from '../safety/allow-list.ts';
import type { Scenario } from '../scenario/schema.ts';

/** Up to so many tasks are asked for one by one, at about five points each; for more the list of all agents costs less. */
const FEW_TASKS = 20;

/** The cluster whose tasks are mapped, and the organization of their agents. */
interface Fleet {
  readonly organization: string;
  readonly cluster: Scenario['cluster'];
}

interface Ports {
  readonly ecs: Ecs;
  readonly buildkite: Buildkite;
}

/** The mapping as a fact of a drill. Always answered: what cannot be read is part of the answer. */
export async function readMappingFact(
  id: string,
  fleet: Fleet,
  ports: Ports,
  signal: AbortSignal,
): Promise<Answer<readonly Fact[]>> {
  return { ok: true, value: [{ kind: 'mapping', id, value: await readMapping(fleet, ports, signal) }] };
}

/** Maps the tasks of a fleet that run now to their agents. */
export async function readMapping(
  { organization, cluster }: Fleet,
  { ecs, buildkite }: Ports,
  signal: AbortSignal,
): Promise<Mapping> {
  const { name, service, family, mapping } = cluster;
  const of = { ...(service === null ? {} : { service }), ...(family === null ? {} : { family }) };
  const nothing: Mapping = {
    ...{ tasks: 0, mapped: 0, without: [], several: [], versions: [] },
    ...{ by: mapping, filterLacks: false, unknown: null },
  };
  const listed = await ecs.tasksOf(name, of, signal);
  if (!listed.ok) return { ...nothing, unknown: listed.trouble.message };
  const tasks = listed.value.tasks.filter(
    (task) => task.status === 'RUNNING' && !isGoingDown(task) && findAllowingNames(task, cluster) !== null,
  );
  if (tasks.length === 0) return nothing;
  const found = await findAgents(tasks, organization, mapping, buildkite, signal);
  const counts = tasks.map((task) => ({
    arn: task.arn,
    agents: found.agents.filter((agent) => isOn(agent, task, mapping)),
  }));
  const unknown = [found.unknown, listed.value.complete ? null : 'there are more tasks than could be read'];
  return {
    ...nothing,
    tasks: tasks.length,
    mapped: counts.filter(({ agents }) => agents.length === 1).length,
    without: counts.flatMap(({ arn, agents }) => (agents.length === 0 ? [arn] : [])),
    several: counts.flatMap(({ arn, agents }) => (agents.length > 1 ? [arn] : [])),
    versions: [...new Set(counts.flatMap(({ agents }) => agents.flatMap(({ version }) => version ?? [])))],
    filterLacks: found.filterLacks,
    unknown: unknown.find((said) => said !== null) ?? null,
  };
}

interface Found {
  readonly agents: readonly Agent[];
  readonly filterLacks: boolean;
  readonly unknown: string | null;
}

/** The agents of the tasks: by Buildkite's filter and, where that finds none for a task, among all agents. */
async function findAgents(
  tasks: readonly Task[],
  organization: string,
  by: Mapping['by'],
  buildkite: Buildkite,
  signal: AbortSignal,
): Promise<Found> {
  const few = by === 'tag' && tasks.length <= FEW_TASKS;
  const tagged = await Promise.all(
    (few ? tasks : []).map(({ arn }) =>
      buildkite.agentsWithTag(organization, `${TASK_ARN_TAG}=${arn}`, signal),
    ),
  );
  const filtered = tagged.flatMap((answer) => (answer.ok ? answer.value.agents : []));
  const isWhole =
    few && tagged.every((answer) => answer.ok && answer.value.complete && answer.value.agents.length > 0);
  if (isWhole) return { agents: filtered, filterLacks: false, unknown: null };
  const all = await buildkite.agents(organization, signal);
  if (!all.ok) return { agents: filtered, filterLacks: false, unknown: all.trouble.message };
  const agents = new Map([...filtered, ...all.value.agents].map((agent) => [agent.id, agent]));
  const ids = new Set(filtered.map(({ id }) => id));
  const lacks = all.value.agents.some(
    (agent) => !ids.has(agent.id) && tasks.some((task) => isOn(agent, task, 'tag')),
  );
  return {
    agents: [...agents.values()],
    filterLacks: few && lacks,
    unknown: all.value.complete ? null : 'the organization has more agents than were read',
  };
}

/** An agent's own tag always counts; its host only where the scenario maps by it. */
function isOn(agent: Agent, task: Task, by: Mapping['by']): boolean {
  const tag = agent.tags[TASK_ARN_TAG];
  if (tag !== undefined) return tag === task.arn;
  return by === 'hostname' && isHostOf(agent.hostname, task.hostnames);
}
