import type { Executor, ProcessSpec } from '../workers/executor.ts';
import type { Machine } from '../workers/machine.ts';
import { idleTag } from '../workers/idle.ts';
import type { ContainerPlan } from '../workers/plan.ts';
import {
  bareEnvironment,
  containerEnvironment,
  imageEnvironment,
  imageMounts,
  preparePlace,
  type AgentAccess,
  type Premises,
} from '../workers/premises.ts';
import { Worker } from '../workers/worker.ts';
import { agentArguments, commandLine } from './command-line.ts';
import { runsAgent, type ContainerDefinition } from './container-definition.ts';
import { dockerNameOf } from './docker.ts';
import { zonesOf } from './instances.ts';
import type { ContainerUris } from './metadata.ts';
import { choosePlace, type PlacementFailure } from './placement.ts';
import type { EcsState } from './state.ts';
import { EcsTask, newTaskId } from './task.ts';
import type { TaskSeed } from './task-seed.ts';

/** What it takes to turn tasks into processes. */
export interface Ground {
  readonly executor: Executor;
  /** Runs those tasks behind which no process stands. */
  readonly idly: Executor;
  /** Runs those whose agents live inside the rig. */
  readonly inProcess: Executor;
  readonly machine: Machine;
  readonly premises: Premises;
  readonly access: AgentAccess | undefined;
  /** What the ECS agent serves to a container; withheld when the agents are to have no task tag. */
  readonly uris: ((containerId: string) => ContainerUris) | undefined;
}

/** What a caller decides about a new task. */
export type TaskOrder = Omit<TaskSeed, 'id' | 'arn' | 'clusterArn' | 'group'> & {
  readonly group?: string | undefined;
};

/** A task that was made, or why none could be placed. */
export type Launched =
  { readonly task: EcsTask } | { readonly task: undefined; readonly failures: readonly PlacementFailure[] };

/**
 * Makes a task and starts it where there is room. Without room a task of a capacity provider waits for more of it, and
 * one of the EC2 launch type is not made at all (ECS-60).
 */
export function launchTask(state: EcsState, order: TaskOrder): Launched {
  const id = newTaskId();
  const seed: TaskSeed = {
    ...order,
    id,
    arn: `${state.prefix()}:task/${state.cluster.name}/${id}`,
    clusterArn: state.clusterArn,
    group: order.group ?? `family:${order.definition.family}`,
  };
  if (seed.launchType === 'FARGATE') {
    return { task: begin(state, newTask(state, seed), { availabilityZone: quietestZone(state, seed) }) };
  }
  const placed = choosePlace(state, seed);
  if (placed.instance) return { task: begin(state, newTask(state, seed), placed.instance) };
  if (seed.capacityProvider !== undefined) return { task: newTask(state, seed) };
  return { task: undefined, failures: placed.failures };
}

/** Starts those that wait for room and now have it. */
export function placeWaiting(state: EcsState): void {
  for (const task of state.tasks) {
    if (!task.waitsForCapacity) continue;
    const placed = choosePlace(state, task.seed);
    if (placed.instance) begin(state, task, placed.instance);
  }
}

function newTask(state: EcsState, seed: TaskSeed): EcsTask {
  const task = new EcsTask(seed, state.events, state.knobs);
  state.addTask(task);
  return task;
}

function begin(
  state: EcsState,
  task: EcsTask,
  place: { readonly availabilityZone: string; readonly arn?: string },
): EcsTask {
  task.place(place.availabilityZone, place.arn);
  state.begin(task);
  return task;
}

/** Fargate spreads a service over its subnets' zones. */
function quietestZone(state: EcsState, seed: TaskSeed): string {
  const load = (zone: string): number =>
    state.tasks.filter(
      (task) =>
        task.availabilityZone === zone && task.seed.group === seed.group && task.desiredStatus === 'RUNNING',
    ).length;
  const [first = '', second = ''] = zonesOf(state.cluster.region);
  return load(second) < load(first) ? second : first;
}

/** Gives the state its way to start processes. */
export function attachGround(state: EcsState, ground: Ground): void {
  state.images = ground.executor.image;
  state.begin = (task) => {
    const { executor, plan } = wayOf(task, ground);
    const plans = task.seed.definition.containers.map((container) =>
      planContainer(container, plan(container)),
    );
    void task.run(new Worker(executor, plans));
  };
}

/** How a task's containers are run: as processes, or without. */
function wayOf(
  task: EcsTask,
  ground: Ground,
): { readonly executor: Executor; readonly plan: (container: ContainerDefinition) => ProcessSpec } {
  if (task.seed.isIdle === true)
    return { executor: ground.idly, plan: (container) => planIdleProcess(task, container) };
  if (task.seed.isInProcess === true)
    return { executor: ground.inProcess, plan: (container) => planInProcess(task, container, ground) };
  return { executor: ground.executor, plan: (container) => planProcess(task, container, ground) };
}

function planContainer(container: ContainerDefinition, process: ProcessSpec): ContainerPlan {
  const { name, essential, stopTimeoutMs, startTimeoutMs, healthCheck, restartPolicy, dependsOn } = container;
  const start = { startTimeoutMs, dependsOn, healthCheck, restartPolicy };
  return { name, essential, stopTimeoutMs, ...start, process };
}

/** No process and no folder: only what an agent there would say of itself. */
function planIdleProcess(task: EcsTask, container: ContainerDefinition): ProcessSpec {
  const tags = [
    idleTag,
    `ecs:task-arn=${task.seed.arn}`,
    `ecs:container-name=${dockerNameOf(task, container.name)}`,
  ];
  return {
    argv: runsAgent(container) ? tags : [],
    environment: {},
    directory: '/',
    outputFile: '/dev/null',
    hostname: task.hostname(container.name),
  };
}

/** The agent's own words on the command line, or none in a container without one; no folder. */
function planInProcess(task: EcsTask, container: ContainerDefinition, ground: Ground): ProcessSpec {
  const { access, premises } = ground;
  const uris = ground.uris?.(task.containerIds.get(container.name) ?? '');
  return {
    argv: runsAgent(container) ? (agentArguments(container) ?? ['unfit']) : [],
    environment: bareEnvironment(container.environment, premises, {
      ...{ access, uris, address: task.loopbackAddress },
    }),
    directory: '/',
    outputFile: '/dev/null',
    hostname: task.hostname(container.name),
  };
}

function planProcess(task: EcsTask, container: ContainerDefinition, ground: Ground): ProcessSpec {
  const { premises, access, machine } = ground;
  const { home, outputFile } = preparePlace(premises, task.seed.id, container.name);
  const uris = ground.uris?.(task.containerIds.get(container.name) ?? '');
  const reach = { access, uris, address: task.loopbackAddress };
  const where = { directory: home, outputFile, hostname: task.hostname(container.name) };
  if (ground.executor.image === undefined) {
    const environment = containerEnvironment(container.environment, premises, { home, outputFile }, reach);
    return { ...where, argv: commandLine(container, machine), environment };
  }
  const { image: reference, init, stopTimeoutMs, workingDirectory } = container;
  const memoryMiB = container.memoryLimit ?? task.seed.definition.memoryLimit;
  return {
    ...where,
    argv: container.argv,
    environment: imageEnvironment(container.environment, premises, reach),
    image: { reference, init, stopTimeoutMs, memoryMiB, workingDirectory, mounts: imageMounts(premises) },
  };
}
