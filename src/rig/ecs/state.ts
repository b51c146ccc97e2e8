import { EventEmitter } from 'node:events';

import type { ImageSource } from './container-definition.ts';
import { readTaskDefinition, type TaskDefinition } from './definition.ts';
import { EcsError } from './errors.ts';
import { newInstances, plentyOfRoom, type ContainerInstance, type InstanceGroup } from './instances.ts';
import type { EcsKnobs } from './knobs.ts';
import type { Service } from './service.ts';
import type { EcsTask } from './task.ts';

/** Which cluster the rig stands in for. */
export interface ClusterIdentity {
  readonly region: string;
  readonly account: string;
  readonly name: string;
}

/** "stopped tasks appear in the returned results for at least one hour" (ECS-16). */
const keptStoppedMs = 3_600_000;

/** Everything the rig's ECS knows: one cluster with its definitions, tasks, services and hosts. */
export class EcsState {
  readonly cluster: ClusterIdentity;
  readonly clusterArn: string;
  readonly knobs: EcsKnobs;
  /** Emits `event` with everything that happens. */
  readonly events = new EventEmitter();
  readonly definitions: TaskDefinition[] = [];
  readonly services = new Map<string, Service>();
  readonly instances: ContainerInstance[] = [];
  /** How many tasks of a service run processes, where not all do: the others only register and idle. */
  readonly tasksWithProcesses = new Map<string, number>();
  /** Services whose agents live inside the rig, without a process. */
  readonly agentsInProcess = new Set<string>();
  clusterTags: Readonly<Record<string, string>>;
  /** Tasks as DescribeTasks answered them a while ago, by ARN and with their tags, where an old answer is due. */
  readReplica: () => ReadonlyMap<string, Record<string, unknown>> | undefined = () => undefined;
  /** Looks images up, where the executor runs them. */
  images: ImageSource | undefined;
  /** Starts the containers of a task that has its place. */
  begin: (task: EcsTask) => void = () => {
    throw new Error('nothing starts tasks yet');
  };
  #hostsOnDemand = true;
  readonly #tasks = new Map<string, EcsTask>();

  constructor(cluster: ClusterIdentity, knobs: EcsKnobs, clusterTags: Readonly<Record<string, string>> = {}) {
    this.cluster = cluster;
    this.clusterArn = `${this.prefix(cluster)}:cluster/${cluster.name}`;
    this.knobs = knobs;
    this.clusterTags = clusterTags;
    this.events.setMaxListeners(0);
  }

  /** The beginning of every ARN of this account and region. */
  prefix(cluster: ClusterIdentity = this.cluster): string {
    return `arn:aws:ecs:${cluster.region}:${cluster.account}`;
  }

  /** All tasks that ECS still remembers, in the order of their creation. */
  get tasks(): readonly EcsTask[] {
    this.#forgetOld();
    return [...this.#tasks.values()];
  }

  #forgetOld(): void {
    const oldest = Date.now() - keptStoppedMs;
    for (const [arn, task] of this.#tasks) if ((task.stoppedAt ?? oldest) < oldest) this.#tasks.delete(arn);
  }

  /** Remembers a task. */
  addTask(task: EcsTask): void {
    this.#tasks.set(task.seed.arn, task);
  }

  /** Finds a task by id or full ARN. */
  findTask(reference: string): EcsTask | undefined {
    this.#forgetOld();
    return this.#tasks.get(reference) ?? [...this.#tasks.values()].find(({ seed }) => seed.id === reference);
  }

  /** Refuses any cluster but the rig's; without a name ECS means the one called default. */
  requireCluster(reference: string | undefined): void {
    const wanted = reference ?? 'default';
    if (wanted !== this.cluster.name && wanted !== this.clusterArn) {
      throw new EcsError('ClusterNotFoundException', 'Cluster not found.');
    }
  }

  /** Registers a task definition under its next revision. */
  register(input: unknown): TaskDefinition {
    const definition = readTaskDefinition(
      input,
      this.prefix(),
      (family) => this.definitions.filter((each) => each.family === family).length + 1,
      this.images,
    );
    this.definitions.push(definition);
    return definition;
  }

  /** Finds a task definition by ARN, family:revision or family. */
  requireDefinition(reference: string): TaskDefinition {
    const found = this.definitions.findLast(
      (each) =>
        each.arn === reference ||
        `${each.family}:${each.revision}` === reference ||
        each.family === reference,
    );
    if (!found) throw new EcsError('ClientException', 'Unable to describe task definition.');
    return found;
  }

  /** Finds a service by name or ARN. */
  findService(reference: string): Service | undefined {
    return [...this.services.values()].find((each) => each.name === reference || each.arn === reference);
  }

  /** Adds hosts; from then on there are no others. */
  addInstances(groups: readonly InstanceGroup[]): void {
    this.#hostsOnDemand = false;
    for (const group of groups) this.instances.push(...newInstances(this, group));
  }

  /** The hosts that a task can be placed on; where nobody named any, the first need makes two. */
  get hosts(): readonly ContainerInstance[] {
    if (this.#hostsOnDemand) this.addInstances([plentyOfRoom]);
    return this.instances;
  }

  /** Whether a capacity provider is one of ECS Managed Instances. */
  isManagedProvider(name: string): boolean {
    return this.instances.some((each) => each.managed && each.capacityProvider === name);
  }

  /** Finds a host by ARN, by the end of it or by the id of its EC2 instance. */
  findInstance(reference: string): ContainerInstance | undefined {
    return this.instances.find(
      (each) =>
        each.arn === reference || each.arn.endsWith(`/${reference}`) || each.ec2InstanceId === reference,
    );
  }
}
