import * as z from 'zod';

import type { ImageConfig } from '../workers/executor.ts';
import type { DependencyCondition, HealthCheck, RestartPolicy } from '../workers/plan.ts';
import { client, parse, refuseUnmodelled } from './definition-input.ts';

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
  readonly startTimeoutMs: number | undefined;
  readonly healthCheck: HealthCheck | undefined;
  readonly restartPolicy: RestartPolicy | undefined;
  readonly cpu: number;
  readonly memory: number;
  /** MiB at which the kernel kills. */
  readonly memoryLimit: number | undefined;
  readonly dependsOn: readonly { readonly name: string; readonly condition: DependencyCondition }[];
}

const modelled = [
  'name',
  'image',
  'essential',
  'entryPoint',
  'command',
  'environment',
  'stopTimeout',
  'startTimeout',
  'dependsOn',
  'healthCheck',
  'restartPolicy',
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
const healthShape = z.strictObject({
  command: strings.min(1),
  interval: z.int().min(5).max(300).default(30),
  timeout: z.int().min(2).max(120).default(5),
  retries: z.int().min(1).max(10).default(3),
  startPeriod: z.int().min(0).max(300).default(0),
});
const restartShape = z.strictObject({
  enabled: z.boolean(),
  ignoredExitCodes: z.array(z.int()).max(50).default([]),
  restartAttemptPeriod: z.int().min(60).max(1800).default(300),
});
const shape = z.looseObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,255}$/),
  image: z.string().default(''),
  essential: z.boolean().default(true),
  entryPoint: strings.default([]),
  command: strings.default([]),
  environment: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
  secrets: z.array(z.looseObject({ name: z.string() })).default([]),
  stopTimeout: z.int().min(0).optional(),
  startTimeout: z.int().min(0).optional(),
  workingDirectory: z.string().optional(),
  cpu: z.int().min(0).nullish(),
  memory: z.int().min(4).nullish(),
  memoryReservation: z.int().min(4).nullish(),
  linuxParameters: z.looseObject({ initProcessEnabled: z.boolean().default(false) }).optional(),
  dependsOn: z.array(z.strictObject({ containerName: z.string(), condition: z.string() })).default([]),
  healthCheck: healthShape.nullish(),
  restartPolicy: restartShape.nullish(),
});
type Shape = z.infer<typeof shape>;

/** Looks an image up where the executor runs images. */
export type ImageSource = (reference: string) => ImageConfig | undefined;

/** Reads one container, refusing what the rig does not model and what ECS would not register. */
export function readContainer(
  value: unknown,
  family: string,
  fargate: boolean,
  images?: ImageSource,
): ContainerDefinition {
  const given = parse(shape, value, `task definition ${family}, container`);
  const where = `task definition ${family}, container ${given.name}`;
  refuseUnmodelled(given, modelled, where);
  refuseUnmodelled(given.linuxParameters ?? {}, ['initProcessEnabled'], `${where}, linuxParameters`);
  const secret = given.secrets.find(({ name }) => name !== 'BUILDKITE_AGENT_TOKEN');
  if (secret)
    throw client(`${where}: the rig has no value for the secret "${secret.name}"; give it in environment`);
  const stopTimeout = given.stopTimeout ?? 30;
  if (fargate && given.stopTimeout !== undefined) checkFargateStop(stopTimeout);
  return {
    name: given.name,
    image: given.image,
    essential: given.essential,
    argv: safe(images === undefined ? argvOf(given, where) : argvInImage(given, where, images), where),
    init: given.linuxParameters?.initProcessEnabled ?? false,
    environment: Object.fromEntries(given.environment.map(({ name, value: text }) => [name, text])),
    workingDirectory: given.workingDirectory,
    stopTimeoutMs: stopTimeout * 1000,
    startTimeoutMs: given.startTimeout === undefined ? undefined : given.startTimeout * 1000,
    healthCheck: given.healthCheck ? healthCheckOf(given.healthCheck, where) : undefined,
    restartPolicy: restartPolicyOf(given.restartPolicy),
    cpu: given.cpu ?? 0,
    memory: given.memoryReservation ?? given.memory ?? 0,
    memoryLimit: given.memory ?? undefined,
    dependsOn: given.dependsOn.map(({ containerName, condition }) => ({
      name: containerName,
      condition: conditionOf(condition, where),
    })),
  };
}

/** Fargate's bounds; 120 itself is accepted in spite of the text (ECS-21). */
export function checkFargateStop(seconds: number): void {
  if (seconds >= 2 && seconds <= 120) return;
  throw client(
    'Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds.',
  );
}

function healthCheckOf(given: z.infer<typeof healthShape>, where: string): HealthCheck | undefined {
  const [form, ...rest] = given.command;
  if (form === 'NONE') return undefined;
  if (rest.length === 0) throw client(`${where}: healthCheck.command needs a command behind ${form ?? ''}`);
  if (form !== 'CMD' && form !== 'CMD-SHELL')
    throw client(`${where}: healthCheck.command begins with CMD, CMD-SHELL or NONE`);
  return {
    argv: form === 'CMD' ? rest : ['sh', '-c', rest.join(' ')],
    intervalMs: given.interval * 1000,
    timeoutMs: given.timeout * 1000,
    retries: given.retries,
    startPeriodMs: given.startPeriod * 1000,
  };
}

function restartPolicyOf(given: Shape['restartPolicy']): RestartPolicy | undefined {
  if (given?.enabled !== true) return undefined;
  return { ignoredExitCodes: given.ignoredExitCodes, attemptPeriodMs: given.restartAttemptPeriod * 1000 };
}

function conditionOf(text: string, where: string): DependencyCondition {
  if (text === 'START' || text === 'COMPLETE' || text === 'SUCCESS' || text === 'HEALTHY') return text;
  throw client(`${where}: "${text}" is no condition of dependsOn`);
}

/** Buildkite's own images start `buildkite-agent` under tini; of other images the rig does not know the entry point. */
function argvOf(given: Shape, where: string): readonly string[] {
  const official = /(^|\/)buildkite\/agent(:|@|$)/.test(given.image);
  const argv =
    given.entryPoint.length === 0 && official
      ? ['tini', '--', 'buildkite-agent', ...(given.command.length > 0 ? given.command : ['start'])]
      : [...given.entryPoint, ...given.command];
  if (argv.length === 0)
    throw client(`${where}: this executor knows no images; write entryPoint or command, or use "container"`);
  return argv;
}

/** As Docker puts it together: an entry point of one's own sets the image's command aside. */
function argvInImage(given: Shape, where: string, images: ImageSource): readonly string[] {
  const image = images(given.image);
  if (image === undefined)
    throw client(`${where}: the engine has no image "${given.image}"; pull or build it first`);
  const own = given.entryPoint.length > 0;
  const command = given.command.length > 0 || own ? given.command : image.command;
  const argv = [...(own ? given.entryPoint : image.entryPoint), ...command];
  if (argv.length === 0) throw client(`${where}: neither it nor its image says what to run`);
  return argv;
}

/** Keeps an agent from being led to the real service. */
function safe(argv: readonly string[], where: string): readonly string[] {
  const flag = /--(token|endpoint)\b/.exec(argv.join(' '));
  if (flag)
    throw client(
      `${where}: "${flag[0]}" on the command line would leave the rig; use the environment instead`,
    );
  return argv;
}

/** Refuses names, dependencies and conditions that ECS would refuse. */
export function checkContainers(containers: readonly ContainerDefinition[], family: string): void {
  if (!containers.some((each) => each.essential)) throw client('At least one container must be essential.');
  const names = containers.map((each) => each.name);
  if (new Set(names).size < names.length)
    throw client(`task definition ${family}: container names must be unique`);
  for (const { name, dependsOn } of containers) {
    for (const dependency of dependsOn) checkDependency(name, dependency, containers);
    if (reaches(name, name, containers)) throw client(`container ${name} depends on itself`);
  }
}

function checkDependency(
  name: string,
  { name: wanted, condition }: ContainerDefinition['dependsOn'][number],
  containers: readonly ContainerDefinition[],
): void {
  const other = containers.find((each) => each.name === wanted);
  if (!other) throw client(`container ${name} depends on ${wanted}, which does not exist`);
  if (condition === 'HEALTHY' && !other.healthCheck)
    throw client(`container ${name} waits for ${wanted} to be HEALTHY, which has no health check`);
  if ((condition === 'COMPLETE' || condition === 'SUCCESS') && other.essential)
    throw client(`container ${name} waits for the end (${condition}) of ${wanted}, which is essential`);
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
