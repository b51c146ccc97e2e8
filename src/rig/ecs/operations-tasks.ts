import * as z from 'zod';

import { checkLaunchType, constraintsShape } from './definition.ts';
import { EcsError, invalid } from './errors.ts';
import { checkClusterOf, checkTasks } from './identifiers.ts';
import { missing, page, read, tagRecord, tagsShape, type Operation } from './input.ts';
import { launchTask } from './launcher.ts';
import { checkConstraints } from './placement.ts';
import { strategiesShape } from './strategies.ts';
import type { EcsState } from './state.ts';
import type { EcsTask } from './task.ts';
import { viewTask } from './task-view.ts';

const describeShape = z.strictObject({
  cluster: z.string().optional(),
  tasks: z.array(z.string()).min(1, 'Tasks cannot be empty.').max(100),
  include: z.array(z.string()).default([]),
});
const listShape = z.strictObject({
  cluster: z.string().optional(),
  serviceName: z.string().optional(),
  family: z.string().optional(),
  containerInstance: z.string().optional(),
  launchType: z.string().optional(),
  startedBy: z.string().optional(),
  desiredStatus: z.enum(['RUNNING', 'PENDING', 'STOPPED']).optional(),
  maxResults: z.int().min(1).max(100).optional(),
  nextToken: z.string().optional(),
});
const stopShape = z.strictObject({
  cluster: z.string().optional(),
  task: z.string(),
  reason: z.string().optional(),
});
const runShape = z.strictObject({
  cluster: z.string().optional(),
  taskDefinition: z.string(),
  count: z.int().min(1).max(10).default(1),
  launchType: z.enum(['EC2', 'FARGATE', 'EXTERNAL']).default('EC2'),
  capacityProviderStrategy: z.array(z.looseObject({ capacityProvider: z.string() })).default([]),
  group: z.string().optional(),
  placementStrategy: strategiesShape.optional(),
  placementConstraints: constraintsShape.default([]),
  startedBy: z.string().optional(),
  tags: tagsShape.default([]),
  networkConfiguration: z.unknown().optional(),
  platformVersion: z.string().optional(),
  clientToken: z.string().optional(),
  enableECSManagedTags: z.boolean().optional(),
});

/** Which kind of host a capacity provider stands for. */
export function launchTypeOf(
  state: EcsState,
  capacityProvider: string | undefined,
  launchType: string,
): string {
  if (capacityProvider === undefined) return launchType;
  if (state.isManagedProvider(capacityProvider)) return 'MANAGED_INSTANCES';
  return capacityProvider.startsWith('FARGATE') ? 'FARGATE' : 'EC2';
}

/** The operations on tasks. */
export function taskOperations(state: EcsState): Record<string, Operation> {
  return {
    DescribeTasks: (input) => describeTasks(state, read(describeShape, input)),
    ListTasks: (input) => listTasks(state, read(listShape, input)),
    StopTask: (input) => stopTask(state, read(stopShape, input)),
    RunTask: (input) => runTask(state, read(runShape, input)),
  };
}

function describeTasks(state: EcsState, input: z.infer<typeof describeShape>): Record<string, unknown> {
  checkTasks(input.cluster, input.tasks);
  state.requireCluster(input.cluster);
  const withTags = input.include.includes('TAGS');
  const old = state.readReplica();
  const found = input.tasks.map((reference) => {
    const task = state.findTask(reference);
    if (!task) return { reference, answer: undefined };
    const answer = old ? asOf(old, task, withTags) : staleOrNow(state, task, withTags);
    return { reference, answer };
  });
  return {
    tasks: found.flatMap(({ answer }) => (answer === undefined ? [] : [answer])),
    failures: found.flatMap(({ answer, reference }) => (answer === undefined ? [missing(reference)] : [])),
  };
}

/** A task as the replica has it, which may not know it yet (ECS-73). */
function asOf(old: ReadonlyMap<string, Record<string, unknown>>, task: EcsTask, withTags: boolean): unknown {
  const answer = old.get(task.seed.arn);
  return answer && { ...answer, tags: withTags ? answer['tags'] : [] };
}

function staleOrNow(state: EcsState, task: EcsTask, withTags: boolean): unknown {
  if (task.stale === undefined || task.stale.left <= 0) return viewTask(task, state.knobs, withTags);
  task.stale.left -= 1;
  return task.stale.answer;
}

function listTasks(state: EcsState, input: z.infer<typeof listShape>): Record<string, unknown> {
  checkClusterOf(input.cluster, [input.serviceName ?? '', input.containerInstance ?? '']);
  state.requireCluster(input.cluster);
  // ECS never sets the desired status to PENDING, and without a filter lists what is to run (ECS-15).
  const desired = input.desiredStatus ?? 'RUNNING';
  const service = input.serviceName === undefined ? undefined : state.findService(input.serviceName);
  if (input.serviceName !== undefined && !service)
    throw new EcsError('ServiceNotFoundException', 'Service not found.');
  const arns = state.tasks
    .filter((task) => task.desiredStatus === desired)
    .filter((task) => !service || task.seed.serviceName === service.name)
    .filter((task) => input.family === undefined || task.seed.definition.family === input.family)
    .filter((task) => input.startedBy === undefined || task.seed.startedBy === input.startedBy)
    .filter((task) => input.launchType === undefined || task.seed.launchType === input.launchType)
    .filter((task) => onInstance(task, input.containerInstance))
    .map((task) => task.seed.arn);
  const { items, ...rest } = page(arns, input.maxResults, input.nextToken);
  return { taskArns: items, ...rest };
}

function onInstance(task: EcsTask, reference: string | undefined): boolean {
  if (reference === undefined) return true;
  const arn = task.instanceArn;
  return arn !== undefined && (arn === reference || arn.endsWith(`/${reference}`));
}

function stopTask(state: EcsState, input: z.infer<typeof stopShape>): Record<string, unknown> {
  checkTasks(input.cluster, [input.task]);
  state.requireCluster(input.cluster);
  const task = state.findTask(input.task);
  if (!task) throw invalid('The referenced task was not found.');
  if (state.knobs.stopTask === 'ignored') return { task: viewTask(task, state.knobs, false) };
  if (task.isProtected && state.knobs.stopProtected === 'refused')
    throw invalid('The referenced task is protected.');
  const again = task.desiredStatus === 'STOPPED';
  if (again && state.knobs.secondStopTask === 'refused')
    throw invalid('The referenced task is already stopping.');
  const reason = input.reason ?? 'Task stopped by user';
  if (again && state.knobs.secondStopTask === 'overwrites') task.stoppedReason = reason;
  if (!again) {
    task.stale = { answer: viewTask(task, state.knobs, true), left: state.knobs.staleDescribe };
    task.stop('UserInitiated', reason, 'StopTask');
  }
  state.events.emit('event', { at: Date.now(), event: 'stop-task-landed', taskArn: task.seed.arn, again });
  return { task: viewTask(task, state.knobs, false) };
}

function runTask(state: EcsState, input: z.infer<typeof runShape>): Record<string, unknown> {
  state.requireCluster(input.cluster);
  const definition = state.requireDefinition(input.taskDefinition);
  const capacityProvider = input.capacityProviderStrategy[0]?.capacityProvider;
  const launchType = launchTypeOf(state, capacityProvider, input.launchType);
  checkLaunchType(definition, launchType);
  checkConstraints([...definition.constraints, ...input.placementConstraints]);
  if (launchType !== 'FARGATE' && !state.hosts.some((each) => each.status === 'ACTIVE'))
    throw invalid('No Container Instances were found in your cluster.');
  const { group, startedBy, placementStrategy, placementConstraints } = input;
  const tags = tagRecord(input.tags);
  const order = { definition, launchType, capacityProvider, group, startedBy, tags };
  const launched = Array.from({ length: input.count }, () =>
    launchTask(state, { ...order, placementStrategy, placementConstraints }),
  );
  return {
    tasks: launched.flatMap(({ task }) => (task ? [viewTask(task, state.knobs, true)] : [])),
    failures: launched.flatMap((each) => (each.task ? [] : each.failures)),
  };
}
