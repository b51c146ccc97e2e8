import { z } from 'zod';
import { formatCommand } from './entities/command.ts';
import { BUILD_KEY, parseMark } from './entities/mark.ts';
import { formatSuspension, isAllSuspended, Suspension } from './entities/scaling.ts';
import { UNDO_TAG } from './entities/undo-mark.ts';
import { FIS_CALLS } from './fis-calls.ts';

/** A call that changes something outside, as data in our words. `perform` is the only place that sends one. */
export const Call = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('create-build'),
    pipeline: z.string(),
    pipelineNodeId: z.string(),
    branch: z.string(),
    commit: z.string(),
    message: z.string(),
    env: z.record(z.string(), z.string()),
    metaData: z.record(z.string(), z.string()),
  }),
  z.strictObject({ kind: z.literal('cancel-build'), buildId: z.string(), buildNodeId: z.string() }),
  z.strictObject({
    kind: z.literal('stop-task'),
    cluster: z.string(),
    taskArn: z.string(),
    reason: z.string(),
  }),
  /** `former` is what it was: the undo compares before it restores. */
  z.strictObject({
    kind: z.literal('set-desired-count'),
    cluster: z.string(),
    service: z.string(),
    desired: z.number().int().nonnegative(),
    former: z.number().int().nonnegative(),
  }),
  /** At most ten tasks; `minutes` is set short, so that a protection nobody lifts ends by itself. */
  z.strictObject({
    kind: z.literal('protect-tasks'),
    cluster: z.string(),
    tasks: z.array(z.string()).min(1).max(10),
    enabled: z.boolean(),
    minutes: z.number().int().positive().nullable(),
  }),
  z.strictObject({ kind: z.literal('force-deployment'), cluster: z.string(), service: z.string() }),
  /** The user's own command, which changes the service in its own way; `limit` in milliseconds. */
  z.strictObject({
    kind: z.literal('run-command'),
    cluster: z.string(),
    service: z.string(),
    command: z.array(z.string()).min(1),
    limit: z.number().int().positive(),
  }),
  z.strictObject({
    kind: z.literal('set-instance-state'),
    cluster: z.string(),
    instance: z.string(),
    status: z.enum(['ACTIVE', 'DRAINING']),
  }),
  /** Application Auto Scaling of the service rests, or does so no more. `former`: as before. */
  z.strictObject({
    kind: z.literal('suspend-scaling'),
    cluster: z.string(),
    service: z.string(),
    suspended: Suspension,
    former: Suspension,
  }),
  /** What Application Auto Scaling may scale the service in to. `former`: as before. */
  z.strictObject({
    kind: z.literal('set-minimum-capacity'),
    cluster: z.string(),
    service: z.string(),
    min: z.number().int().nonnegative(),
    former: z.number().int().nonnegative(),
  }),
  /** `mark` says what the drill is about to change there, and what it was: the value of the tag. */
  z.strictObject({
    kind: z.literal('mark-service'),
    service: z.string(),
    serviceArn: z.string(),
    mark: z.string(),
  }),
  z.strictObject({ kind: z.literal('unmark-service'), service: z.string(), serviceArn: z.string() }),
  ...FIS_CALLS,
]);
export type Call = z.infer<typeof Call>;
export type CallOf<K extends Call['kind']> = Extract<Call, { kind: K }>;

/** A call that goes to Amazon ECS. */
export type EcsCall = Exclude<Call, OtherCall | ScalingCall | FisCall>;
type OtherCall = CallOf<'create-build' | 'cancel-build' | 'run-command'>;
/** A call that goes to Application Auto Scaling. */
export type ScalingCall = CallOf<'suspend-scaling' | 'set-minimum-capacity'>;

/** A call that goes to AWS Fault Injection Service. */
export type FisCall = CallOf<'create-template' | 'start-experiment' | 'stop-experiment' | 'delete-template'>;

/** Every operation of Amazon ECS that gameday can send: the client takes no other word, and what is said of rights covers them all. */
export type EcsOperation =
  | 'DescribeClusters'
  | 'DescribeServices'
  | 'ListServiceDeployments'
  | 'ListTasks'
  | 'DescribeTasks'
  | 'DescribeTaskDefinition'
  | 'DescribeContainerInstances'
  | 'GetTaskProtection'
  | 'DescribeCapacityProviders'
  | 'StopTask'
  | 'UpdateService'
  | 'UpdateTaskProtection'
  | 'UpdateContainerInstancesState'
  | 'TagResource'
  | 'UntagResource';

/** Every operation of AWS Fault Injection Service that gameday can send, with the prefix that tells it from one of ECS. */
export type FisOperation =
  | 'fis:GetExperimentTemplate'
  | 'fis:GetExperiment'
  | 'fis:GetSafetyLever'
  | 'fis:ListExperimentTemplates'
  | 'fis:ListExperiments'
  | 'fis:CreateExperimentTemplate'
  | 'fis:StartExperiment'
  | 'fis:StopExperiment'
  | 'fis:DeleteExperimentTemplate';

/** Every operation of Application Auto Scaling that gameday can send. */
export type ScalingOperation =
  | 'DescribeScalableTargets'
  | 'DescribeScalingPolicies'
  | 'DescribeScheduledActions'
  | 'DescribeScalingActivities'
  | 'RegisterScalableTarget';

/** Every operation of S3 that gameday can send, by the name of its right. */
export type StoreOperation = 's3:GetObject' | 's3:PutObject' | 's3:DeleteObject' | 's3:ListBucket';

/** Every operation of AWS, but STS's GetCallerIdentity, which needs no right. No drill needs ListClusters and ListServices: they name what a mistyped name may have meant. */
export type AwsOperation = EcsOperation | ScalingOperation | FisOperation | 'ListClusters' | 'ListServices';

/** The operation as AWS's pages name it; null where there is none. */
export function nameOperation(operation: AwsOperation | StoreOperation | null): string | null {
  return operation?.replace('fis:', '') ?? null;
}

/** What is known of one kind of call. */
interface CallKind<K extends Call['kind']> {
  /** The operation of AWS that it is sent by; null: none, it goes to Buildkite or is started on this machine. */
  readonly operation: AwsOperation | null;
  /** What it makes stop: its task, or what the scheduler chooses of a service or of a host; null: nothing by itself. */
  readonly stops: 'task' | 'service' | 'host' | null;
  /** The call as its service names it. */
  readonly named: (call: CallOf<K>) => string;
  /** What the drill is doing while it is sent. */
  readonly doing: (call: CallOf<K>) => string;
}

/** Every kind of call that changes something. */
export const CALLS: { readonly [K in Call['kind']]: CallKind<K> } = {
  'create-build': {
    ...{ operation: null, stops: null, named: () => 'buildCreate' },
    doing: ({ pipeline, branch, metaData }) =>
      `creating a build of ${pipeline} on ${branch}${describeNthBuild(metaData)}`,
  },
  'cancel-build': {
    ...{ operation: null, stops: null, named: () => 'buildCancel' },
    doing: () => 'canceling the build that the drill started',
  },
  'stop-task': {
    ...{ operation: 'StopTask', stops: 'task' },
    named: ({ taskArn }) => `StopTask for ${taskArn}`,
    doing: ({ taskArn }) => `stopping task ${shortenArn(taskArn)}`,
  },
  'set-desired-count': {
    ...{ operation: 'UpdateService', stops: 'service' },
    named: ({ service, former, desired }) =>
      `UpdateService, desired count of ${service} ${String(former)} -> ${String(desired)}`,
    doing: ({ service, former, desired }) =>
      `setting the desired count of service ${service} from ${String(former)} to ${String(desired)}`,
  },
  'protect-tasks': {
    ...{ operation: 'UpdateTaskProtection', stops: null },
    named: ({ enabled, tasks }) =>
      `UpdateTaskProtection ${enabled ? 'on' : 'off'} for ${String(tasks.length)} tasks`,
    doing: ({ enabled, tasks }) =>
      `${enabled ? 'protecting' : 'lifting the protection of'} ${String(tasks.length)} tasks`,
  },
  'force-deployment': {
    ...{ operation: 'UpdateService', stops: 'service' },
    named: ({ service }) => `UpdateService, a new deployment of ${service}`,
    doing: ({ service }) => `deploying service ${service} anew`,
  },
  'run-command': {
    ...{ operation: null, stops: 'service' },
    named: ({ command }) => `command ${formatCommand(command)}`,
    doing: ({ command }) => `running ${formatCommand(command)}`,
  },
  'set-instance-state': {
    ...{ operation: 'UpdateContainerInstancesState', stops: 'host' },
    named: ({ instance, status }) => `UpdateContainerInstancesState, ${instance} ${status}`,
    doing: ({ instance, status }) => `setting container instance ${shortenArn(instance)} to ${status}`,
  },
  'suspend-scaling': {
    ...{ operation: 'RegisterScalableTarget', stops: null },
    named: ({ service, suspended }) =>
      `RegisterScalableTarget, of service ${service} suspended: ${formatSuspension(suspended)}`,
    doing: ({ service, suspended }) =>
      isAllSuspended(suspended)
        ? `suspending the automatic scaling of service ${service}`
        : `putting the automatic scaling of service ${service} back (suspended: ${formatSuspension(suspended)})`,
  },
  'set-minimum-capacity': {
    ...{ operation: 'RegisterScalableTarget', stops: 'service' },
    named: ({ service, former, min }) =>
      `RegisterScalableTarget, minimum capacity of ${service} ${String(former)} -> ${String(min)}`,
    doing: ({ service, former, min }) =>
      `setting the minimum capacity of service ${service} from ${String(former)} to ${String(min)}`,
  },
  'mark-service': {
    ...{ operation: 'TagResource', stops: null },
    named: ({ service, mark }) => `TagResource, ${UNDO_TAG} on service ${service}: ${mark}`,
    doing: ({ service }) => `marking service ${service} with what is to be put back`,
  },
  'unmark-service': {
    ...{ operation: 'UntagResource', stops: null },
    named: ({ service }) => `UntagResource, ${UNDO_TAG} on service ${service}`,
    doing: ({ service }) => `removing the mark of the drill from service ${service}`,
  },
  'create-template': {
    ...{ operation: 'fis:CreateExperimentTemplate', stops: null },
    named: ({ ec2Arn }) => `CreateExperimentTemplate, a Spot interruption of ${shortenArn(ec2Arn)}`,
    doing: ({ ec2Arn }) => `creating a template of FIS that interrupts ${shortenArn(ec2Arn)}`,
  },
  'start-experiment': {
    ...{ operation: 'fis:StartExperiment', stops: 'host' },
    named: ({ template }) => `StartExperiment from ${template}`,
    doing: ({ template }) => `starting a FIS experiment from template ${template}`,
  },
  'stop-experiment': {
    ...{ operation: 'fis:StopExperiment', stops: null },
    named: ({ experiment }) => `StopExperiment for ${experiment}`,
    doing: ({ experiment }) => `stopping FIS experiment ${experiment}`,
  },
  'delete-template': {
    ...{ operation: 'fis:DeleteExperimentTemplate', stops: null },
    named: ({ template }) => `DeleteExperimentTemplate for ${template}`,
    doing: ({ template }) => `deleting the template ${template} that the drill made`,
  },
};

/** Changes that stand until somebody puts them back: a service is marked before one of them is sent. */
export const MARKED: ReadonlySet<Call['kind']> = new Set([
  'set-desired-count',
  'set-instance-state',
  'suspend-scaling',
  'set-minimum-capacity',
  'start-experiment',
  'stop-experiment',
  'delete-template',
]);

/** Which of several builds it is. */
function describeNthBuild(metaData: Readonly<Record<string, string>>): string {
  const { nth } = parseMark(metaData[BUILD_KEY] ?? '');
  return nth === null ? '' : ` (number ${String(nth)} of the drill)`;
}

/** The end of an ARN, which is what people call the thing. */
function shortenArn(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

function kindOf<K extends Call['kind']>(kind: K): CallKind<K> {
  return CALLS[kind];
}

/** The call as its service names it. */
export function nameCall(call: Call): string {
  return kindOf<Call['kind']>(call.kind).named(call);
}

/** What the drill is doing while the call is sent. */
export function describeCall(call: Call): string {
  return kindOf<Call['kind']>(call.kind).doing(call);
}

/** ARN of the one container instance whose tasks a call takes; null where it takes others. */
export function hostIn(call: Call): string | null {
  return call.kind === 'set-instance-state' || call.kind === 'start-experiment' ? call.instance : null;
}

/** Whether a call makes nothing stop by itself: a protection only steers what another call does. */
export function isOnlySteering({ kind }: Call): boolean {
  return CALLS[kind].stops === null;
}

/** Whether two calls are the same one. */
export function isSameCall(a: Call, b: Call): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
