import type { RecentStops } from '../model/entities/surroundings.ts';
import { listHostNames } from '../model/entities/host.ts';
import { hasTaskEnded } from '../model/entities/task.ts';
import type { Cluster, Instance, Protection, Service, Task, TaskDefinition } from '../model/entities/task.ts';
import { platformOf, readContainer } from '../worker/definition.ts';
import { traitsOf } from './service-traits.ts';
import type {
  ClusterAnswer,
  InstanceAnswer,
  ProtectionAnswer,
  ServiceAnswer,
  TaskAnswer,
  TaskDefinitionAnswer,
} from './answers.ts';

function toEpochMs(when: Date | undefined): number | null {
  return when === undefined ? null : Math.round(when.getTime());
}

function tagsOf(tags: TaskAnswer['tags']): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(({ key, value }) => [key ?? '', value ?? '']));
}

/** A task in our model. */
export function taskOf(task: TaskAnswer): Task {
  return {
    arn: task.taskArn,
    clusterArn: task.clusterArn,
    group: task.group ?? null,
    startedBy: task.startedBy ?? null,
    launchType: task.launchType ?? null,
    capacityProvider: task.capacityProviderName ?? null,
    instanceArn: task.containerInstanceArn ?? null,
    definition: task.taskDefinitionArn,
    version: task.version ?? null,
    status: task.lastStatus,
    desired: task.desiredStatus,
    stopCode: task.stopCode ?? null,
    stoppedReason: task.stoppedReason ?? null,
    createdAt: toEpochMs(task.createdAt),
    startedAt: toEpochMs(task.startedAt),
    stoppingAt: toEpochMs(task.stoppingAt),
    executionStoppedAt: toEpochMs(task.executionStoppedAt),
    stoppedAt: toEpochMs(task.stoppedAt),
    tags: tagsOf(task.tags),
    containers: (task.containers ?? []).map((container) => ({
      name: container.name,
      status: container.lastStatus,
      exitCode: container.exitCode ?? null,
      reason: container.reason ?? null,
      runtimeId: container.runtimeId ?? null,
      ...(container.imageDigest === undefined ? {} : { imageDigest: container.imageDigest }),
    })),
    hostnames: [...new Set([...listInterfaceNames(task), ...listContainerNames(task)])],
  };
}

/** Host names of a task under awsvpc: that of its network interface. The form of the name is not documented. */
function listInterfaceNames(task: TaskAnswer): readonly string[] {
  const details = (task.attachments ?? [])
    .filter(({ type }) => type === 'ElasticNetworkInterface')
    .flatMap((attachment) => attachment.details ?? []);
  return details.flatMap(({ name, value = '' }) => {
    if (name === 'privateDnsName') return listHostNames(value);
    if (name === 'privateIPv4Address' && value !== '') return [`ip-${value.replaceAll('.', '-')}`];
    return [];
  });
}

/** Docker's host name: the first 12 digits of the container's id; Fargate's runtime ids are not Docker's. */
function listContainerNames(task: TaskAnswer): readonly string[] {
  return (task.containers ?? []).flatMap(({ runtimeId = '' }) => {
    const short = /^([0-9a-f]{12})[0-9a-f]*$/.exec(runtimeId)?.[1];
    return short === undefined ? [] : [short];
  });
}

/** A task definition in our model. */
export function definitionOf(definition: TaskDefinitionAnswer): TaskDefinition {
  return {
    arn: definition.taskDefinitionArn,
    family: definition.family,
    containers: definition.containerDefinitions.map(readContainer),
    platform: platformOf(definition),
  };
}

/** A service in our model. */
export function serviceOf(service: ServiceAnswer): Service {
  return {
    arn: service.serviceArn,
    name: service.serviceName,
    status: service.status,
    desired: service.desiredCount,
    running: service.runningCount,
    pending: service.pendingCount,
    deployments: (service.deployments ?? []).map((deployment) => ({
      id: deployment.id,
      status: deployment.status,
      rolloutState: deployment.rolloutState ?? null,
      desired: deployment.desiredCount,
      running: deployment.runningCount,
      pending: deployment.pendingCount,
      createdAt: toEpochMs(deployment.createdAt),
      definition: deployment.taskDefinition ?? null,
    })),
    controller: service.deploymentController?.type ?? 'ECS',
    minimumHealthyPercent: service.deploymentConfiguration?.minimumHealthyPercent ?? null,
    maximumPercent: service.deploymentConfiguration?.maximumPercent ?? null,
    traits: traitsOf(service),
    // The latest of a hundred events show what the scheduler did since the injection.
    events: (service.events ?? []).slice(0, 20).map((event) => ({
      id: event.id ?? '',
      at: toEpochMs(event.createdAt),
      message: event.message ?? '',
    })),
    tags: tagsOf(service.tags),
  };
}

/** A container instance in our model. */
export function instanceOf(instance: InstanceAnswer): Instance {
  return {
    arn: instance.containerInstanceArn,
    ec2Id: instance.ec2InstanceId ?? null,
    status: instance.status,
    running: instance.runningTasksCount ?? 0,
  };
}

/** A task's protection in our model. */
export function protectionOf(protection: ProtectionAnswer): Protection {
  return {
    taskArn: protection.taskArn,
    enabled: protection.protectionEnabled,
    expiresAt: toEpochMs(protection.expirationDate),
  };
}

/** A cluster in our model. */
export function clusterOf(cluster: ClusterAnswer): Cluster {
  return {
    arn: cluster.clusterArn,
    name: cluster.clusterName,
    status: cluster.status,
    tags: tagsOf(cluster.tags),
  };
}

/** What a later injection must know about a stopped task. */
export function stopOf(task: Task): RecentStops['tasks'][number] {
  return {
    arn: task.arn,
    stoppedReason: task.stoppedReason,
    stoppingAt: task.stoppingAt,
    ended: hasTaskEnded(task),
  };
}
