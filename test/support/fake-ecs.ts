import type { Answer, Call, Outcome } from '../../src/drill/call.ts';
import type { ClockOffset } from '../../src/drill/entities/surroundings.ts';
import { goingDown, taskEnded } from '../../src/drill/entities/task.ts';
import type { Cluster, Service, Task, TaskDefinition } from '../../src/drill/entities/task.ts';
import type { Ecs } from '../../src/ecs/port.ts';
import { aCluster, aService, aTask, aTaskDefinition, NOON } from './builders.ts';
import { carryOut, createScript } from './fake-script.ts';
import type { FakeScript } from './fake-script.ts';

type Operation = Exclude<keyof Ecs, 'clock'>;

/** What the fake knows; tests change it at will. */
export interface FakeEcsWorld {
  clusters: Map<string, Cluster>;
  services: Map<string, Service>;
  tasks: Map<string, Task>;
  definitions: Map<string, TaskDefinition>;
  /** StopTask calls that took effect, by task ARN. */
  landed: Map<string, number>;
  /** StopTask answers the task unchanged and does nothing. */
  ignoresStops: boolean;
  clock: ClockOffset | null;
}

/** ECS in memory, with its world and its script. */
export interface FakeEcs extends Ecs, FakeScript<Operation> {
  readonly world: FakeEcsWorld;
  setTask(arn: string, over: Partial<Task>): void;
}

export interface FakeEcsOptions {
  readonly clusters?: readonly Cluster[];
  readonly services?: readonly Service[];
  readonly tasks?: readonly Task[];
  readonly definitions?: readonly TaskDefinition[];
  readonly now?: () => number;
  /** Runs when a stop took effect: tests let the worker drain or die here. */
  readonly onStop?: (task: Task) => void;
}

function failed(
  kind: 'not-found' | 'refused',
  message: string,
): { ok: false; trouble: { kind: 'not-found' | 'refused'; message: string; retryAfter: null } } {
  return { ok: false, trouble: { kind, message, retryAfter: null } };
}

function belongs(task: Task, of: { readonly service?: string; readonly family?: string }): boolean {
  if (of.service !== undefined) return task.group === `service:${of.service}`;
  return of.family === undefined || task.definition.includes(`:task-definition/${of.family}:`);
}

/** ECS in memory: answers from its world, fails as scripted. It follows the contract suite of the port. */
export function fakeEcs(options: FakeEcsOptions = {}): FakeEcs {
  const script = createScript<Operation>();
  const now = options.now ?? (() => NOON);
  const world: FakeEcsWorld = {
    clusters: new Map((options.clusters ?? [aCluster()]).map((cluster) => [cluster.name, cluster])),
    services: new Map((options.services ?? [aService()]).map((service) => [service.name, service])),
    tasks: new Map((options.tasks ?? [aTask()]).map((task) => [task.arn, task])),
    definitions: new Map((options.definitions ?? [aTaskDefinition()]).map((one) => [one.arn, one])),
    landed: new Map(),
    ignoresStops: false,
    clock: null,
  };

  function answer<T>(
    operation: Operation,
    args: readonly unknown[],
    signal: AbortSignal,
    look: () => Answer<T>,
  ): Promise<Answer<T>> {
    const planned = script.enter(operation, args, signal);
    return Promise.resolve(planned === null ? look() : { ok: false, trouble: planned.trouble });
  }
  function inCluster<T>(name: string, look: (cluster: Cluster) => Answer<T>): Answer<T> {
    const cluster = [...world.clusters.values()].find((one) => one.name === name || one.arn === name);
    return cluster === undefined
      ? failed('not-found', `ECS knows no cluster "${name}" there`)
      : look(cluster);
  }

  function stop(call: Extract<Call, { kind: 'stop-task' }>): Outcome<Task> {
    const task = world.tasks.get(call.taskArn);
    if (task === undefined || taskEnded(task)) {
      return { ...failed('refused', 'The referenced task was not found.'), certainty: 'refused' };
    }
    if (world.ignoresStops) return { ok: true, value: task };
    world.landed.set(task.arn, (world.landed.get(task.arn) ?? 0) + 1);
    if (goingDown(task)) return { ok: true, value: task };
    const stopped: Task = {
      ...task,
      desired: 'STOPPED',
      stopCode: 'UserInitiated',
      stoppedReason: call.reason,
      stoppingAt: now(),
      version: (task.version ?? 0) + 1,
    };
    world.tasks.set(task.arn, stopped);
    options.onStop?.(stopped);
    return { ok: true, value: stopped };
  }

  return {
    ...script,
    world,
    setTask: (arn, over) => {
      const task = world.tasks.get(arn);
      if (task === undefined) throw new Error(`the fake has no task ${arn}`);
      world.tasks.set(arn, { ...task, version: (task.version ?? 0) + 1, ...over });
    },
    cluster: (name, signal) =>
      answer('cluster', [name], signal, () => inCluster(name, (value) => ({ ok: true, value }))),
    service: (cluster, name, signal) =>
      answer('service', [cluster, name], signal, () =>
        inCluster(cluster, () => {
          const value = world.services.get(name);
          return value === undefined
            ? failed('not-found', `ECS knows no service "${name}" in cluster "${cluster}" there`)
            : { ok: true, value };
        }),
      ),
    tasks: (cluster, arns, signal) =>
      answer('tasks', [cluster, arns], signal, () =>
        inCluster(cluster, ({ arn }) => ({
          ok: true,
          value: [...world.tasks.values()].filter(
            (task) => task.clusterArn === arn && arns.includes(task.arn),
          ),
        })),
      ),
    taskDefinition: (arn, signal) =>
      answer('taskDefinition', [arn], signal, () => {
        const value = world.definitions.get(arn);
        return value === undefined
          ? failed('refused', 'Unable to describe task definition.')
          : { ok: true, value };
      }),
    recentStops: (cluster, of, signal) =>
      answer('recentStops', [cluster, of], signal, () =>
        inCluster(cluster, () => {
          const ours = [...world.tasks.values()].filter((task) => goingDown(task) && belongs(task, of));
          const tasks = ours.map((task) => ({
            arn: task.arn,
            stoppedReason: task.stoppedReason,
            stoppingAt: task.stoppingAt,
            ended: taskEnded(task),
          }));
          return { ok: true, value: { tasks } };
        }),
      ),
    tasksOf: (cluster, of, signal) =>
      answer('tasksOf', [cluster, of], signal, () =>
        inCluster(cluster, () => {
          const tasks = [...world.tasks.values()].filter((task) => !goingDown(task) && belongs(task, of));
          return { ok: true, value: { tasks, complete: true } };
        }),
      ),
    stopTask: (call, signal) =>
      Promise.resolve(carryOut(script.enter('stopTask', [call], signal), () => stop(call))),
    clock: () => world.clock,
  };
}
