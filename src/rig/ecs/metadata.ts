import { Hono } from 'hono';

import { serveOnLoopback, type Listening } from '../listen.ts';
import type { EcsState } from './state.ts';
import type { EcsTask } from './task.ts';
import { hostClockOf } from './task-view.ts';

/** The task metadata endpoint, version 4, from which a real agent takes its `ecs:*` tags (ECS-40). */
export async function startMetadata(
  state: EcsState,
): Promise<Listening & { uri(containerId: string): string }> {
  const app = new Hono();
  app.get('/v4/:id', (context) => {
    const found = findContainer(state, context.req.param('id'));
    return found ? context.json(viewContainer(state, found.task, found.name)) : context.notFound();
  });
  app.get('/v4/:id/task', (context) => {
    const found = findContainer(state, context.req.param('id'));
    return found ? context.json(viewTask(state, found.task)) : context.notFound();
  });
  const listening = await serveOnLoopback(app.fetch);
  return { ...listening, uri: (containerId) => `${listening.url}/v4/${containerId}` };
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
    DockerId: id,
    Name: name,
    DockerName: `ecs-${family}-${revision}-${name}-${id.slice(0, 20)}`,
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
    Limits: { CPU: 256, Memory: 512 },
    CreatedAt: createdAt(cluster, task),
    StartedAt: createdAt(cluster, task),
    Type: 'NORMAL',
    ...(state?.plan.restartPolicy && { RestartCount: state.restarts }),
    ...(state?.plan.healthCheck && { Health: { status: state.health } }),
    ContainerARN: `${task.seed.arn.replace(':task/', ':container/')}/${id}`,
    Networks: [{ NetworkMode: task.seed.definition.networkMode, IPv4Addresses: [task.privateAddress] }],
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
    Limits: { CPU: 0.25, Memory: 512 },
    PullStartedAt: createdAt(state, task),
    PullStoppedAt: createdAt(state, task),
    AvailabilityZone: task.availabilityZone,
    LaunchType: task.seed.launchType,
    Containers: [...task.containerIds.keys()].map((name) => viewContainer(state, task, name)),
  };
}
