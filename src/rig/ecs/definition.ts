import * as z from 'zod';

import type { DependencyCondition } from '../workers/worker.ts';
import { EcsError } from './errors.ts';

/** A container of a task definition, as far as the rig acts on it. */
export interface ContainerDefinition {
  readonly name: string;
  readonly image: string;
  readonly essential: boolean;
  readonly argv: readonly string[];
  readonly init: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string | undefined;
  readonly stopTimeoutMs: number;
  readonly dependsOn: readonly { readonly name: string; readonly condition: DependencyCondition }[];
}

/** A registered task definition: the document as it was given, and what the rig makes of it. */
export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly networkMode: string;
  readonly requiresCompatibilities: readonly string[];
  readonly containers: readonly ContainerDefinition[];
  readonly document: Readonly<Record<string, unknown>>;
}

const descriptiveOfTask = [
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
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'compatibilities',
  'registeredAt',
  'registeredBy',
  'enableFaultInjection',
];
const modelledOfContainer = [
  'name',
  'image',
  'essential',
  'entryPoint',
  'command',
  'environment',
  'stopTimeout',
  'dependsOn',
  'workingDirectory',
  'linuxParameters',
  'secrets',
  'cpu',
  'memory',
  'memoryReservation',
  'logConfiguration',
  'portMappings',
  'dockerLabels',
  'repositoryCredentials',
  'versionConsistency',
];

const strings = z.array(z.string());
const containerShape = z.looseObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/),
  image: z.string().default(''),
  essential: z.boolean().default(true),
  entryPoint: strings.default([]),
  command: strings.default([]),
  environment: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
  secrets: z.array(z.looseObject({ name: z.string() })).default([]),
  stopTimeout: z.int().min(0).optional(),
  workingDirectory: z.string().optional(),
  linuxParameters: z.looseObject({ initProcessEnabled: z.boolean().default(false) }).optional(),
  dependsOn: z.array(z.strictObject({ containerName: z.string(), condition: z.string() })).default([]),
});
const taskShape = z.looseObject({
  family: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/),
  networkMode: z.string().optional(),
  requiresCompatibilities: strings.default([]),
  containerDefinitions: z.array(z.unknown()).min(1),
});
type ContainerShape = z.infer<typeof containerShape>;

function client(message: string): EcsError {
  return new EcsError('ClientException', message);
}

/** An attribute without a value asks for nothing, as in the output of describe-task-definition. */
function asksForNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true;
  return typeof value === 'object' && Object.values(value).every(asksForNothing);
}

function refuseUnmodelled(given: object, known: readonly string[], where: string): void {
  for (const [key, value] of Object.entries(given)) {
    if (known.includes(key) || asksForNothing(value)) continue;
    throw client(
      `${where}: the rig does not model "${key}"; remove it, or rehearse this definition on ECS itself`,
    );
  }
}

function parse<S extends z.ZodType>(shape: S, value: unknown, where: string): z.infer<S> {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw client(`${where}: ${[...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'invalid'}`);
}

/** Reads a task definition (also the output of describe-task-definition), refusing what the rig does not model. */
export function readTaskDefinition(
  input: unknown,
  prefix: string,
  nextRevision: (family: string) => number,
): TaskDefinition {
  const wrapped =
    typeof input === 'object' && input !== null && 'taskDefinition' in input ? input.taskDefinition : input;
  const task = parse(taskShape, wrapped, 'task definition');
  refuseUnmodelled(task, descriptiveOfTask, `task definition ${task.family}`);
  const fargate = task.requiresCompatibilities.includes('FARGATE');
  const containers = task.containerDefinitions.map((each) => readContainer(each, task.family, fargate));
  checkContainers(containers, task.family);
  const revision = nextRevision(task.family);
  const arn = `${prefix}:task-definition/${task.family}:${revision}`;
  const networkMode = task.networkMode ?? (fargate ? 'awsvpc' : 'bridge');
  const { requiresCompatibilities } = task;
  const document = { ...task, networkMode, taskDefinitionArn: arn, revision, status: 'ACTIVE' };
  return { arn, family: task.family, revision, networkMode, requiresCompatibilities, containers, document };
}

function readContainer(value: unknown, family: string, fargate: boolean): ContainerDefinition {
  const shape = parse(containerShape, value, `task definition ${family}, container`);
  const where = `task definition ${family}, container ${shape.name}`;
  refuseUnmodelled(shape, modelledOfContainer, where);
  refuseUnmodelled(shape.linuxParameters ?? {}, ['initProcessEnabled'], `${where}, linuxParameters`);
  const secret = shape.secrets.find(({ name }) => name !== 'BUILDKITE_AGENT_TOKEN');
  if (secret)
    throw client(`${where}: the rig has no value for the secret "${secret.name}"; give it in environment`);
  const stopTimeout = shape.stopTimeout ?? 30;
  // Real ECS accepts 120 itself in spite of this text (ECS-21).
  if (fargate && (stopTimeout > 120 || (shape.stopTimeout !== undefined && stopTimeout < 2))) {
    throw client(
      'Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds.',
    );
  }
  return {
    name: shape.name,
    image: shape.image,
    essential: shape.essential,
    argv: argvOf(shape, where),
    init: shape.linuxParameters?.initProcessEnabled ?? false,
    environment: Object.fromEntries(shape.environment.map(({ name, value: text }) => [name, text])),
    workingDirectory: shape.workingDirectory,
    stopTimeoutMs: stopTimeout * 1000,
    dependsOn: shape.dependsOn.map(({ containerName, condition }) => ({
      name: containerName,
      condition: conditionOf(condition, where),
    })),
  };
}

function conditionOf(text: string, where: string): DependencyCondition {
  if (text === 'START' || text === 'COMPLETE' || text === 'SUCCESS') return text;
  throw client(`${where}: the rig does not model the dependsOn condition "${text}"`);
}

/** Buildkite's own images start `buildkite-agent` under tini; of other images the rig does not know the entry point. */
function argvOf(shape: ContainerShape, where: string): readonly string[] {
  const official = /(^|\/)buildkite\/agent(:|@|$)/.test(shape.image);
  const argv =
    shape.entryPoint.length === 0 && official
      ? ['tini', '--', 'buildkite-agent', ...(shape.command.length > 0 ? shape.command : ['start'])]
      : [...shape.entryPoint, ...shape.command];
  if (argv.length === 0) throw client(`${where}: the rig knows no images; write entryPoint or command`);
  const flag = /--(token|endpoint)\b/.exec(argv.join(' '));
  if (flag)
    throw client(
      `${where}: "${flag[0]}" on the command line would leave the rig; use the environment instead`,
    );
  return argv;
}

function checkContainers(containers: readonly ContainerDefinition[], family: string): void {
  if (!containers.some((each) => each.essential)) throw client('At least one container must be essential.');
  const names = containers.map((each) => each.name);
  if (new Set(names).size < names.length)
    throw client(`task definition ${family}: container names must be unique`);
  for (const { name, dependsOn } of containers) {
    const unknown = dependsOn.find((dependency) => !names.includes(dependency.name));
    if (unknown) throw client(`container ${name} depends on ${unknown.name}, which does not exist`);
    if (reaches(name, name, containers)) throw client(`container ${name} depends on itself`);
  }
}

function reaches(
  from: string,
  to: string,
  containers: readonly ContainerDefinition[],
  seen = new Set<string>(),
): boolean {
  if (seen.has(from)) return false;
  seen.add(from);
  const next = containers.find((each) => each.name === from)?.dependsOn ?? [];
  return next.some((dependency) => dependency.name === to || reaches(dependency.name, to, containers, seen));
}

/** Whether a container's command starts a Buildkite agent. */
export function runsAgent(container: ContainerDefinition): boolean {
  return /\bbuildkite-agent(-entrypoint)?\b/.test(container.argv.join(' '));
}
