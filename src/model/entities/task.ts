import { z } from 'zod';
import { EcsInstant, InstanceInstant } from '../instants.ts';
import { ServiceTraits } from './service-traits.ts';

/** One container of a task as DescribeTasks shows it. */
export const Container = z.strictObject({
  name: z.string(),
  status: z.string(),
  exitCode: z.number().int().nullable(),
  /** Runtime errors, `OutOfMemoryError: ...` among them. */
  reason: z.string().nullable(),
  runtimeId: z.string().nullable(),
  /** Digest of the image's manifest, `sha256:...`. Missing while ECS shows none, and in journals of older versions. */
  imageDigest: z.string().optional(),
});
export type Container = z.infer<typeof Container>;

/** One ECS task in our words; times are ECS's (`executionStoppedAt` on EC2: the instance's). */
export const Task = z.strictObject({
  arn: z.string(),
  clusterArn: z.string(),
  /** `service:<name>` or `family:<family>`. */
  group: z.string().nullable(),
  startedBy: z.string().nullable(),
  launchType: z.string().nullable(),
  capacityProvider: z.string().nullable(),
  /** The EC2 host it runs on; null on Fargate. */
  instanceArn: z.string().nullable(),
  definition: z.string(),
  version: z.number().int().nullable(),
  status: z.string(),
  desired: z.string(),
  stopCode: z.string().nullable(),
  stoppedReason: z.string().nullable(),
  createdAt: EcsInstant.nullable(),
  startedAt: EcsInstant.nullable(),
  stoppingAt: EcsInstant.nullable(),
  executionStoppedAt: InstanceInstant.nullable(),
  stoppedAt: EcsInstant.nullable(),
  tags: z.record(z.string(), z.string()),
  containers: z.array(Container),
  /** Host names that its containers may see as their own, in lower case; empty where ECS shows none. */
  hostnames: z.array(z.string()),
});
export type Task = z.infer<typeof Task>;

/** One container as the task definition gives it. */
export const ContainerDefinition = z.strictObject({
  name: z.string(),
  image: z.string().nullable(),
  essential: z.boolean(),
  entryPoint: z.array(z.string()),
  command: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
  /** Milliseconds; null where the definition gives none (ECS: 30 s unless the EC2 host says otherwise). */
  stopTimeout: z.number().int().nullable(),
  dependsOn: z.array(z.string()),
  /** How far each of those must have come before this container starts: `START`, `HEALTHY`, `COMPLETE` or `SUCCESS`. Missing in journals of older versions. */
  conditions: z.record(z.string(), z.string()).optional(),
  initProcess: z.boolean(),
});
export type ContainerDefinition = z.infer<typeof ContainerDefinition>;

/** A registered task definition. */
export const TaskDefinition = z.strictObject({
  arn: z.string(),
  family: z.string(),
  containers: z.array(ContainerDefinition),
  /** The operating system that its tasks run on (runtimePlatform), such as `LINUX`. Missing in journals of older versions. */
  platform: z.string().optional(),
});
export type TaskDefinition = z.infer<typeof TaskDefinition>;

/** One deployment of a service. */
export const Deployment = z.strictObject({
  id: z.string(),
  status: z.string(),
  rolloutState: z.string().nullable(),
  desired: z.number().int(),
  running: z.number().int(),
  pending: z.number().int(),
  /** This and the definition are missing in journals of older versions. */
  createdAt: EcsInstant.nullable().optional(),
  /** ARN of the task definition that it rolls out. */
  definition: z.string().nullable().optional(),
});

/** One ECS service. */
export const Service = z.strictObject({
  arn: z.string(),
  name: z.string(),
  status: z.string(),
  desired: z.number().int(),
  running: z.number().int(),
  pending: z.number().int(),
  deployments: z.array(Deployment),
  /** `ECS`, `CODE_DEPLOY` or `EXTERNAL`: only the first can be told to deploy anew. */
  controller: z.string(),
  minimumHealthyPercent: z.number().int().nullable(),
  maximumPercent: z.number().int().nullable(),
  /** Missing in journals of older versions. */
  traits: ServiceTraits.optional(),
  /** Its latest events, newest first. */
  events: z.array(z.strictObject({ id: z.string(), at: EcsInstant.nullable(), message: z.string() })),
  tags: z.record(z.string(), z.string()),
});
export type Service = z.infer<typeof Service>;

/** Why its percentages let no task be replaced, or null where they let: then nothing may stop before, and nothing start beside it. */
export function explainReplacementBlock(service: Service): string | null {
  const { minimumHealthyPercent: least, maximumPercent: most, desired } = service;
  // Of none there is nothing to replace: that is another refusal's.
  if (least === null || most === null || desired === 0) return null;
  const [lower, upper] = [Math.ceil((desired * least) / 100), Math.floor((desired * most) / 100)];
  if (lower < desired || upper > desired) return null;
  return `with minimumHealthyPercent ${String(least)} and maximumPercent ${String(most)} of ${String(desired)} no task may stop and none may start beside it`;
}

/** One ECS cluster. */
export const Cluster = z.strictObject({
  arn: z.string(),
  name: z.string(),
  status: z.string(),
  tags: z.record(z.string(), z.string()),
});
export type Cluster = z.infer<typeof Cluster>;

/** One container instance (EC2 host) of a cluster. */
export const Instance = z.strictObject({
  arn: z.string(),
  ec2Id: z.string().nullable(),
  status: z.string(),
  running: z.number().int(),
});
export type Instance = z.infer<typeof Instance>;

/** Scale-in protection of one task. */
export const Protection = z.strictObject({
  taskArn: z.string(),
  enabled: z.boolean(),
  expiresAt: EcsInstant.nullable(),
});
export type Protection = z.infer<typeof Protection>;

/** ECS forgets nothing of a stopped task but the future: STOPPED and DELETED are final (task life cycle). */
export function hasTaskEnded(task: Task): boolean {
  return task.status === 'STOPPED' || task.status === 'DELETED';
}

/** Whether the task is on its way down or gone. */
export function isGoingDown(task: Task): boolean {
  return (
    task.desired === 'STOPPED' || task.stoppingAt !== null || task.stopCode !== null || hasTaskEnded(task)
  );
}

/** Whether ECS takes an ARN for that of a task: others spoil the whole request that they stand in. */
export function mayBeTask(arn: string): boolean {
  return /[:/](?:[^/:]{32}|[^/:]{36})$/.test(arn);
}

/** The cluster's name inside a task's ARN (`.../task/CLUSTER/ID`); older short ARNs carry none. */
export function clusterOf(taskArn: string): string | null {
  return /:task\/([^/]+)\/[^/]+$/.exec(taskArn)?.[1] ?? null;
}
