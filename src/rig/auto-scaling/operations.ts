import * as z from 'zod';

import { EcsError } from '../ecs/errors.ts';
import { page, type Operation } from '../ecs/input.ts';
import type { Question } from '../ecs/policy.ts';
import type { ScalableTarget, Scaling, Suspended } from './scaling.ts';

/** The service's name in the header X-Amz-Target. */
export const apiName = 'AnyScaleFrontendService';

const dimension = 'ecs:service:DesiredCount';
const namespace = z.literal('ecs');
const resourceId = z.string().min(1).max(1600);
const oneOrAll = {
  ServiceNamespace: namespace,
  ResourceId: resourceId.optional(),
  ScalableDimension: z.literal(dimension).optional(),
  MaxResults: z.int().min(1).max(50).optional(),
  NextToken: z.string().optional(),
};
const targetsShape = z.strictObject({
  ServiceNamespace: namespace,
  ResourceIds: z.array(resourceId).max(50).optional(),
  ScalableDimension: z.literal(dimension).optional(),
  MaxResults: z.int().min(1).max(50).optional(),
  NextToken: z.string().optional(),
});
const policiesShape = z.strictObject({ ...oneOrAll, PolicyNames: z.array(z.string()).max(50).optional() });
const scheduledShape = z.strictObject({
  ...oneOrAll,
  ScheduledActionNames: z.array(z.string()).max(50).optional(),
});
const activitiesShape = z.strictObject({ ...oneOrAll, IncludeNotScaledActivities: z.boolean().optional() });
const registerShape = z.strictObject({
  ServiceNamespace: namespace,
  ResourceId: resourceId,
  ScalableDimension: z.literal(dimension),
  MinCapacity: z.int().min(0).optional(),
  MaxCapacity: z.int().min(0).optional(),
  RoleARN: z.string().optional(),
  SuspendedState: z
    .strictObject({
      DynamicScalingInSuspended: z.boolean().default(false),
      DynamicScalingOutSuspended: z.boolean().default(false),
      ScheduledScalingSuspended: z.boolean().default(false),
    })
    .optional(),
});

/** The operations of Application Auto Scaling. */
export function scalingOperations(scaling: Scaling): Record<string, Operation> {
  return {
    DescribeScalableTargets: (input) => {
      const { ResourceIds: ids, MaxResults, NextToken } = read(targetsShape, input);
      const all = [...scaling.targets.values()].filter(
        (each) => ids === undefined || ids.includes(scaling.idOf(each.service)),
      );
      return paged(
        'ScalableTargets',
        all.map((each) => viewTarget(scaling, each)),
        MaxResults,
        NextToken,
      );
    },
    DescribeScalingPolicies: (input) => {
      const { PolicyNames: names, ...asked } = read(policiesShape, input);
      const all = targetsOf(scaling, asked.ResourceId).flatMap((target) => viewPolicies(scaling, target));
      const wanted = all.filter(({ PolicyName }) => names?.includes(PolicyName) ?? true);
      return paged('ScalingPolicies', wanted, asked.MaxResults, asked.NextToken);
    },
    DescribeScheduledActions: (input) => {
      const { ScheduledActionNames: names, ...asked } = read(scheduledShape, input);
      const all = targetsOf(scaling, asked.ResourceId).flatMap((target) => viewScheduled(scaling, target));
      const wanted = all.filter(({ ScheduledActionName }) => names?.includes(ScheduledActionName) ?? true);
      return paged('ScheduledActions', wanted, asked.MaxResults, asked.NextToken);
    },
    DescribeScalingActivities: (input) => {
      const { ResourceId, MaxResults, NextToken } = read(activitiesShape, input);
      const all = targetsOf(scaling, ResourceId).flatMap((target) => viewActivities(scaling, target));
      return paged('ScalingActivities', all, MaxResults, NextToken);
    },
    RegisterScalableTarget: (input) => {
      const { ResourceId, MinCapacity: min, MaxCapacity: max, ...given } = read(registerShape, input);
      const { SuspendedState: state } = given;
      const target = scaling.register(serviceIn(scaling, ResourceId), {
        ...(min === undefined ? {} : { min }),
        ...(max === undefined ? {} : { max }),
        ...(state === undefined ? {} : { suspended: suspendedOf(state) }),
      });
      return { ScalableTargetARN: target.arn };
    },
  };
}

/** What IAM is asked about an operation: reads know no resource; a registration asks for the service too (AAS-6). */
export function questionsOfScaling(scaling: Scaling, operation: string, input: unknown): readonly Question[] {
  const action = `application-autoscaling:${operation}`;
  if (operation !== 'RegisterScalableTarget') return [{ action, resource: '*', keys: {} }];
  const { ResourceId: id } = z.looseObject({ ResourceId: z.string().default('') }).parse(input);
  const { region, account } = scaling.state.cluster;
  const service = id.slice(id.lastIndexOf('/') + 1);
  const target = scaling.targets.get(service)?.arn;
  const keys = {
    'application-autoscaling:service-namespace': 'ecs',
    'application-autoscaling:scalable-dimension': dimension,
  };
  const arn = `${scaling.state.prefix()}:${id}`;
  const ofEcs = { resource: arn, keys: { 'ecs:cluster': scaling.state.clusterArn } };
  return [
    {
      action,
      resource: target ?? `arn:aws:application-autoscaling:${region}:${account}:scalable-target/new`,
      keys,
    },
    { action: 'ecs:DescribeServices', ...ofEcs },
    { action: 'ecs:UpdateService', ...ofEcs },
  ];
}

/** Reads a request; what does not fit is a ValidationException, as the service calls it. */
function read<S extends z.ZodType>(shape: S, input: unknown): z.infer<S> {
  const result = shape.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const what =
    issue?.code === 'unrecognized_keys'
      ? `the rig does not model ${issue.keys.map((key) => `"${key}"`).join(', ')} of this operation`
      : `${(issue?.path ?? []).join('.')}: ${issue?.message ?? 'invalid'}`;
  throw new EcsError('ValidationException', what);
}

function serviceIn({ state }: Scaling, id: string): string {
  const [, cluster, service = ''] = /^service\/([^/]+)\/([^/]+)$/.exec(id) ?? [];
  if (cluster !== state.cluster.name)
    throw new EcsError('ValidationException', `ECS service doesn't exist: ${id}`);
  return service;
}

function targetsOf(scaling: Scaling, id: string | undefined): readonly ScalableTarget[] {
  return [...scaling.targets.values()].filter(
    ({ service }) => id === undefined || scaling.idOf(service) === id,
  );
}

function suspendedOf(state: NonNullable<z.infer<typeof registerShape>['SuspendedState']>): Suspended {
  return {
    in: state.DynamicScalingInSuspended,
    out: state.DynamicScalingOutSuspended,
    scheduled: state.ScheduledScalingSuspended,
  };
}

function paged(
  member: string,
  all: readonly Record<string, unknown>[],
  most = 50,
  token?: string,
): Record<string, unknown> {
  const { items, nextToken } = page(
    all.map((_one, at) => String(at)),
    most,
    token,
  );
  return {
    [member]: items.map((at) => all[Number(at)]),
    ...(nextToken === undefined ? {} : { NextToken: nextToken }),
  };
}

/** AWS's instants are epoch seconds. */
function seconds(ms: number): number {
  return ms / 1000;
}

function subjectOf(scaling: Scaling, { service }: ScalableTarget) {
  return { ServiceNamespace: 'ecs', ResourceId: scaling.idOf(service), ScalableDimension: dimension };
}

function viewTarget(scaling: Scaling, target: ScalableTarget): Record<string, unknown> {
  const { account } = scaling.state.cluster;
  const role = 'aws-service-role/ecs.application-autoscaling.amazonaws.com';
  return {
    ...subjectOf(scaling, target),
    MinCapacity: target.min,
    MaxCapacity: target.max,
    RoleARN: `arn:aws:iam::${account}:role/${role}/AWSServiceRoleForApplicationAutoScaling_ECSService`,
    CreationTime: seconds(target.createdAt),
    SuspendedState: {
      DynamicScalingInSuspended: target.suspended.in,
      DynamicScalingOutSuspended: target.suspended.out,
      ScheduledScalingSuspended: target.suspended.scheduled,
    },
    ScalableTargetARN: target.arn,
  };
}

function viewPolicies(scaling: Scaling, target: ScalableTarget) {
  const { region, account } = scaling.state.cluster;
  return target.policies.map((policy) => ({
    ...subjectOf(scaling, target),
    PolicyARN: `arn:aws:autoscaling:${region}:${account}:scalingPolicy:rig:resource/ecs/${scaling.idOf(target.service)}:policyName/${policy.name}`,
    PolicyName: policy.name,
    PolicyType: 'TargetTrackingScaling',
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue: policy.target,
      CustomizedMetricSpecification: {
        ...{ MetricName: 'JobsPerWorker', Namespace: 'Buildkite', Dimensions: [], Statistic: 'Average' },
      },
      ScaleOutCooldown: Math.ceil(seconds(policy.scaleOutCooldown)),
      ScaleInCooldown: Math.ceil(seconds(policy.scaleInCooldown)),
      DisableScaleIn: policy.disableScaleIn,
    },
    Alarms: [],
    CreationTime: seconds(target.createdAt),
  }));
}

function viewScheduled(scaling: Scaling, target: ScalableTarget) {
  return target.scheduled.map((action) => ({
    ...subjectOf(scaling, target),
    ScheduledActionName: action.name,
    ScheduledActionARN: `${target.arn}:scheduledActionName/${action.name}`,
    Schedule: `at(${new Date(action.at).toISOString().slice(0, 19)})`,
    ScalableTargetAction: {
      ...(action.min === undefined ? {} : { MinCapacity: action.min }),
      ...(action.max === undefined ? {} : { MaxCapacity: action.max }),
    },
    CreationTime: seconds(target.createdAt),
  }));
}

function viewActivities(scaling: Scaling, target: ScalableTarget): readonly Record<string, unknown>[] {
  return target.activities.map(({ id, at, count, cause }) => ({
    ...subjectOf(scaling, target),
    ActivityId: id,
    Description: `Setting desired count to ${String(count)}.`,
    Cause: cause,
    StartTime: seconds(at + scaling.state.knobs.clockOffsetMs),
    EndTime: seconds(at + scaling.state.knobs.clockOffsetMs),
    StatusCode: 'Successful',
    StatusMessage: `Successfully set desired count to ${String(count)}. Change successfully fulfilled by ecs.`,
  }));
}
