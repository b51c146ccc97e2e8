import type { Deployment, Service } from './service.ts';
import type { EcsState } from './state.ts';
import type { EcsTask } from './task.ts';
import { seconds, tagList } from './task-view.ts';

interface Counts {
  readonly runningCount: number;
  readonly pendingCount: number;
}

/** How many of the tasks run and how many are on their way; stopping ones are neither. */
export function countTasks(tasks: readonly EcsTask[]): Counts {
  const alive = tasks.filter((task) => task.desiredStatus === 'RUNNING');
  const runningCount = alive.filter((task) => task.lastStatus === 'RUNNING').length;
  return { runningCount, pendingCount: alive.length - runningCount };
}

/** A service as DescribeServices gives it. */
export function viewService(state: EcsState, service: Service, withTags: boolean): Record<string, unknown> {
  const tasks = state.tasks.filter((task) => task.seed.serviceName === service.name);
  const primary = service.deployments[0];
  const byEcs = (at: number): number | undefined => seconds(at, state.knobs.clockOffsetMs);
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: state.clusterArn,
    status: 'ACTIVE',
    desiredCount: service.desiredCount,
    ...countTasks(tasks),
    ...placement(service),
    taskDefinition: primary?.definition.arn,
    deploymentConfiguration: service.options,
    schedulingStrategy: service.isDaemon ? 'DAEMON' : 'REPLICA',
    availabilityZoneRebalancing: service.rebalances ? 'ENABLED' : 'DISABLED',
    enableExecuteCommand: service.exec,
    deploymentController: { type: service.controller },
    ...viewDeployments(service, tasks, byEcs),
    events: service.events.map(({ id, at, message }) => ({ id, createdAt: byEcs(at), message })),
    createdAt: byEcs(service.createdAt),
    loadBalancers: service.loadBalancers,
    healthCheckGracePeriodSeconds: service.gracePeriodMs / 1000,
    placementStrategy: service.placementStrategy ?? [],
    placementConstraints: service.placementConstraints,
    propagateTags: service.propagatesTags ? 'SERVICE' : 'NONE',
    tags: withTags ? tagList(service.tags) : [],
  };
}

/** Under another controller the tasks belong to task sets, and there are no deployments to see. */
function viewDeployments(
  service: Service,
  tasks: readonly EcsTask[],
  byEcs: (at: number) => number | undefined,
): Record<string, unknown> {
  const views = service.deployments.map((each) => ({
    ...viewDeployment(service, each, tasks),
    createdAt: byEcs(each.createdAt),
    updatedAt: byEcs(each.updatedAt),
    ...placement(service),
    rolloutState: each.rolloutState,
    rolloutStateReason: each.rolloutReason,
  }));
  if (service.controller === 'ECS') return { deployments: views, taskSets: [] };
  const taskSets = views.map(({ rolloutState, rolloutStateReason, failedTasks, desiredCount, ...rest }) => ({
    ...rest,
    computedDesiredCount: desiredCount,
    stabilityStatus: rolloutState === 'COMPLETED' ? 'STEADY_STATE' : 'STABILIZING',
  }));
  return { deployments: [], taskSets };
}

function placement(service: Service): Record<string, unknown> {
  if (service.capacityProvider === undefined) return { launchType: service.launchType };
  return { capacityProviderStrategy: [{ capacityProvider: service.capacityProvider, weight: 1, base: 0 }] };
}

function viewDeployment(service: Service, deployment: Deployment, tasks: readonly EcsTask[]) {
  const isPrimary = deployment === service.deployments[0];
  return {
    id: deployment.id,
    status: isPrimary ? 'PRIMARY' : 'ACTIVE',
    taskDefinition: deployment.definition.arn,
    // Until its clean-up a blue/green deployment keeps the old tasks.
    desiredCount: isPrimary || service.deployments[0]?.stage !== 'CLEAN_UP' ? service.desiredCount : 0,
    ...countTasks(tasks.filter((task) => task.seed.deploymentId === deployment.id)),
    failedTasks: deployment.failedTasks,
  };
}
