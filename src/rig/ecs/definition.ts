import * as z from 'zod';

import {
  checkContainers,
  checkFargateStop,
  readContainer,
  type ContainerDefinition,
  type ImageSource,
} from './container-definition.ts';
import { parse, refuseUnmodelled } from './definition-input.ts';
import { invalid } from './errors.ts';

/** A registered task definition: the document as it was given, and what the rig makes of it. */
export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly networkMode: string;
  readonly requiresCompatibilities: readonly string[];
  readonly containers: readonly ContainerDefinition[];
  /** What a task takes of its host: CPU units and MiB, of the task itself or else the sum of its containers. */
  readonly needs: { readonly cpu: number; readonly memory: number };
  /** CPU units that all its containers have together, where the task says so itself. */
  readonly cpuLimit: number | undefined;
  /** MiB that all its containers have together, where the task says so itself. */
  readonly memoryLimit: number | undefined;
  readonly constraints: readonly PlacementConstraint[];
  readonly document: Readonly<Record<string, unknown>>;
}

/** Where a task may be placed. */
export interface PlacementConstraint {
  readonly type: 'distinctInstance' | 'memberOf';
  readonly expression?: string | undefined;
}

const modelledOfTask = [
  'family',
  'cpu',
  'memory',
  'executionRoleArn',
  'taskRoleArn',
  'networkMode',
  'requiresCompatibilities',
  'runtimePlatform',
  'tags',
  'ephemeralStorage',
  'containerDefinitions',
  'placementConstraints',
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'registeredBy',
  'enableFaultInjection',
];

/** Constraints as requests and documents give them. */
export const constraintsShape = z.array(
  z.strictObject({ type: z.enum(['distinctInstance', 'memberOf']), expression: z.string().optional() }),
);
const amount = z.union([z.string(), z.number()]).nullish();
const taskShape = z.looseObject({
  family: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/),
  networkMode: z.string().optional(),
  requiresCompatibilities: z.array(z.string()).default([]),
  containerDefinitions: z.array(z.unknown()).min(1),
  placementConstraints: constraintsShape.default([]),
  cpu: amount,
  memory: amount,
});

/** Reads a task definition (also the output of describe-task-definition), refusing what the rig does not model. */
export function readTaskDefinition(
  input: unknown,
  prefix: string,
  nextRevision: (family: string) => number,
  images?: ImageSource,
): TaskDefinition {
  const wrapped =
    typeof input === 'object' && input !== null && 'taskDefinition' in input ? input.taskDefinition : input;
  const task = parse(taskShape, wrapped, 'task definition');
  refuseUnmodelled(task, modelledOfTask, `task definition ${task.family}`);
  const fargate = task.requiresCompatibilities.includes('FARGATE');
  const containers = task.containerDefinitions.map((each) =>
    readContainer(each, task.family, fargate, images),
  );
  checkContainers(containers, task.family);
  const revision = nextRevision(task.family);
  const arn = `${prefix}:task-definition/${task.family}:${revision}`;
  const networkMode = task.networkMode ?? (fargate ? 'awsvpc' : 'bridge');
  return {
    arn,
    family: task.family,
    revision,
    networkMode,
    requiresCompatibilities: task.requiresCompatibilities,
    containers,
    needs: {
      cpu: units(task.cpu, 'vCPU') ?? sum(containers.map((each) => each.cpu)),
      memory: units(task.memory, 'GB') ?? sum(containers.map((each) => each.memory)),
    },
    cpuLimit: units(task.cpu, 'vCPU'),
    memoryLimit: units(task.memory, 'GB'),
    constraints: task.placementConstraints,
    document: { ...task, networkMode, taskDefinitionArn: arn, revision, status: 'ACTIVE' },
  };
}

/** "256" and 256 are units; ".25 vCPU" and "0.5 GB" are 1024ths. */
function units(given: z.infer<typeof amount>, large: 'vCPU' | 'GB'): number | undefined {
  if (given === undefined || given === null || given === '') return undefined;
  const text = String(given).trim();
  const number = Number.parseFloat(text);
  if (Number.isNaN(number)) throw invalid(`Invalid setting for container: ${text}`);
  return text.toLowerCase().endsWith(large.toLowerCase()) ? number * 1024 : number;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}

/** Refuses a launch type that the definition was not made for. */
export function checkLaunchType(definition: TaskDefinition, launchType: string): void {
  const { requiresCompatibilities: wanted } = definition;
  if (wanted.length > 0 && !wanted.includes(launchType))
    throw invalid(`Task definition does not support launch_type ${launchType}.`);
  if (launchType !== 'FARGATE') return;
  // The ceiling follows where a task runs, not only what its definition says (ECS-21).
  for (const { stopTimeoutMs } of definition.containers) checkFargateStop(stopTimeoutMs / 1000);
}
