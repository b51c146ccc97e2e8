import * as z from 'zod';

import { checkLaunchType, constraintsShape, type TaskDefinition } from './definition.ts';
import { defaultOptions, deploymentShape, mergeOptions } from './deployment-options.ts';
import { listServiceDeployments } from './deployment-history.ts';
import { EcsError, invalid } from './errors.ts';
import { checkClusterOf } from './identifiers.ts';
import { missing, page, read, tagRecord, tagsShape, type Operation } from './input.ts';
import { launchTypeOf } from './operations-tasks.ts';
import { checkConstraints } from './placement.ts';
import { strategiesShape } from './strategies.ts';
import type { Scheduler } from './scheduler.ts';
import { newDeployment, startDeployment, type Service, type ServiceOrder } from './service.ts';
import { viewService } from './service-view.ts';
import type { EcsState } from './state.ts';

const rebalancing = z.enum(['ENABLED', 'DISABLED']);
const createShape = z.strictObject({
  cluster: z.string().optional(),
  serviceName: z.string().min(1),
  taskDefinition: z.string(),
  desiredCount: z.int().min(0).optional(),
  launchType: z.enum(['EC2', 'FARGATE', 'EXTERNAL']).default('EC2'),
  capacityProviderStrategy: z.array(z.looseObject({ capacityProvider: z.string() })).default([]),
  deploymentConfiguration: deploymentShape.optional(),
  deploymentController: z
    .strictObject({ type: z.enum(['ECS', 'CODE_DEPLOY', 'EXTERNAL']) })
    .default({ type: 'ECS' }),
  schedulingStrategy: z.enum(['REPLICA', 'DAEMON']).default('REPLICA'),
  availabilityZoneRebalancing: rebalancing.default('DISABLED'),
  placementStrategy: strategiesShape.optional(),
  placementConstraints: constraintsShape.default([]),
  loadBalancers: z.array(z.looseObject({ containerName: z.string() })).default([]),
  healthCheckGracePeriodSeconds: z.int().min(0).default(0),
  propagateTags: z.enum(['SERVICE', 'TASK_DEFINITION', 'NONE']).default('NONE'),
  tags: tagsShape.default([]),
  networkConfiguration: z.unknown().optional(),
  platformVersion: z.string().optional(),
  clientToken: z.string().optional(),
  enableECSManagedTags: z.boolean().optional(),
  enableExecuteCommand: z.boolean().default(false),
});
const updateShape = z.strictObject({
  cluster: z.string().optional(),
  service: z.string(),
  desiredCount: z.int().min(0).optional(),
  forceNewDeployment: z.boolean().default(false),
  taskDefinition: z.string().optional(),
  deploymentConfiguration: deploymentShape.optional(),
  availabilityZoneRebalancing: rebalancing.optional(),
  enableExecuteCommand: z.boolean().optional(),
});
const describeShape = z.strictObject({
  cluster: z.string().optional(),
  services: z.array(z.string()).min(1, 'Services cannot be empty.').max(10),
  include: z.array(z.string()).default([]),
});
const deleteShape = z.strictObject({ cluster: z.string().optional(), service: z.string() });
const listShape = z.strictObject({
  cluster: z.string().optional(),
  launchType: z.string().optional(),
  schedulingStrategy: z.string().optional(),
  maxResults: z.int().min(1).max(100).optional(),
  nextToken: z.string().optional(),
});

/** The operations on services. */
export function serviceOperations(state: EcsState, scheduler: Scheduler): Record<string, Operation> {
  return {
    CreateService: (input) => createService(state, scheduler, read(createShape, input)),
    UpdateService: (input) => updateService(state, scheduler, read(updateShape, input)),
    DeleteService: (input) => deleteService(state, read(deleteShape, input)),
    DescribeServices: (input) => describeServices(state, read(describeShape, input)),
    ListServiceDeployments: (input) => listServiceDeployments(state, input),
    ListServices: (input) => listServices(state, read(listShape, input)),
  };
}

function createService(
  state: EcsState,
  scheduler: Scheduler,
  input: z.infer<typeof createShape>,
): Record<string, unknown> {
  state.requireCluster(input.cluster);
  if (state.services.has(input.serviceName)) throw invalid('Creation of service was not idempotent.');
  const definition = state.requireDefinition(input.taskDefinition);
  const isDaemon = input.schedulingStrategy === 'DAEMON';
  if (isDaemon) checkDaemon(input);
  const deployment = newDeployment(definition);
  const service: Service = {
    ...orderOf(state, input, definition),
    createdAt: Date.now(),
    tags: tagRecord(input.tags),
    desiredCount: input.desiredCount ?? 1,
    options: mergeOptions(defaultOptions(isDaemon), input.deploymentConfiguration),
    rebalances: input.availabilityZoneRebalancing === 'ENABLED',
    isRebalancing: false,
    exec: input.enableExecuteCommand,
    deployments: [deployment],
    history: [deployment],
    events: [],
    notBefore: 0,
    quickFailures: 0,
    isSteady: false,
    lacksRoom: false,
  };
  state.services.set(service.name, service);
  scheduler.reconcile();
  return { service: viewService(state, service, true) };
}

const noCountOfDaemon =
  'The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again.';

/** A DAEMON runs one task on each host, so it has no count and no choice of hosts, and Fargate has no hosts (ECS-95). */
function checkDaemon(input: z.infer<typeof createShape>): void {
  if (input.desiredCount !== undefined) throw invalid(noCountOfDaemon);
  if (input.placementStrategy !== undefined)
    throw invalid('The daemon scheduling strategy does not support placement strategies.');
  if (input.launchType === 'FARGATE' || input.capacityProviderStrategy.length > 0)
    throw invalid('The rig runs daemons on the EC2 launch type only; Fargate does not support them.');
  if (input.availabilityZoneRebalancing === 'ENABLED')
    throw invalid('Availability Zone rebalancing is not supported with the daemon scheduling strategy.');
}

function orderOf(
  state: EcsState,
  input: z.infer<typeof createShape>,
  definition: TaskDefinition,
): ServiceOrder {
  const capacityProvider = input.capacityProviderStrategy[0]?.capacityProvider;
  const launchType = launchTypeOf(state, capacityProvider, input.launchType);
  checkLaunchType(definition, launchType);
  checkConstraints([...definition.constraints, ...input.placementConstraints]);
  const stranger = input.loadBalancers.find(
    ({ containerName }) => !definition.containers.some((each) => each.name === containerName),
  );
  if (stranger)
    throw invalid(`The container ${stranger.containerName} does not exist in the task definition.`);
  return {
    name: input.serviceName,
    arn: `${state.prefix()}:service/${state.cluster.name}/${input.serviceName}`,
    launchType,
    capacityProvider,
    controller: input.deploymentController.type,
    propagatesTags: input.propagateTags === 'SERVICE',
    isDaemon: input.schedulingStrategy === 'DAEMON',
    placementStrategy: input.placementStrategy,
    placementConstraints: input.placementConstraints,
    loadBalancers: input.loadBalancers,
    gracePeriodMs: input.healthCheckGracePeriodSeconds * 1000,
  };
}

function requireService(state: EcsState, reference: string): Service {
  const service = state.findService(reference);
  if (!service) throw new EcsError('ServiceNotFoundException', 'Service not found.');
  return service;
}

function updateService(
  state: EcsState,
  scheduler: Scheduler,
  input: z.infer<typeof updateShape>,
): Record<string, unknown> {
  checkClusterOf(input.cluster, [input.service]);
  state.requireCluster(input.cluster);
  const service = requireService(state, input.service);
  const current = service.deployments[0]?.definition;
  const definition =
    input.taskDefinition === undefined ? current : state.requireDefinition(input.taskDefinition);
  checkController(service, input.forceNewDeployment, definition !== current);
  if (definition) checkLaunchType(definition, service.launchType);
  if (service.isDaemon && input.desiredCount !== undefined) throw invalid(noCountOfDaemon);
  service.options = mergeOptions(service.options, input.deploymentConfiguration);
  service.desiredCount = input.desiredCount ?? service.desiredCount;
  service.exec = input.enableExecuteCommand ?? service.exec;
  if (input.availabilityZoneRebalancing !== undefined)
    service.rebalances = input.availabilityZoneRebalancing === 'ENABLED';
  // A changed desired count alone starts no deployment (ECS-32).
  const isNew = input.forceNewDeployment || definition !== current;
  const deployment = definition && isNew ? startDeployment(service, definition).id : undefined;
  const { name, desiredCount } = service;
  const details = { service: name, desiredCount, ...(deployment !== undefined && { deployment }) };
  state.events.emit('event', { at: Date.now(), event: 'service-updated', ...details });
  scheduler.reconcile();
  return { service: viewService(state, service, true) };
}

/** A service is scaled to 0 before it is deleted (ECS-99). */
function deleteService(state: EcsState, input: z.infer<typeof deleteShape>): Record<string, unknown> {
  checkClusterOf(input.cluster, [input.service]);
  state.requireCluster(input.cluster);
  const service = requireService(state, input.service);
  if (service.desiredCount > 0) throw invalid('The service cannot be stopped while it is scaled above 0.');
  state.services.delete(service.name);
  return { service: { ...viewService(state, service, true), status: 'INACTIVE' } };
}

/** What another controller rolls, UpdateService cannot (ECS-39). */
function checkController({ controller }: Service, isForced: boolean, isOther: boolean): void {
  if (controller === 'ECS' || !(isForced || isOther)) return;
  const what = isForced ? 'force a new deployment' : 'update task definition';
  const how =
    controller === 'CODE_DEPLOY' ? ' Use AWS CodeDeploy to trigger a new deployment.' : ' Use task sets.';
  throw invalid(`Unable to ${what} on services with a ${controller} deployment controller.${how}`);
}

function describeServices(state: EcsState, input: z.infer<typeof describeShape>): Record<string, unknown> {
  checkClusterOf(input.cluster, input.services);
  state.requireCluster(input.cluster);
  const found = input.services.map((reference) => ({ reference, service: state.findService(reference) }));
  const withTags = input.include.includes('TAGS');
  return {
    services: found.flatMap(({ service }) => (service ? [viewService(state, service, withTags)] : [])),
    failures: found.flatMap(({ service, reference }) =>
      service ? [] : [missing(serviceArn(state, reference))],
    ),
  };
}

function serviceArn(state: EcsState, reference: string): string {
  if (reference.startsWith('arn:')) return reference;
  return `${state.prefix()}:service/${state.cluster.name}/${reference}`;
}

function listServices(state: EcsState, input: z.infer<typeof listShape>): Record<string, unknown> {
  state.requireCluster(input.cluster);
  const arns = [...state.services.values()]
    .filter((each) => input.launchType === undefined || each.launchType === input.launchType)
    .map((each) => each.arn);
  const { items, ...rest } = page(arns, input.maxResults, input.nextToken);
  return { serviceArns: items, ...rest };
}
