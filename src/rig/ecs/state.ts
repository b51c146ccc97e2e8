import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';

import { readTaskDefinition, type TaskDefinition } from './definition.ts';
import { EcsError, invalid } from './errors.ts';
import type { EcsKnobs } from './knobs.ts';
import type { Service } from './service.ts';
import type { EcsTask, TaskSeed } from './task.ts';

/** A host of the EC2 launch type. */
export interface ContainerInstance {
  readonly arn: string;
  readonly ec2InstanceId: string;
  status: 'ACTIVE' | 'DRAINING';
}

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
  clusterTags: Readonly<Record<string, string>>;
  launch: (seed: TaskSeed) => EcsTask = () => {
    throw new Error('nothing launches tasks yet');
  };
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
    const oldest = Date.now() - keptStoppedMs;
    for (const [arn, task] of this.#tasks) if ((task.stoppedAt ?? oldest) < oldest) this.#tasks.delete(arn);
    return [...this.#tasks.values()];
  }

  /** Remembers a task. */
  addTask(task: EcsTask): void {
    this.#tasks.set(task.seed.arn, task);
  }

  /** Finds a task by id or full ARN. */
  findTask(reference: string): EcsTask | undefined {
    return this.tasks.find((task) => task.seed.arn === reference || task.seed.id === reference);
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

  /** The ACTIVE host with the fewest tasks; the first need makes two of them. */
  placeOnInstance(): ContainerInstance {
    if (this.instances.length === 0) this.instances.push(this.#newInstance(), this.#newInstance());
    const load = (instance: ContainerInstance): number =>
      this.tasks.filter(
        (task) => task.seed.containerInstanceArn === instance.arn && task.stoppedAt === undefined,
      ).length;
    const [best] = this.instances
      .filter((each) => each.status === 'ACTIVE')
      .sort((a, b) => load(a) - load(b));
    if (!best) throw invalid('No Container Instances were found in your cluster.');
    return best;
  }

  #newInstance(): ContainerInstance {
    const id = randomBytes(16).toString('hex');
    const arn = `${this.prefix()}:container-instance/${this.cluster.name}/${id}`;
    return { arn, ec2InstanceId: `i-0${randomBytes(8).toString('hex')}`, status: 'ACTIVE' };
  }
}
