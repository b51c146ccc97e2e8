import { Hono } from 'hono';

import { serveOnLoopback, type Listening } from '../listen.ts';
import { serveAgentApi, type Perform } from './agent-api.ts';
import type { ContainerDefinition } from './container-definition.ts';
import { dockerIdOf, dockerNameOf } from './docker.ts';
import type { EcsState } from './state.ts';
import type { EcsTask } from './task.ts';
import { hostClockOf } from './task-view.ts';

/** Where a container finds what its host's ECS agent serves to it. */
export interface ContainerUris {
  readonly metadata: string;
  readonly agent: string;
}

/**
 * What the ECS agent serves to a container: the task metadata endpoint, version 4, from which a real Buildkite agent takes
 * its `ecs:*` tags (ECS-40), and the one for the task's protection (ECS-102).
 */
export async function startMetadata(
  state: EcsState,
  perform: Perform,
): Promise<Listening & { uris(containerId: string): ContainerUris }> {
  const app = new Hono();
  app.get('/v4/:id', (context) => {
    const found = findContainer(state, context.req.param('id'));
    return found ? context.json(viewContainer(state, found.task, found.name)) : context.notFound();
  });
  app.get('/v4/:id/task', (context) => {
    const found = findContainer(state, context.req.param('id'));
    return found ? context.json(viewTask(state, found.task)) : context.notFound();
  });
  serveAgentApi(app, (id) => findContainer(state, id)?.task, perform);
  const listening = await serveOnLoopback(app.fetch);
  const { url } = listening;
  return { ...listening, uris: (id) => ({ metadata: `${url}/v4/${id}`, agent: `${url}/api/${id}` }) };
}

function findContainer(state: EcsState, id: string): { task: EcsTask; name: string } | undefined {
  for (const task of state.tasks) {
    for (const [name, containerId] of task.containerIds) if (containerId === id) return { task, name };
  }
  return undefined;
}

/** When a task was made, by the clock of its host. */
function createdAt({ knobs }: EcsState, task: EcsTask): string {
  return new Date(task.createdAt + hostClockOf(task, knobs)).toISOString();
}

function viewContainer(cluster: EcsState, task: EcsTask, name: string): Record<string, unknown> {
  const { family, revision } = task.seed.definition;
  const id = task.containerIds.get(name) ?? '';
  const state = task.worker?.containers.find((each) => each.plan.name === name);
  return {
    DockerId: dockerIdOf(task, name),
    Name: name,
    DockerName: dockerNameOf(task, name),
    Image: task.container(name)?.image ?? '',
    Labels: {
      'com.amazonaws.ecs.cluster': task.seed.clusterArn,
      'com.amazonaws.ecs.container-name': name,
      'com.amazonaws.ecs.task-arn': task.seed.arn,
      'com.amazonaws.ecs.task-definition-family': family,
      'com.amazonaws.ecs.task-definition-version': String(revision),
    },
    DesiredStatus: task.desiredStatus,
    KnownStatus: state?.status ?? 'PENDING',
    Limits: containerLimits(task, task.container(name)),
    CreatedAt: createdAt(cluster, task),
    StartedAt: createdAt(cluster, task),
    Type: 'NORMAL',
    ...(state?.plan.restartPolicy && { RestartCount: state.restarts }),
    ...(state?.plan.healthCheck && { Health: { status: state.health } }),
    ContainerARN: `${task.seed.arn.replace(':task/', ':container/')}/${id}`,
    Networks: [{ NetworkMode: task.seed.definition.networkMode, IPv4Addresses: [task.privateAddress] }],
  };
}

interface Limits {
  readonly CPU?: number;
  readonly Memory?: number;
}

/** The least CPU shares that Docker gives: what Fargate shows where the definition names none. */
const leastShares = 2;

/** What the definition names for a container; the ECS agent shows what it does not name as 0, Fargate leaves it out (ECS-49). */
function containerLimits(task: EcsTask, container: ContainerDefinition | undefined): Limits {
  const cpu = container?.cpu ?? 0;
  const memory = container?.memoryLimit;
  if (task.seed.launchType !== 'FARGATE') return { CPU: cpu, Memory: memory ?? 0 };
  return { CPU: Math.max(cpu, leastShares), ...(memory !== undefined && { Memory: memory }) };
}

/** What the definition names for the whole task, in vCPUs and MiB; nothing where it names nothing (ECS-49). */
function taskLimits(task: EcsTask): { readonly Limits?: Limits } {
  const { cpuLimit, memoryLimit } = task.seed.definition;
  if (cpuLimit === undefined && memoryLimit === undefined) return {};
  return {
    Limits: {
      ...(cpuLimit !== undefined && { CPU: cpuLimit / 1024 }),
      ...(memoryLimit !== undefined && { Memory: memoryLimit }),
    },
  };
}

function viewTask(state: EcsState, task: EcsTask): Record<string, unknown> {
  return {
    Cluster: task.seed.clusterArn,
    TaskARN: task.seed.arn,
    Family: task.seed.definition.family,
    Revision: String(task.seed.definition.revision),
    DesiredStatus: task.desiredStatus,
    KnownStatus: task.lastStatus,
    ...taskLimits(task),
    PullStartedAt: createdAt(state, task),
    PullStoppedAt: createdAt(state, task),
    AvailabilityZone: task.availabilityZone,
    LaunchType: task.seed.launchType,
    Containers: [...task.containerIds.keys()].map((name) => viewContainer(state, task, name)),
  };
}
