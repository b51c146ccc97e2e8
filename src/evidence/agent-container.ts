import { traitsOf } from '../scenario/plan.ts';
import type { ImageConfig } from '../worker/image-config.ts';
import type { Container, ContainerDefinition, Task } from '../model/entities/task.ts';
import { hasTaskEnded } from '../model/entities/task.ts';
import { UNREAD_PATH, type SignalPath } from '../worker/agent-start.ts';
import { launchOfTask, type Launch } from '../worker/launch.ts';
import { DEFAULT_STOP_TIMEOUT, makeStopStep } from '../worker/stop-window.ts';
import { readWorker, type Worker } from '../worker/worker.ts';
import { byEcs, byInstance, byRunner, clocksOf, shiftStamp, type Stamp } from './clocks.ts';
import type { Evidence, Sighting } from './evidence.ts';

/** How near to its time-out an end counts as "at" it: processes die and are seen a little late. */
const NEAR = 1_500;

/** The agent's container at its last sighting. */
export interface AgentContainer {
  readonly task: Sighting<Task>;
  readonly container: Container | null;
  readonly definition: ContainerDefinition | null;
  /** Milliseconds between the stop signal and SIGKILL. */
  readonly stopTimeout: number;
  /** Whether it is the only essential one: then `executionStoppedAt` is its own end. */
  readonly onlyEssential: boolean;
  /** When it ended; null where ECS gives it no time of its own. */
  readonly end: Stamp | null;
  /** When it had ended at the latest; null while it may still run. */
  readonly endedBy: Stamp | null;
  /** From the stop to its end in ms, at most where it has no time of its own; null where it cannot be told. */
  readonly lasted: number | null;
  /** It ended at its stop time-out or later: known to have ended, and not clearly before. */
  readonly atTimeout: boolean;
}

/** The agent's container of the target's task, or null where the task was never seen. */
export function findAgentContainer(evidence: Evidence): AgentContainer | null {
  const { target } = evidence;
  if (target === null) return null;
  const task = evidence.last('task', target.taskArn);
  if (task === null) return null;
  const container = task.value.containers.find((one) => one.name === target.container) ?? null;
  const definitions = evidence.last('task-definition', task.value.definition)?.value.containers ?? [];
  const definition = definitions.find((one) => one.name === target.container) ?? null;
  const onlyEssential =
    definition?.essential === true && definitions.filter((one) => one.essential).length === 1;
  const end = onlyEssential ? endOf(task.value) : null;
  const endedBy = end ?? findLatestEnd(evidence, task.value, target.container);
  const stopTimeout =
    definition === null ? DEFAULT_STOP_TIMEOUT : makeStopStep(definition, launchOf(evidence, task.value)).ms;
  const over = hasTaskEnded(task.value) || container?.status === 'STOPPED' || container?.exitCode != null;
  const isAfter = isTimeoutOver(evidence, task.value, endedBy, stopTimeout);
  return {
    ...{ task, container, definition, onlyEssential, end, endedBy, stopTimeout },
    lasted: measureStopTime(evidence, task.value, endedBy),
    atTimeout: over && isAfter,
  };
}

/** The first essential container's end (verdict rule 8). On EC2 it is the instance's clock, which nobody knows, and so no time. */
function endOf(task: Task): Stamp | null {
  if (task.executionStoppedAt === null || task.instanceArn !== null) return null;
  return byInstance(task.executionStoppedAt, task);
}

/** When a container had ended at the latest: the end of the whole task, or the answer that first showed it STOPPED, whatever came first. */
export function findLatestEnd(evidence: Evidence, task: Task, name: string): Stamp | null {
  const shown = evidence.firstLook('task', task.arn, ({ containers }) =>
    containers.some((one) => one.name === name && (one.status === 'STOPPED' || one.exitCode !== null)),
  );
  const seen = shown === undefined ? null : byRunner(evidence, shown.answeredAt, shown.seq);
  const stopped = task.stoppedAt === null ? null : byEcs(task.stoppedAt);
  if (seen === null || stopped === null) return seen ?? stopped;
  return clocksOf(evidence).order(seen, stopped) === 'before' ? seen : stopped;
}

function measureStopTime(evidence: Evidence, { stoppingAt }: Task, endedBy: Stamp | null): number | null {
  if (stoppingAt === null || endedBy === null) return null;
  return Math.round(clocksOf(evidence).distance(byEcs(stoppingAt), endedBy).ms) + 0;
}

function isTimeoutOver(
  evidence: Evidence,
  { stoppingAt }: Task,
  endedBy: Stamp | null,
  stopTimeout: number,
): boolean {
  if (stoppingAt === null || endedBy === null) return false;
  const limit = shiftStamp(byEcs(stoppingAt), stopTimeout - NEAR);
  return clocksOf(evidence).orderAsMeasured(endedBy, limit) !== 'before';
}

/** `entryPoint` and `command` as one line of words. */
export function joinCommandLine(definition: ContainerDefinition): readonly string[] {
  return [...definition.entryPoint, ...definition.command];
}

/** The target as its documents tell of it; null where its task or definition was never read, or has no such container. */
export function workerOf(evidence: Evidence): Worker | null {
  const { target } = evidence;
  const task = target === null ? null : evidence.last('task', target.taskArn);
  const definition = task === null ? null : evidence.last('task-definition', task.value.definition);
  if (target === null || task === null || definition === null) return null;
  return readWorker({
    containers: definition.value.containers,
    agent: target.container,
    imageConfig: imageConfigOf(evidence),
    launch: launchOf(evidence, task.value),
  });
}

/** Whether the stop signal is known to reach the target's agent. */
export function findSignalPath(evidence: Evidence): SignalPath {
  return workerOf(evidence)?.start.path ?? UNREAD_PATH;
}

function launchOf({ plan }: Evidence, task: Task): Launch {
  return launchOfTask(task, traitsOf(plan)?.reclaims === true);
}

/** The configuration of the agent's image, where the scenario names it. */
function imageConfigOf({ plan }: Evidence): ImageConfig | null {
  return plan.scenario.cluster.imageConfig;
}
