import type { Budget } from '../../src/model/entities/budget.ts';
import type { Agent } from '../../src/model/entities/agent.ts';
import type { Build } from '../../src/model/entities/build.ts';
import type { Job } from '../../src/model/entities/job.ts';
import type { Pipeline } from '../../src/model/entities/surroundings.ts';
import type { Cluster, Container, ContainerDefinition, Service } from '../../src/model/entities/task.ts';
import type { Task, TaskDefinition } from '../../src/model/entities/task.ts';

/** An instant that all builders count from: 2026-11-24T12:00:00Z. */
export const NOON = 1_795_521_600_000;
export const CLUSTER_ARN = 'arn:aws:ecs:us-east-1:123456789012:cluster/build-prod';
export const TASK_ARN = 'arn:aws:ecs:us-east-1:123456789012:task/build-prod/0123456789abcdef0123456789abcdef';
export const DEFINITION_ARN = 'arn:aws:ecs:us-east-1:123456789012:task-definition/build-agent:1';
export const SERVICE_ARN = 'arn:aws:ecs:us-east-1:123456789012:service/build-prod/build-agents';
export const BUILD_ID = '018f0000-0000-4000-8000-00000000b001';
export const JOB_ID = '018f0000-0000-4000-8000-00000000a001';
export const AGENT_ID = '018f0000-0000-4000-8000-00000000c001';

/** A running build `acme/canary/1` without jobs. */
/** What Buildkite says to one whose token nobody else uses. */
export function aBudget(over: Partial<Budget> = {}): Budget {
  return {
    user: { limit: 5_000, remaining: 5_000, resetsIn: 300_000 },
    organization: { limit: 20_000, remaining: 20_000, resetsIn: 300_000 },
    ...{ recent: 0, points: 0, requests: 0, lowest: { user: 5_000, organization: 20_000 } },
    ...over,
  };
}

export function aBuild(over: Partial<Build> = {}): Build {
  return {
    id: BUILD_ID,
    nodeId: 'QnVpbGQtLS0x',
    number: 1,
    url: 'https://buildkite.com/acme/canary/builds/1',
    organization: 'acme',
    pipeline: 'canary',
    branch: 'main',
    state: 'running',
    rawState: 'RUNNING',
    createdAt: NOON,
    startedAt: NOON,
    finishedAt: null,
    canceledAt: null,
    canceledBy: null,
    cancelReason: null,
    metaData: {},
    jobs: [],
    jobsComplete: true,
    ...over,
  };
}

/** A job of step `integration`, running on the agent of `anAgent`. */
export function aJob(over: Partial<Job> = {}): Job {
  return {
    id: JOB_ID,
    buildId: BUILD_ID,
    buildSlug: 'acme/canary/1',
    url: 'https://buildkite.com/acme/canary/builds/1#job',
    stepKey: 'integration',
    label: 'Integration',
    state: 'running',
    rawState: 'RUNNING',
    passed: false,
    softFailed: false,
    exitStatus: null,
    signal: null,
    signalReason: null,
    retried: false,
    retryOf: null,
    retryType: null,
    agentId: AGENT_ID,
    parallelIndex: null,
    runnableAt: NOON,
    startedAt: NOON + 1_000,
    finishedAt: null,
    canceledAt: null,
    events: [],
    ...over,
  };
}

/** A connected agent that carries the ARN of `aTask`. */
export function anAgent(over: Partial<Agent> = {}): Agent {
  return {
    id: AGENT_ID,
    nodeId: 'QWdlbnQtLS0x',
    name: 'worker-1',
    hostname: 'ip-10-0-0-1',
    tags: {
      queue: 'default',
      'ecs:task-arn': TASK_ARN,
      'ecs:container-name': 'ecs-build-agent-1-agent-a1b2',
    },
    connection: 'connected',
    rawConnection: 'connected',
    connectedAt: NOON - 60_000,
    disconnectedAt: null,
    lostAt: null,
    stoppedGracefullyAt: null,
    stoppedGracefullyBy: null,
    stopForcedAt: null,
    stopForcedBy: null,
    version: '3.138.0',
    isRunningJob: true,
    jobs: [],
    ...over,
  };
}

/** The container of the agent, running. */
export function aContainer(over: Partial<Container> = {}): Container {
  return {
    ...{ name: 'agent', status: 'RUNNING', exitCode: null, reason: null, runtimeId: 'a1b2c3' },
    imageDigest: `sha256:${'a'.repeat(64)}`,
    ...over,
  };
}

/** A running task of service `build-agents`. */
export function aTask(over: Partial<Task> = {}): Task {
  return {
    arn: TASK_ARN,
    clusterArn: CLUSTER_ARN,
    group: 'service:build-agents',
    startedBy: 'ecs-svc/1',
    launchType: 'FARGATE',
    capacityProvider: null,
    instanceArn: null,
    definition: DEFINITION_ARN,
    version: 3,
    status: 'RUNNING',
    desired: 'RUNNING',
    stopCode: null,
    stoppedReason: null,
    createdAt: NOON - 120_000,
    startedAt: NOON - 90_000,
    stoppingAt: null,
    executionStoppedAt: null,
    stoppedAt: null,
    tags: {},
    containers: [aContainer()],
    hostnames: ['ip-10-0-0-1.us-east-1.compute.internal', 'ip-10-0-0-1'],
    ...over,
  };
}

/** The agent's container in exec form with a stop time-out of 120 s. */
export function aContainerDefinition(over: Partial<ContainerDefinition> = {}): ContainerDefinition {
  return {
    name: 'agent',
    image: null,
    essential: true,
    entryPoint: [],
    command: ['buildkite-agent', 'start'],
    environment: {},
    stopTimeout: 120_000,
    dependsOn: [],
    initProcess: false,
    ...over,
  };
}

/** The task definition of `aTask`. */
export function aTaskDefinition(over: Partial<TaskDefinition> = {}): TaskDefinition {
  return { arn: DEFINITION_ARN, family: 'build-agent', containers: [aContainerDefinition()], ...over };
}

/** A settled service of two tasks. */
export function aService(over: Partial<Service> = {}): Service {
  const counts = { desired: 2, running: 2, pending: 0 };
  return {
    arn: SERVICE_ARN,
    name: 'build-agents',
    status: 'ACTIVE',
    ...counts,
    deployments: [
      {
        ...{ id: 'ecs-svc/1', status: 'PRIMARY', rolloutState: 'COMPLETED', ...counts },
        ...{ createdAt: NOON - 86_400_000, definition: DEFINITION_ARN },
      },
    ],
    controller: 'ECS',
    minimumHealthyPercent: 100,
    maximumPercent: 200,
    events: [],
    tags: {},
    ...over,
  };
}

/** An active cluster. */
export function aCluster(over: Partial<Cluster> = {}): Cluster {
  return { arn: CLUSTER_ARN, name: 'build-prod', status: 'ACTIVE', tags: {}, ...over };
}

/** Pipeline `canary` with one step `integration`. */
export function aPipeline(over: Partial<Pipeline> = {}): Pipeline {
  return {
    nodeId: 'UGlwZWxpbmUtLS0x',
    slug: 'canary',
    url: 'https://buildkite.com/acme/canary',
    branch: 'main',
    cancelIntermediateBuilds: false,
    cancelIntermediateFilter: null,
    skipIntermediateBuilds: false,
    skipIntermediateFilter: null,
    stepKeys: ['integration'],
    stepLabels: ['Integration'],
    triggers: [],
    dynamic: false,
    openBuilds: [],
    ...over,
  };
}
