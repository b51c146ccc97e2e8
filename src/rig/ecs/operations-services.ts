import * as z from 'zod';

import { EcsError, invalid } from './errors.ts';
import { missing, page, read, tagRecord, tagsShape, type Operation } from './input.ts';
import { launchTypeOf } from './operations-tasks.ts';
import type { Scheduler } from './scheduler.ts';
import { newDeployment, type Service } from './service.ts';
import { viewService } from './service-view.ts';
import type { EcsState } from './state.ts';

const deploymentConfiguration = z.looseObject({
  minimumHealthyPercent: z.int().min(0).optional(),
  maximumPercent: z.int().min(1).optional(),
});
const createShape = z.strictObject({
  cluster: z.string().optional(),
  serviceName: z.string().min(1),
  taskDefinition: z.string(),
  desiredCount: z.int().min(0).default(1),
  launchType: z.enum(['EC2', 'FARGATE', 'EXTERNAL']).default('EC2'),
  capacityProviderStrategy: z.array(z.looseObject({ capacityProvider: z.string() })).default([]),
  deploymentConfiguration: deploymentConfiguration.optional(),
  schedulingStrategy: z.literal('REPLICA').optional(),
  propagateTags: z.enum(['SERVICE', 'TASK_DEFINITION', 'NONE']).default('NONE'),
  tags: tagsShape.default([]),
  networkConfiguration: z.unknown().optional(),
  platformVersion: z.string().optional(),
  clientToken: z.string().optional(),
  enableECSManagedTags: z.boolean().optional(),
  enableExecuteCommand: z.boolean().optional(),
});
const updateShape = z.strictObject({
  cluster: z.string().optional(),
  service: z.string(),
  desiredCount: z.int().min(0).optional(),
  forceNewDeployment: z.boolean().default(false),
  taskDefinition: z.string().optional(),
  deploymentConfiguration: deploymentConfiguration.optional(),
});
const describeShape = z.strictObject({
  cluster: z.string().optional(),
  services: z.array(z.string()).min(1, 'Services cannot be empty.').max(10),
  include: z.array(z.string()).default([]),
});
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
    DescribeServices: (input) => describeServices(state, read(describeShape, input)),
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
  const capacityProvider = input.capacityProviderStrategy[0]?.capacityProvider;
  const service: Service = {
    name: input.serviceName,
    arn: `${state.prefix()}:service/${state.cluster.name}/${input.serviceName}`,
    launchType: launchTypeOf(capacityProvider, input.launchType),
    capacityProvider,
    createdAt: Date.now(),
    propagatesTags: input.propagateTags === 'SERVICE',
    tags: tagRecord(input.tags),
    desiredCount: input.desiredCount,
    minimumHealthyPercent: input.deploymentConfiguration?.minimumHealthyPercent ?? 100,
    maximumPercent: input.deploymentConfiguration?.maximumPercent ?? 200,
    deployments: [newDeployment(state.requireDefinition(input.taskDefinition))],
    events: [],
    notBefore: 0,
    quickFailures: 0,
  };
  state.services.set(service.name, service);
  scheduler.reconcile();
  return { service: viewService(state, service, true) };
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
  state.requireCluster(input.cluster);
  const service = requireService(state, input.service);
  service.desiredCount = input.desiredCount ?? service.desiredCount;
  service.minimumHealthyPercent =
    input.deploymentConfiguration?.minimumHealthyPercent ?? service.minimumHealthyPercent;
  service.maximumPercent = input.deploymentConfiguration?.maximumPercent ?? service.maximumPercent;
  const current = service.deployments[0]?.definition;
  const definition =
    input.taskDefinition === undefined ? current : state.requireDefinition(input.taskDefinition);
  // A changed desired count alone starts no deployment (ECS-32).
  if (definition && (input.forceNewDeployment || definition !== current))
    startDeployment(service, definition);
  state.events.emit('event', { at: Date.now(), event: 'service-updated', service: service.name });
  scheduler.reconcile();
  return { service: viewService(state, service, true) };
}

function startDeployment(service: Service, definition: Service['deployments'][number]['definition']): void {
  service.deployments = [newDeployment(definition), ...service.deployments];
}

function describeServices(state: EcsState, input: z.infer<typeof describeShape>): Record<string, unknown> {
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
