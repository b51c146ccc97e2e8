import { randomBytes } from 'node:crypto';

/** What a host has, or a task needs: CPU units and MiB. */
export interface Resources {
  readonly cpu: number;
  readonly memory: number;
}

/** Hosts of one kind, as a rig file asks for them. */
export interface InstanceGroup extends Resources {
  readonly count: number;
  readonly attributes: Readonly<Record<string, string>>;
  /** The zone's letter; without it the hosts take turns. */
  readonly availabilityZone?: string | undefined;
  readonly capacityProvider?: string | undefined;
  /** Whether AWS manages them: ECS Managed Instances. */
  readonly managed?: boolean | undefined;
}

/** A host of the EC2 launch type. */
export interface ContainerInstance {
  readonly arn: string;
  readonly ec2InstanceId: string;
  readonly availabilityZone: string;
  readonly capacityProvider: string | undefined;
  readonly managed: boolean;
  readonly registered: Resources;
  readonly attributes: Readonly<Record<string, string>>;
  readonly registeredAt: number;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  version: number;
}

/** Two hosts without a limit worth the name, for rig files that do not care. */
export const plentyOfRoom: InstanceGroup = { count: 2, cpu: 65_536, memory: 262_144, attributes: {} };

/** The zones that the rig spreads over. */
export function zonesOf(region: string): readonly string[] {
  return [`${region}a`, `${region}b`];
}

/** What of the cluster's state the making of hosts needs to know. */
interface ClusterOfHosts {
  readonly cluster: { readonly region: string; readonly name: string };
  readonly instances: readonly ContainerInstance[];
  prefix(): string;
}

/** What of the cluster's state tells how full a host is. */
interface TasksOnHosts {
  readonly tasks: readonly {
    readonly instanceArn?: string | undefined;
    readonly stoppedAt?: number | undefined;
    readonly seed: { readonly definition: { readonly needs: Resources } };
  }[];
}

/** Makes the hosts of a group, in turns over the zones where the group names none. */
export function newInstances(state: ClusterOfHosts, group: InstanceGroup): readonly ContainerInstance[] {
  const { region, name } = state.cluster;
  const zones = zonesOf(region);
  return Array.from({ length: group.count }, (_, index) => {
    const turn = zones[(state.instances.length + index) % zones.length] ?? '';
    const availabilityZone =
      group.availabilityZone === undefined ? turn : `${region}${group.availabilityZone}`;
    return {
      arn: `${state.prefix()}:container-instance/${name}/${randomBytes(16).toString('hex')}`,
      ec2InstanceId: `i-0${randomBytes(8).toString('hex')}`,
      availabilityZone,
      capacityProvider: group.capacityProvider,
      managed: group.managed === true,
      registered: { cpu: group.cpu, memory: group.memory },
      attributes: {
        'ecs.availability-zone': availabilityZone,
        'ecs.os-type': 'linux',
        ...group.attributes,
      },
      registeredAt: Date.now(),
      status: 'ACTIVE',
      version: 1,
    };
  });
}

/** What a host still has; a stopping task keeps its share until it is STOPPED (ECS-60). */
export function remainingOf(state: TasksOnHosts, instance: ContainerInstance): Resources {
  const taken = state.tasks
    .filter((task) => task.instanceArn === instance.arn && task.stoppedAt === undefined)
    .map((task) => task.seed.definition.needs);
  return {
    cpu: instance.registered.cpu - taken.reduce((total, { cpu }) => total + cpu, 0),
    memory: instance.registered.memory - taken.reduce((total, { memory }) => total + memory, 0),
  };
}

/** What the host of a task would have if the task were gone; nothing where it has no host. */
export function leftWithout(
  state: TasksOnHosts & { readonly instances: readonly ContainerInstance[] },
  task: TasksOnHosts['tasks'][number],
): Resources {
  const host = state.instances.find((each) => each.arn === task.instanceArn);
  if (!host) return { cpu: 0, memory: 0 };
  const left = remainingOf(state, host);
  const { cpu, memory } = task.seed.definition.needs;
  return { cpu: left.cpu + cpu, memory: left.memory + memory };
}
