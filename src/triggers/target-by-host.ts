import { measureEcsToBuildkite } from '../evidence/clocks.ts';
import { describeOffset, seconds } from '../checks/times.ts';
import type { Agent } from '../model/entities/agent.ts';
import { isHostOf } from '../model/entities/host.ts';
import type { ContainerDefinition, Task } from '../model/entities/task.ts';
import type { Plan } from '../scenario/plan.ts';
import { findFact, type World } from '../model/world.ts';
import { readStart } from '../worker/agent-start.ts';
import { queueOf, readSettings } from '../worker/settings.ts';

/** An agent connects within this long of its task's start; one that came later is another that got the same address. */
const START = 300_000;
/** The queue of an agent that names none. */
const DEFAULT_QUEUE = 'default';

type ByHost =
  | { readonly ok: true; readonly task: Task; readonly said: string }
  | { readonly ok: false; readonly said: string };

function refuseHost(said: string): ByHost {
  return { ok: false, said };
}

/** The one task of the named service or family on whose host the agent says it lives, and whose times fit: verdict.md's second fact. */
export function findTaskByHost(world: World, agent: Agent, plan: Plan): ByHost {
  const { service, family } = plan.scenario.cluster;
  if (service === null && family === null)
    return refuseHost('the scenario names no service or family inside which host names could be matched');
  const where = service === null ? `family ${family ?? ''}` : `service ${service}`;
  const { hostname } = agent;
  if (hostname === null || hostname === '') return refuseHost(`agent ${agent.name} has no host name`);
  const listed = findFact(world, 'tasks-of', plan.lockKey);
  if (listed === undefined) return refuseHost(`the tasks of ${where} could not be listed`);
  const tasks = listed.arns.map((arn) => findFact(world, 'task', arn)).filter((task) => task !== undefined);
  if (!listed.complete || tasks.length < listed.arns.length)
    return refuseHost(
      `the tasks of ${where} could not be listed to the end, so one host name may stand for several`,
    );
  const there = tasks.filter((task) => isHostOf(hostname, task.hostnames));
  const [task] = there;
  if (task === undefined) return refuseHost(`no task of ${where} has the host name ${hostname}`);
  if (there.length > 1)
    return refuseHost(`${String(there.length)} tasks of ${where} have the host name ${hostname}`);
  const odd = explainTimesMisfit(world, agent, task);
  return odd === null ? { ok: true, task, said: `by host name ${hostname} in ${where}` } : refuseHost(odd);
}

/** An address is given to one task after the other, so a host name alone proves nothing. */
function explainTimesMisfit(world: World, agent: Agent, task: Task): string | null {
  if (task.createdAt === null || agent.connectedAt === null)
    return 'it is not known when the task was created and when the agent connected';
  const sinceCreation = measureEcsToBuildkite(world, task.createdAt, agent.connectedAt);
  if (sinceCreation.ms < -sinceCreation.error)
    return `agent ${agent.name} connected before the task of its host name was created`;
  // ECS shows RUNNING a little late; until then the creation stands for the start, and is the stricter of the two.
  const { ms, error } = measureEcsToBuildkite(world, task.startedAt ?? task.createdAt, agent.connectedAt);
  if (Math.abs(ms) > START + error)
    return `agent ${agent.name} connected ${describeOffset(ms, 'the start')} of the task of its host name, not within ${seconds(START)}`;
  return null;
}

/** Why the agent's queue is not the one that its container is told to serve; null where they agree or the definition states none. */
export function explainQueueMisfit(agent: Agent, definition: ContainerDefinition): string | null {
  const start = readStart(definition, null);
  const stated = queueOf(readSettings(start, definition.environment, {}));
  const own = agent.tags['queue'] ?? DEFAULT_QUEUE;
  if (stated === null || stated === own) return null;
  return `agent ${agent.name} serves queue ${own}, but container ${definition.name} is set to serve ${stated}`;
}
