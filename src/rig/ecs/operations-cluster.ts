import * as z from 'zod';

import { invalid } from './errors.ts';
import { missing, page, read, tagRecord, tagsShape, type Operation } from './input.ts';
import type { Scheduler } from './scheduler.ts';
import { countTasks } from './service-view.ts';
import type { ContainerInstance, EcsState } from './state.ts';
import { tagList } from './task-view.ts';

const clusterName = z.string().optional();
const clustersShape = z.strictObject({
  clusters: z.array(z.string()).max(100).default([]),
  include: z.array(z.string()).default([]),
});
const registerShape = z.looseObject({ family: z.string() });
const definitionShape = z.strictObject({
  taskDefinition: z.string(),
  include: z.array(z.string()).default([]),
});
const listInstancesShape = z.strictObject({
  cluster: clusterName,
  status: z.string().optional(),
  maxResults: z.int().min(1).max(100).optional(),
  nextToken: z.string().optional(),
});
const instancesShape = z.strictObject({
  cluster: clusterName,
  containerInstances: z.array(z.string()).min(1).max(100),
  include: z.array(z.string()).default([]),
});
const drainShape = z.strictObject({
  cluster: clusterName,
  containerInstances: z.array(z.string()).min(1).max(10),
  status: z.enum(['ACTIVE', 'DRAINING']),
});
const protectShape = z.strictObject({
  cluster: z.string(),
  tasks: z.array(z.string()).min(1).max(10),
  protectionEnabled: z.boolean(),
  expiresInMinutes: z.int().min(1).max(2880).default(120),
});
const protectionShape = z.strictObject({
  cluster: z.string(),
  tasks: z.array(z.string()).max(100).optional(),
});
const tagShape = z.strictObject({ resourceArn: z.string(), tags: tagsShape });
const untagShape = z.strictObject({ resourceArn: z.string(), tagKeys: z.array(z.string()) });
const tagsOfShape = z.strictObject({ resourceArn: z.string() });

/** The operations on the cluster itself, its definitions, hosts, protection and tags. */
export function clusterOperations(state: EcsState, scheduler: Scheduler): Record<string, Operation> {
  return {
    DescribeClusters: (input) => describeClusters(state, read(clustersShape, input)),
    RegisterTaskDefinition: (input) => ({
      taskDefinition: state.register(read(registerShape, input)).document,
    }),
    DescribeTaskDefinition: (input) => ({
      taskDefinition: state.requireDefinition(read(definitionShape, input).taskDefinition).document,
    }),
    ListContainerInstances: (input) => listInstances(state, read(listInstancesShape, input)),
    DescribeContainerInstances: (input) => describeInstances(state, read(instancesShape, input)),
    UpdateContainerInstancesState: (input) => drain(state, scheduler, read(drainShape, input)),
    UpdateTaskProtection: (input) => protect(state, scheduler, read(protectShape, input)),
    GetTaskProtection: (input) => protection(state, read(protectionShape, input)),
    TagResource: (input) => tag(state, read(tagShape, input)),
    UntagResource: (input) => untag(state, read(untagShape, input)),
    ListTagsForResource: (input) => ({
      tags: tagList(tagged(state, read(tagsOfShape, input).resourceArn).tags),
    }),
  };
}

function describeClusters(state: EcsState, input: z.infer<typeof clustersShape>): Record<string, unknown> {
  const asked = input.clusters.length > 0 ? input.clusters : ['default'];
  const own = [state.cluster.name, state.clusterArn];
  const counts = countTasks(state.tasks);
  const cluster = {
    clusterArn: state.clusterArn,
    clusterName: state.cluster.name,
    status: 'ACTIVE',
    runningTasksCount: counts.runningCount,
    pendingTasksCount: counts.pendingCount,
    activeServicesCount: state.services.size,
    registeredContainerInstancesCount: state.instances.length,
    tags: input.include.includes('TAGS') ? tagList(state.clusterTags) : [],
  };
  return {
    clusters: asked.some((each) => own.includes(each)) ? [cluster] : [],
    failures: asked
      .filter((each) => !own.includes(each))
      .map((each) => missing(each.startsWith('arn:') ? each : `${state.prefix()}:cluster/${each}`)),
  };
}

function viewInstance(state: EcsState, instance: ContainerInstance): Record<string, unknown> {
  const tasks = state.tasks.filter((task) => task.seed.containerInstanceArn === instance.arn);
  const counts = countTasks(tasks);
  return {
    containerInstanceArn: instance.arn,
    ec2InstanceId: instance.ec2InstanceId,
    status: instance.status,
    agentConnected: true,
    runningTasksCount: counts.runningCount,
    pendingTasksCount: counts.pendingCount,
    version: 1,
  };
}

function findInstance(state: EcsState, reference: string): ContainerInstance | undefined {
  return state.instances.find((each) => each.arn === reference || each.arn.endsWith(`/${reference}`));
}

function listInstances(state: EcsState, input: z.infer<typeof listInstancesShape>): Record<string, unknown> {
  state.requireCluster(input.cluster);
  const arns = state.instances
    .filter((each) => input.status === undefined || each.status === input.status)
    .map((each) => each.arn);
  const { items, ...rest } = page(arns, input.maxResults, input.nextToken);
  return { containerInstanceArns: items, ...rest };
}

interface Found {
  readonly reference: string;
  readonly instance: ContainerInstance | undefined;
}

function answerInstances(state: EcsState, found: readonly Found[]): Record<string, unknown> {
  return {
    containerInstances: found.flatMap(({ instance }) => (instance ? [viewInstance(state, instance)] : [])),
    failures: found.flatMap(({ instance, reference }) => (instance ? [] : [missing(reference)])),
  };
}

function findInstances(state: EcsState, references: readonly string[]): readonly Found[] {
  return references.map((reference) => ({ reference, instance: findInstance(state, reference) }));
}

function describeInstances(state: EcsState, input: z.infer<typeof instancesShape>): Record<string, unknown> {
  state.requireCluster(input.cluster);
  return answerInstances(state, findInstances(state, input.containerInstances));
}

function drain(
  state: EcsState,
  scheduler: Scheduler,
  input: z.infer<typeof drainShape>,
): Record<string, unknown> {
  state.requireCluster(input.cluster);
  const found = findInstances(state, input.containerInstances);
  for (const { instance } of found) if (instance) instance.status = input.status;
  scheduler.reconcile();
  return answerInstances(state, found);
}

function protectionView(arn: string, until: number | undefined): Record<string, unknown> {
  const on = until !== undefined && until > Date.now();
  return { taskArn: arn, protectionEnabled: on, ...(on && { expirationDate: until / 1000 }) };
}

/** Sets the protection of tasks; only tasks of a service can have one (ECS-34). */
function protect(
  state: EcsState,
  scheduler: Scheduler,
  input: z.infer<typeof protectShape>,
): Record<string, unknown> {
  state.requireCluster(input.cluster);
  const protectedTasks: unknown[] = [];
  const failures: unknown[] = [];
  for (const reference of input.tasks) {
    const task = state.findTask(reference);
    if (task?.seed.serviceName === undefined || task.desiredStatus === 'STOPPED') {
      failures.push({ arn: reference, reason: task ? 'TASK_NOT_VALID' : 'MISSING' });
      continue;
    }
    task.protectedUntil = input.protectionEnabled ? Date.now() + input.expiresInMinutes * 60_000 : undefined;
    protectedTasks.push(protectionView(task.seed.arn, task.protectedUntil));
  }
  scheduler.reconcile();
  return { protectedTasks, failures };
}

function protection(state: EcsState, input: z.infer<typeof protectionShape>): Record<string, unknown> {
  state.requireCluster(input.cluster);
  const found = (input.tasks ?? []).map((reference) => ({ reference, task: state.findTask(reference) }));
  const valid = found.filter(({ task }) => task?.seed.serviceName !== undefined);
  return {
    protectedTasks: valid.flatMap(({ task }) =>
      task ? [protectionView(task.seed.arn, task.protectedUntil)] : [],
    ),
    failures: found
      .filter((each) => !valid.includes(each))
      .map(({ task, reference }) => ({ arn: reference, reason: task ? 'TASK_NOT_VALID' : 'MISSING' })),
  };
}

interface Tagged {
  tags: Readonly<Record<string, string>>;
}

function tagged(state: EcsState, arn: string): Tagged {
  if (arn === state.clusterArn) {
    return {
      get tags() {
        return state.clusterTags;
      },
      set tags(tags) {
        state.clusterTags = tags;
      },
    };
  }
  const found = state.findService(arn) ?? state.findTask(arn);
  if (!found) throw invalid('The specified resource was not found. Specify a valid ARN and try again.');
  return found;
}

function tag(state: EcsState, input: z.infer<typeof tagShape>): Record<string, unknown> {
  const resource = tagged(state, input.resourceArn);
  resource.tags = { ...resource.tags, ...tagRecord(input.tags) };
  return {};
}

function untag(state: EcsState, input: z.infer<typeof untagShape>): Record<string, unknown> {
  const resource = tagged(state, input.resourceArn);
  resource.tags = Object.fromEntries(
    Object.entries(resource.tags).filter(([key]) => !input.tagKeys.includes(key)),
  );
  return {};
}
