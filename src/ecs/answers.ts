import { z } from 'zod';

/** Schemas of the SDK's answers, with only the fields that we use; the SDK passes on whatever the server sent. */
const When = z.date().optional();
const Text = z.string().optional();
const Tags = z.array(z.object({ key: Text, value: Text })).optional();

const ContainerAnswer = z.object({
  name: z.string(),
  lastStatus: z.string(),
  exitCode: z.number().int().optional(),
  reason: Text,
  runtimeId: Text,
  imageDigest: Text,
});

const Pair = z.object({ name: Text, value: Text });

export const TaskAnswer = z.object({
  taskArn: z.string(),
  clusterArn: z.string(),
  group: Text,
  startedBy: Text,
  launchType: Text,
  capacityProviderName: Text,
  containerInstanceArn: Text,
  taskDefinitionArn: z.string(),
  version: z.number().int().optional(),
  lastStatus: z.string(),
  desiredStatus: z.string(),
  stopCode: Text,
  stoppedReason: Text,
  createdAt: When,
  startedAt: When,
  stoppingAt: When,
  executionStoppedAt: When,
  stoppedAt: When,
  tags: Tags,
  containers: z.array(ContainerAnswer).optional(),
  attachments: z.array(z.object({ type: Text, details: z.array(Pair).optional() })).optional(),
});
export type TaskAnswer = z.output<typeof TaskAnswer>;

export const Failures = z.array(z.object({ arn: Text, reason: Text, detail: Text })).optional();

const DefinitionContainer = z.object({
  name: z.string(),
  image: z.string().optional(),
  essential: z.boolean().optional(),
  entryPoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.array(Pair).optional(),
  stopTimeout: z.number().int().optional(),
  dependsOn: z.array(z.object({ containerName: z.string(), condition: Text })).optional(),
  linuxParameters: z.object({ initProcessEnabled: z.boolean().optional() }).optional(),
});

export const TaskDefinitionAnswer = z.object({
  taskDefinitionArn: z.string(),
  family: z.string(),
  containerDefinitions: z.array(DefinitionContainer),
  runtimePlatform: z.object({ operatingSystemFamily: Text }).optional(),
});
export type TaskDefinitionAnswer = z.output<typeof TaskDefinitionAnswer>;

const Count = z.number().int();
export const ServiceAnswer = z.object({
  serviceArn: z.string(),
  serviceName: z.string(),
  status: z.string(),
  desiredCount: Count,
  runningCount: Count,
  pendingCount: Count,
  deployments: z
    .array(
      z.object({
        id: z.string(),
        status: z.string(),
        rolloutState: Text,
        desiredCount: Count,
        runningCount: Count,
        pendingCount: Count,
        createdAt: When,
        taskDefinition: Text,
      }),
    )
    .optional(),
  deploymentController: z.object({ type: Text }).optional(),
  deploymentConfiguration: z
    .object({
      minimumHealthyPercent: Count.optional(),
      maximumPercent: Count.optional(),
      strategy: Text,
      bakeTimeInMinutes: z.number().optional(),
      deploymentCircuitBreaker: z
        .object({ enable: z.boolean().optional(), rollback: z.boolean().optional() })
        .optional(),
      lifecycleHooks: z.array(z.object({ targetType: Text })).optional(),
      linearConfiguration: z
        .object({ stepPercent: z.number().optional(), stepBakeTimeInMinutes: z.number().optional() })
        .optional(),
      canaryConfiguration: z.object({ canaryBakeTimeInMinutes: z.number().optional() }).optional(),
    })
    .optional(),
  schedulingStrategy: Text,
  availabilityZoneRebalancing: Text,
  enableExecuteCommand: z.boolean().optional(),
  events: z.array(z.object({ id: Text, createdAt: When, message: Text })).optional(),
  tags: Tags,
});
export type ServiceAnswer = z.output<typeof ServiceAnswer>;

export const ClusterAnswer = z.object({
  clusterArn: z.string(),
  clusterName: z.string(),
  status: z.string(),
  tags: Tags,
});
export type ClusterAnswer = z.output<typeof ClusterAnswer>;

export const InstanceAnswer = z.object({
  containerInstanceArn: z.string(),
  ec2InstanceId: Text,
  status: z.string(),
  runningTasksCount: Count.optional(),
});
export type InstanceAnswer = z.output<typeof InstanceAnswer>;

export const ProtectionAnswer = z.object({
  taskArn: z.string(),
  protectionEnabled: z.boolean(),
  expirationDate: When,
});
export type ProtectionAnswer = z.output<typeof ProtectionAnswer>;
