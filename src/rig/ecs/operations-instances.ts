import * as z from 'zod';

import { checkClusterOf } from './identifiers.ts';
import { missing, page, read, type Operation } from './input.ts';
import { remainingOf, type ContainerInstance, type Resources } from './instances.ts';
import type { Scheduler } from './scheduler.ts';
import { countTasks } from './service-view.ts';
import type { EcsState } from './state.ts';
import { seconds } from './task-view.ts';

const clusterName = z.string().optional();
const listShape = z.strictObject({
  cluster: clusterName,
  status: z.enum(['ACTIVE', 'DRAINING', 'REGISTERING', 'DEREGISTERING', 'REGISTRATION_FAILED']).optional(),
  maxResults: z.int().min(1).max(100).optional(),
  nextToken: z.string().optional(),
});
const describeShape = z.strictObject({
  cluster: clusterName,
  containerInstances: z.array(z.string()).min(1).max(100),
  include: z.array(z.string()).default([]),
});
const drainShape = z.strictObject({
  cluster: clusterName,
  containerInstances: z.array(z.string()).min(1).max(10),
  status: z.enum(['ACTIVE', 'DRAINING']),
});

/** The operations on the hosts of the EC2 launch type. */
export function instanceOperations(state: EcsState, scheduler: Scheduler): Record<string, Operation> {
  return {
    ListContainerInstances: (input) => listInstances(state, read(listShape, input)),
    DescribeContainerInstances: (input) => describeInstances(state, read(describeShape, input)),
    UpdateContainerInstancesState: (input) => updateState(state, scheduler, read(drainShape, input)),
  };
}

/** How many hosts take part in the cluster: a terminated one no longer does. */
export function countInstances(state: EcsState): number {
  return state.instances.filter((each) => each.status !== 'INACTIVE').length;
}

function viewInstance(state: EcsState, instance: ContainerInstance): Record<string, unknown> {
  const counts = countTasks(state.tasks.filter((task) => task.instanceArn === instance.arn));
  return {
    containerInstanceArn: instance.arn,
    ec2InstanceId: instance.ec2InstanceId,
    ...(instance.capacityProvider !== undefined && { capacityProviderName: instance.capacityProvider }),
    version: instance.version,
    remainingResources: viewResources(remainingOf(state, instance)),
    registeredResources: viewResources(instance.registered),
    status: instance.status,
    agentConnected: instance.status !== 'INACTIVE',
    runningTasksCount: counts.runningCount,
    pendingTasksCount: counts.pendingCount,
    attributes: Object.entries(instance.attributes).map(([name, value]) => ({ name, value })),
    registeredAt: seconds(instance.registeredAt, state.knobs.clockOffsetMs),
    attachments: [],
    tags: [],
  };
}

function viewResources({ cpu, memory }: Resources): readonly unknown[] {
  return [
    { name: 'CPU', type: 'INTEGER', doubleValue: 0, longValue: 0, integerValue: cpu },
    { name: 'MEMORY', type: 'INTEGER', doubleValue: 0, longValue: 0, integerValue: memory },
  ];
}

function listInstances(state: EcsState, input: z.infer<typeof listShape>): Record<string, unknown> {
  state.requireCluster(input.cluster);
  const arns = state.instances
    .filter((each) =>
      input.status === undefined ? each.status !== 'INACTIVE' : each.status === input.status,
    )
    .map((each) => each.arn);
  const { items, ...rest } = page(arns, input.maxResults, input.nextToken);
  return { containerInstanceArns: items, ...rest };
}

interface Found {
  readonly reference: string;
  readonly instance: ContainerInstance | undefined;
}

function findAll(state: EcsState, references: readonly string[]): readonly Found[] {
  return references.map((reference) => ({ reference, instance: state.findInstance(reference) }));
}

function describeInstances(state: EcsState, input: z.infer<typeof describeShape>): Record<string, unknown> {
  checkClusterOf(input.cluster, input.containerInstances);
  state.requireCluster(input.cluster);
  const found = findAll(state, input.containerInstances);
  return {
    containerInstances: found.flatMap(({ instance }) => (instance ? [viewInstance(state, instance)] : [])),
    failures: found.flatMap(({ instance, reference }) => (instance ? [] : [missing(reference)])),
  };
}

function updateState(
  state: EcsState,
  scheduler: Scheduler,
  input: z.infer<typeof drainShape>,
): Record<string, unknown> {
  checkClusterOf(input.cluster, input.containerInstances);
  state.requireCluster(input.cluster);
  const updated: ContainerInstance[] = [];
  const failures: unknown[] = [];
  for (const { instance, reference } of findAll(state, input.containerInstances)) {
    if (!instance) failures.push(missing(reference));
    // "can't be changed to DRAINING until it has reached an ACTIVE status"; the shape of that error is unverified.
    else if (instance.status === 'INACTIVE') failures.push({ arn: instance.arn, reason: 'INACTIVE' });
    else updated.push(changeStatus(state, instance, input.status));
  }
  scheduler.reconcile();
  return { containerInstances: updated.map((each) => viewInstance(state, each)), failures };
}

/** Sets a host's status and tells everybody. */
export function changeStatus(
  state: EcsState,
  instance: ContainerInstance,
  status: ContainerInstance['status'],
): ContainerInstance {
  if (instance.status === status) return instance;
  instance.status = status;
  instance.version += 1;
  state.events.emit('event', {
    at: Date.now(),
    event: 'instance-status',
    instance: instance.ec2InstanceId,
    status,
  });
  return instance;
}

/** An instance is terminated: all that runs on it is gone without a signal (ECS-68). */
export function terminate(state: EcsState, host: ContainerInstance): void {
  for (const task of state.tasks) {
    if (task.instanceArn === host.arn) task.loseHost(`Host EC2 (instance ${host.ec2InstanceId}) terminated.`);
  }
  changeStatus(state, host, 'INACTIVE');
}
