import * as z from 'zod';

import { invalid } from './errors.ts';
import { missing, read, tagsShape, type Operation } from './input.ts';
import { countInstances } from './operations-instances.ts';
import { countTasks } from './service-view.ts';
import type { EcsState } from './state.ts';
import { addTags } from './tags.ts';
import { tagList } from './task-view.ts';

const clustersShape = z.strictObject({
  clusters: z.array(z.string()).max(100).default([]),
  include: z.array(z.string()).default([]),
});
const listShape = z.strictObject({
  maxResults: z.int().min(1).max(100).optional(),
  nextToken: z.string().optional(),
});
const registerShape = z.looseObject({ family: z.string() });
const definitionShape = z.strictObject({
  taskDefinition: z.string(),
  include: z.array(z.string()).default([]),
});
const providersShape = z.strictObject({
  capacityProviders: z.array(z.string()).max(100).default([]),
  cluster: z.string().optional(),
  include: z.array(z.string()).default([]),
});
const tagShape = z.strictObject({ resourceArn: z.string(), tags: tagsShape.min(1) });
const untagShape = z.strictObject({ resourceArn: z.string(), tagKeys: z.array(z.string()).min(1) });
const tagsOfShape = z.strictObject({ resourceArn: z.string() });

/** The operations on the cluster itself, its definitions and tags. */
export function clusterOperations(state: EcsState): Record<string, Operation> {
  return {
    ListClusters: (input) => {
      read(listShape, input);
      return { clusterArns: [state.clusterArn] };
    },
    DescribeClusters: (input) => describeClusters(state, read(clustersShape, input)),
    RegisterTaskDefinition: (input) => ({
      taskDefinition: state.register(read(registerShape, input)).document,
    }),
    DescribeTaskDefinition: (input) => ({
      taskDefinition: state.requireDefinition(read(definitionShape, input).taskDefinition).document,
    }),
    DescribeCapacityProviders: (input) => describeProviders(state, read(providersShape, input)),
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
    registeredContainerInstancesCount: countInstances(state),
    tags: input.include.includes('TAGS') ? tagList(state.clusterTags) : [],
  };
  return {
    clusters: asked.some((each) => own.includes(each)) ? [cluster] : [],
    failures: asked
      .filter((each) => !own.includes(each))
      .map((each) => missing(each.startsWith('arn:') ? each : `${state.prefix()}:cluster/${each}`)),
  };
}

/**
 * Fargate's own providers, which have no group behind them, and those that services name, which scale no hosts here. One of
 * Managed Instances belongs to its cluster, and is not found where the request names none (ECS-97).
 */
function describeProviders(state: EcsState, input: z.infer<typeof providersShape>): Record<string, unknown> {
  if (input.cluster !== undefined) state.requireCluster(input.cluster);
  const fargate = ['FARGATE', 'FARGATE_SPOT'];
  const ofServices = [...state.services.values()].flatMap((service) => service.capacityProvider ?? []);
  const ofHosts = state.instances.flatMap((host) => (host.managed ? (host.capacityProvider ?? []) : []));
  const known = [...new Set([...fargate, ...ofServices, ...ofHosts])].filter(
    (name) => input.cluster !== undefined || !state.isManagedProvider(name),
  );
  const asked = input.capacityProviders.length > 0 ? input.capacityProviders : known;
  return {
    capacityProviders: asked
      .filter((name) => known.includes(name))
      .map((name) => ({
        capacityProviderArn: `${state.prefix()}:capacity-provider/${name}`,
        name,
        status: 'ACTIVE',
        ...(fargate.includes(name) ? {} : viewProvider(state, name)),
      })),
    failures: asked
      .filter((name) => !known.includes(name))
      .map((name) => missing(`${state.prefix()}:capacity-provider/${name}`)),
  };
}

/** What stands behind a provider that is not Fargate's. */
function viewProvider(state: EcsState, name: string): Record<string, unknown> {
  if (state.isManagedProvider(name)) {
    return {
      type: 'MANAGED_INSTANCES',
      cluster: state.cluster.name,
      managedInstancesProvider: { propagateTags: 'NONE' },
    };
  }
  const autoScalingGroupProvider = {
    managedScaling: { status: 'DISABLED' },
    managedTerminationProtection: 'DISABLED',
    managedDraining: 'ENABLED',
  };
  return { autoScalingGroupProvider };
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
  resource.tags = addTags(resource.tags, input.tags);
  return {};
}

function untag(state: EcsState, input: z.infer<typeof untagShape>): Record<string, unknown> {
  const resource = tagged(state, input.resourceArn);
  resource.tags = Object.fromEntries(
    Object.entries(resource.tags).filter(([key]) => !input.tagKeys.includes(key)),
  );
  return {};
}
