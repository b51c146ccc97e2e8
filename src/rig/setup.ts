import { plantDeployments } from './ecs/deployment-history.ts';
import { messageOf, RigFailure } from './failure.ts';
import { agentArguments } from './ecs/command-line.ts';
import { runsAgent } from './ecs/container-definition.ts';
import type { EcsRig } from './ecs/rig.ts';
import { createShape } from './fis/shapes.ts';
import { readJson, type ReadRigFile } from './file.ts';
import type { RigFile } from './file-schema.ts';

/** Registers what the rig file names and starts its services and tasks. */
export function setUpCluster(ecs: EcsRig, file: ReadRigFile): void {
  for (const service of file.rig.services) createService(ecs, file, service);
  for (const [id, path] of Object.entries(file.rig.experimentTemplates)) addTemplate(ecs, file, id, path);
  for (const task of file.rig.tasks) {
    const taskDefinition = register(ecs, file, task.taskDefinition);
    const { count, group } = task;
    const tags = tagList(task.tags);
    const { failures } = ask(ecs, 'RunTask', {
      cluster: file.rig.cluster,
      taskDefinition,
      count,
      ...host(task.launchType),
      tags,
      group,
    });
    if (Array.isArray(failures) && failures.length > 0)
      throw new RigFailure(
        'bad-input',
        `${file.path}: no instance has room for ${task.taskDefinition}: ${JSON.stringify(failures[0])}`,
      );
  }
}

function addTemplate(ecs: EcsRig, file: ReadRigFile, id: string, path: string): void {
  const read = createShape.safeParse(readJson(file.resolve(path), 'the experiment template'));
  if (!read.success) {
    const issue = read.error.issues[0];
    const where = (issue?.path ?? []).join('.');
    throw new RigFailure('bad-input', `${file.resolve(path)}: ${where}: ${issue?.message ?? 'no template'}`);
  }
  try {
    ecs.fis.addTemplate(id, read.data);
  } catch (error) {
    throw new RigFailure('bad-input', `${file.resolve(path)}: ${messageOf(error)}`);
  }
}

function register(ecs: EcsRig, file: ReadRigFile, path: string): string {
  const document = readJson(file.resolve(path), 'the task definition');
  const answer = ask(
    ecs,
    'RegisterTaskDefinition',
    unwrapped(document, 'taskDefinition'),
    file.resolve(path),
  );
  return (answer['taskDefinition'] as { taskDefinitionArn: string }).taskDefinitionArn;
}

/** The output of a describe call wraps what the create call takes. */
function unwrapped(document: unknown, name: string): unknown {
  if (typeof document !== 'object' || document === null || !(name in document)) return document;
  const inner = (document as Readonly<Record<string, unknown>>)[name];
  return typeof inner === 'object' ? inner : document;
}

function createService(ecs: EcsRig, file: ReadRigFile, service: RigFile['services'][number]): void {
  const given = service.service === undefined ? {} : readService(file.resolve(service.service));
  const name = service.name ?? textOf(given['serviceName']);
  if (name === undefined) throw new RigFailure('bad-input', `${file.path}: a service needs a name`);
  if (service.processes !== undefined) ecs.state.tasksWithProcesses.set(name, service.processes);
  const taskDefinition = register(ecs, file, service.taskDefinition);
  if (service.agent === 'in-process') bringAgentsInProcess(ecs, file, name, taskDefinition);
  const launchType = service.launchType ?? (hasHost(given) ? undefined : 'FARGATE');
  ask(ecs, 'CreateService', {
    propagateTags: 'SERVICE',
    ...given,
    cluster: file.rig.cluster,
    serviceName: name,
    taskDefinition,
    ...(service.desiredCount !== undefined && { desiredCount: service.desiredCount }),
    ...(launchType !== undefined && host(launchType)),
    tags: [...(Array.isArray(given['tags']) ? (given['tags'] as unknown[]) : []), ...tagList(service.tags)],
  });
  const created = ecs.state.findService(name);
  if (created) plantDeployments(created, service.pastDeployments);
}

/** Only an agent that hears its container's signals can be stood in for: what a shell does with them, only a shell shows. */
function bringAgentsInProcess(ecs: EcsRig, file: ReadRigFile, name: string, taskDefinition: string): void {
  const definition = ecs.state.definitions.find(({ arn }) => arn === taskDefinition);
  const unfit = definition?.containers.find((one) => runsAgent(one) && agentArguments(one) === undefined);
  if (unfit !== undefined)
    throw new RigFailure(
      'bad-input',
      `${file.path}: service ${name}: "agent: in-process" needs a container that starts the agent itself, and ${unfit.name} starts "${unfit.argv.join(' ')}": leave "agent" out, so that real processes show what that does with a signal`,
    );
  ecs.state.agentsInProcess.add(name);
}

const outputOnly = [
  'serviceArn',
  'clusterArn',
  'status',
  'runningCount',
  'pendingCount',
  'deployments',
  'events',
  'createdAt',
  'createdBy',
  'roleArn',
  'taskDefinition',
  'taskSets',
  'platformFamily',
  'cluster',
];

function readService(path: string): Record<string, unknown> {
  const document = onlyOf(readJson(path, 'the service'));
  if (typeof document !== 'object' || document === null)
    throw new RigFailure('bad-input', `${path}: not a service`);
  return Object.fromEntries(
    Object.entries(document).filter(
      ([key, value]) => !outputOnly.includes(key) && !(Array.isArray(value) && value.length === 0),
    ),
  );
}

/** The output of describe-services holds a list. */
function onlyOf(document: unknown): unknown {
  if (typeof document !== 'object' || document === null || !('services' in document)) return document;
  return Array.isArray(document.services) ? (document.services[0] as unknown) : document;
}

function hasHost(given: Readonly<Record<string, unknown>>): boolean {
  return 'launchType' in given || 'capacityProviderStrategy' in given;
}

function host(launchType: string): Record<string, unknown> {
  if (launchType === 'FARGATE_SPOT')
    return { capacityProviderStrategy: [{ capacityProvider: launchType, weight: 1 }] };
  return { launchType };
}

function tagList(tags: Readonly<Record<string, string>>): readonly { key: string; value: string }[] {
  return Object.entries(tags).map(([key, value]) => ({ key, value }));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function ask(ecs: EcsRig, operation: string, input: unknown, source?: string): Record<string, unknown> {
  try {
    return ecs.request(operation, input);
  } catch (error) {
    throw new RigFailure('bad-input', `${source === undefined ? operation : source}: ${messageOf(error)}`);
  }
}
