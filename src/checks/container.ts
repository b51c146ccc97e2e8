import type { Container, ContainerDefinition, Task } from '../model/entities/task.ts';
import type { Instant } from '../model/entities/build.ts';
import type { Evidence, Sighting } from '../evidence/evidence.ts';

/** ECS gives 30 s where a definition names no stopTimeout (ContainerDefinition.stopTimeout). */
export const DEFAULT_STOP_TIMEOUT = 30_000;
/** How near to its time-out an end counts as "at" it: processes die and are seen a little late. */
const NEAR = 1_500;

/** The agent's container at its last sighting. */
export interface AgentContainer {
  readonly task: Sighting<Task>;
  readonly container: Container | null;
  readonly definition: ContainerDefinition | null;
  readonly stopTimeout: number;
  /** Whether it is the only essential one: then `executionStoppedAt` is its own end. */
  readonly onlyEssential: boolean;
  /** From the stop to its end in ms, by ECS's clock; null where it cannot be told. */
  readonly lasted: number | null;
}

/** The agent's container of the struck task, or null where the task was never seen. */
export function agentContainer(evidence: Evidence): AgentContainer | null {
  const target = evidence.target;
  if (target === null) return null;
  const task = evidence.last('task', target.taskArn);
  if (task === null) return null;
  const container = task.value.containers.find((one) => one.name === target.container) ?? null;
  const definitions = evidence.last('task-definition', task.value.definition)?.value.containers ?? [];
  const definition = definitions.find((one) => one.name === target.container) ?? null;
  const onlyEssential =
    definition?.essential === true && definitions.filter((one) => one.essential).length === 1;
  return {
    task,
    container,
    definition,
    stopTimeout: definition?.stopTimeout ?? DEFAULT_STOP_TIMEOUT,
    onlyEssential,
    lasted: lasted(task.value, onlyEssential),
  };
}

/** `executionStoppedAt` is the end of the first essential container, which may be a sidecar's (verdict rule 8). */
function lasted(task: Task, onlyEssential: boolean): number | null {
  const own = onlyEssential ? task.executionStoppedAt : null;
  const end: Instant | null = own ?? task.stoppedAt;
  return end === null || task.stoppingAt === null ? null : end - task.stoppingAt;
}

/** Whether the container ended at its stop time-out (or later), not clearly before. */
export function atTimeout(agent: AgentContainer): boolean {
  return agent.lasted !== null && agent.lasted >= agent.stopTimeout - NEAR;
}

/** `entryPoint` and `command` as one line of words. */
export function commandLine(definition: ContainerDefinition): readonly string[] {
  return [...definition.entryPoint, ...definition.command];
}

/** Value of an agent's setting: a flag on its command line (also inside `sh -c`), else its environment variable. */
export function agentSetting(
  definition: ContainerDefinition | null,
  flag: string,
  variable: string,
): string | null {
  if (definition === null) return null;
  const words = commandLine(definition).flatMap((word) => word.split(/\s+/));
  const index = words.findIndex((word) => word === flag || word.startsWith(`${flag}=`));
  if (index < 0) return definition.environment[variable] ?? null;
  const word = words[index] ?? '';
  if (word.includes('=')) return word.slice(word.indexOf('=') + 1);
  const next = words[index + 1];
  return next === undefined || next.startsWith('-') ? 'true' : next;
}

/** Whether the container starts the agent itself: nothing else is PID 1 then. */
export function startsAgentItself(definition: ContainerDefinition | null): boolean {
  if (definition === null) return false;
  const first = commandLine(definition)[0] ?? '';
  return /(^|\/)buildkite-agent$/.test(first);
}
