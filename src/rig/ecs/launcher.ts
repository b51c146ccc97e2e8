import type { Executor } from '../workers/executor.ts';
import type { Machine } from '../workers/machine.ts';
import { containerEnvironment, preparePlace, type AgentAccess, type Premises } from '../workers/premises.ts';
import type { ContainerPlan } from '../workers/plan.ts';
import { Worker } from '../workers/worker.ts';
import { commandLine } from './command-line.ts';
import type { ContainerDefinition } from './container-definition.ts';
import type { TaskDefinition } from './definition.ts';
import type { EcsState } from './state.ts';
import { EcsTask, newTaskId, type TaskSeed } from './task.ts';

/** What it takes to turn tasks into processes. */
export interface Ground {
  readonly executor: Executor;
  readonly machine: Machine;
  readonly premises: Premises;
  readonly access: AgentAccess | undefined;
  /** Where a container's metadata is served; withheld when the agents are to have no task tag. */
  readonly metadataUri: ((containerId: string) => string) | undefined;
}

/** What a caller decides about a new task. */
export interface TaskOrder {
  readonly definition: TaskDefinition;
  readonly launchType: string;
  readonly capacityProvider?: string | undefined;
  readonly group?: string | undefined;
  readonly startedBy?: string | undefined;
  readonly serviceName?: string | undefined;
  readonly deploymentId?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** Places a task and starts its containers. */
export function launchTask(state: EcsState, order: TaskOrder): EcsTask {
  const id = newTaskId();
  const onInstance = order.launchType !== 'FARGATE';
  return state.launch({
    ...order,
    id,
    arn: `${state.prefix()}:task/${state.cluster.name}/${id}`,
    clusterArn: state.clusterArn,
    group: order.group ?? `family:${order.definition.family}`,
    containerInstanceArn: onInstance ? state.placeOnInstance().arn : undefined,
  });
}

/** Gives the state its way to start processes. */
export function attachGround(state: EcsState, ground: Ground): void {
  state.launch = (seed: TaskSeed) => {
    const task = new EcsTask(seed, state.events);
    state.addTask(task);
    const plans = seed.definition.containers.map((container) => planContainer(task, container, ground));
    void task.run(new Worker(ground.executor, plans));
    return task;
  };
}

function planContainer(task: EcsTask, container: ContainerDefinition, ground: Ground): ContainerPlan {
  const { name, essential, stopTimeoutMs, startTimeoutMs, healthCheck, restartPolicy, dependsOn } = container;
  const place = preparePlace(ground.premises, task.seed.id, name);
  const uri = ground.metadataUri?.(task.containerIds.get(name) ?? '');
  const environment = containerEnvironment(container.environment, ground.premises, place, ground.access, uri);
  const process = {
    argv: commandLine(container, ground.machine),
    environment,
    directory: place.home,
    outputFile: place.outputFile,
    hostname: task.hostname(name),
  };
  const start = { startTimeoutMs, dependsOn, healthCheck, restartPolicy };
  return { name, essential, stopTimeoutMs, ...start, process };
}
