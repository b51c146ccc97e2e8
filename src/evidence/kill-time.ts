import type { ContainerDefinition, Task } from '../model/entities/task.ts';
import { formatWholeSeconds, type Instant } from '../model/instants.ts';
import { traitsOf } from '../scenario/plan.ts';
import { launchOfTask } from '../worker/launch.ts';
import { makeStopStep, measureStopWindow, type StopStep } from '../worker/stop-window.ts';
import { byRunner, clocksOf, shiftStamp, type Stamp } from './clocks.ts';
import type { Evidence } from './evidence.ts';
import { findSignalWindow } from './stop.ts';

/** What a stop gives the agent's container, milliseconds. */
export interface StopTimes {
  /** From the first stop signal to that of the agent's container at the latest: those that depend on it are stopped before. */
  readonly before: number;
  /** From its stop signal to SIGKILL: its stopTimeout, or less where the capacity ends before. */
  readonly granted: number;
  readonly stopTimeout: number;
  /** `host`: the definition sets none, and the default is ECS's unless the task's host sets another, which no API shows. */
  readonly by: StopStep['by'] | 'host';
}

/** What a stop of the target gives its agent's container; null where its definition was not read. */
export function findStopTimes(evidence: Evidence): StopTimes | null {
  const { target, plan } = evidence;
  const task = target === null ? undefined : evidence.last('task', target.taskArn)?.value;
  if (target === null || task === undefined) return null;
  const definitions = evidence.last('task-definition', task.definition)?.value.containers ?? [];
  const own = definitions.find(({ name }) => name === target.container);
  if (own === undefined) return null;
  return measure(own, definitions, task, traitsOf(plan)?.reclaims === true);
}

function measure(
  own: ContainerDefinition,
  definitions: readonly ContainerDefinition[],
  task: Task,
  isReclaimed: boolean,
): StopTimes {
  const launch = launchOfTask(task, isReclaimed);
  const { signalled, granted } = measureStopWindow(definitions, own.name, launch).agent;
  const { ms: stopTimeout, by } = makeStopStep(own, launch);
  const isHosts = by === 'default' && launch.kind !== 'fargate';
  return { before: signalled, granted, stopTimeout, by: isHosts ? 'host' : by };
}

const SOURCE: Readonly<Record<StopTimes['by'], string>> = {
  definition: '',
  default: ", ECS's default",
  host: ", ECS's default unless the host sets another",
  platform: ", the platform's limit",
};

/** A container's stopTimeout, who says so, and what is left of it where the capacity ends before. */
export function describeStopTimeout({ granted, stopTimeout, by }: StopTimes): string {
  const cut = granted < stopTimeout ? `, of which the reclaim leaves ${formatWholeSeconds(granted)}` : '';
  return `stopTimeout ${formatWholeSeconds(stopTimeout)}${SOURCE[by]}${cut}`;
}

/** The stop of the target under way, and what is left of it by the runner's clock, milliseconds. */
export interface KillTime extends StopTimes {
  /** Until SIGKILL is due; negative after it. ECS may need some seconds more for its signal, which nothing shows. */
  readonly left: number;
}

/** When SIGKILL is due, counted from ECS's own time of the stop; null where that or the container's time is not known. */
export function findKillTime(evidence: Evidence, now: Instant): KillTime | null {
  const times = findStopTimes(evidence);
  const task = evidence.last('task', evidence.target?.taskArn ?? '')?.value;
  if (times === null || task?.stoppingAt == null) return null;
  const due = findSignalWindow(evidence)?.due;
  if (due === undefined) return null;
  return { ...times, left: distanceFromNow(evidence, shiftStamp(due, times.granted), now) };
}

/** How long an instant lies ahead of now, by the runner's clock. */
function distanceFromNow(evidence: Evidence, at: Stamp, now: Instant): number {
  return clocksOf(evidence).distance(byRunner(evidence, now, evidence.lastEvent.seq), at).ms;
}

/** How long ago an instant was, by the runner's clock. */
export function measureSince(evidence: Evidence, at: Stamp, now: Instant): number {
  return Math.max(0, -distanceFromNow(evidence, at, now));
}
