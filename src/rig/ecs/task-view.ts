import { createHash } from 'node:crypto';

import { dockerIdOf } from './docker.ts';
import type { EcsKnobs } from './knobs.ts';
import type { ContainerMoment, EcsTask } from './task.ts';

/** Everything that a view leaves out when it has no value. */
function compact(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined));
}

/** ECS sends instants as epoch seconds with fractions; `aheadMs` is how far the clock that took them is ahead. */
export function seconds(at: number | undefined, aheadMs: number): number | undefined {
  return at === undefined ? undefined : (at + aheadMs) / 1000;
}

/** How far the clock is ahead that a task's host reports by: an instance's own, on Fargate that of ECS (ECS-47). */
export function hostClockOf(task: EcsTask, knobs: EcsKnobs): number {
  return task.seed.launchType === 'FARGATE' ? knobs.clockOffsetMs : knobs.instanceClockOffsetMs;
}

/** Tags in the shape of the ECS API. */
export function tagList(tags: Readonly<Record<string, string>>): readonly { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

/** A task as DescribeTasks and its kin give it. */
export function viewTask(task: EcsTask, knobs: EcsKnobs, withTags: boolean): Record<string, unknown> {
  const { seed } = task;
  const byEcs = (at: number | undefined): number | undefined => seconds(at, knobs.clockOffsetMs);
  const byHost = (at: number | undefined): number | undefined => seconds(at, hostClockOf(task, knobs));
  return compact({
    taskArn: seed.arn,
    clusterArn: seed.clusterArn,
    taskDefinitionArn: seed.definition.arn,
    containerInstanceArn: task.instanceArn,
    group: seed.group,
    startedBy: seed.startedBy,
    launchType: seed.launchType,
    capacityProviderName: seed.capacityProvider,
    enableExecuteCommand: seed.exec ?? false,
    platformVersion: seed.launchType === 'FARGATE' ? '1.4.0' : undefined,
    availabilityZone: task.availabilityZone,
    connectivity: 'CONNECTED',
    connectivityAt: byEcs(task.createdAt),
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    version: task.version,
    createdAt: byEcs(task.createdAt),
    pullStartedAt: byHost(task.createdAt),
    pullStoppedAt: byHost(task.createdAt),
    startedAt: byEcs(task.startedAt),
    stoppingAt: byEcs(task.stoppingAt),
    executionStoppedAt: byHost(task.executionStoppedAt),
    stoppedAt: byEcs(task.stoppedAt),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    healthStatus: task.health,
    attachments: viewAttachments(task),
    containers: seed.definition.containers.map((each, index) => viewContainer(task, each.name, index, knobs)),
    tags: withTags ? tagList(task.tags) : [],
  });
}

function viewAttachments(task: EcsTask): readonly unknown[] {
  if (task.seed.definition.networkMode !== 'awsvpc') return [];
  return [
    {
      id: task.seed.id,
      type: 'ElasticNetworkInterface',
      status: task.lastStatus === 'STOPPED' ? 'DELETED' : 'ATTACHED',
      details: [
        { name: 'privateDnsName', value: task.privateDnsName },
        { name: 'privateIPv4Address', value: task.privateAddress },
      ],
    },
  ];
}

function viewContainer(task: EcsTask, name: string, index: number, knobs: EcsKnobs): Record<string, unknown> {
  const state = shown(task.history.get(name) ?? [], index, knobs.containerBatchMs)?.state;
  const id = task.containerIds.get(name) ?? '';
  return compact({
    containerArn: `${task.seed.arn.replace(':task/', ':container/')}/${id}`,
    taskArn: task.seed.arn,
    name,
    image: task.container(name)?.image,
    imageDigest: digestOf(task.container(name)?.image ?? '', state?.status ?? 'PENDING'),
    runtimeId: dockerIdOf(task, name),
    lastStatus: state?.status ?? 'PENDING',
    exitCode: knobs.exitCode === 'present' && !task.hostIsGone ? state?.exit?.code : undefined,
    reason: state?.reason,
    healthStatus: state?.health ?? 'UNKNOWN',
    networkInterfaces: viewInterfaces(task),
  });
}

/** The digest of an image's manifest, known once it is pulled. The rig pulls none, so that the digest stands for the name. */
function digestOf(image: string, status: string): string | undefined {
  if (image === '' || status === 'PENDING') return undefined;
  return (
    /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1] ?? `sha256:${createHash('sha256').update(image).digest('hex')}`
  );
}

function viewInterfaces(task: EcsTask): readonly unknown[] {
  if (task.seed.definition.networkMode !== 'awsvpc') return [];
  return [{ attachmentId: task.seed.id, privateIpv4Address: task.privateAddress }];
}

/**
 * What of a container's history may be seen now. With batches, changes show at a batch's end only, and every second
 * container is one batch late, so that the order in which they show is not the order in which they happened.
 */
function shown(
  moments: readonly ContainerMoment[],
  index: number,
  batchMs: number,
): ContainerMoment | undefined {
  if (batchMs === 0) return moments.at(-1);
  const until = Math.floor(Date.now() / batchMs) * batchMs - (index % 2 === 0 ? batchMs : 0);
  // The start is always seen at once: only what a stop brings is batched.
  return moments.findLast(({ at, state }) => at <= until || state.status !== 'STOPPED') ?? moments[0];
}
