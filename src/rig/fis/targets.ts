import type { ContainerInstance } from '../ecs/instances.ts';
import type { EcsState } from '../ecs/state.ts';
import type { EcsTask } from '../ecs/task.ts';
import type { TargetInput } from './shapes.ts';

/** What a target stands for when the experiment begins; FIS resolves it once (FIS-4). */
export interface Resolved {
  readonly tasks: readonly EcsTask[];
  readonly hosts: readonly ContainerInstance[];
}

/** Resolves one target, with its selection mode applied. */
export function resolveTarget(state: EcsState, target: TargetInput): Resolved {
  switch (target.resourceType) {
    case 'aws:ecs:task':
      return { tasks: choose(listTasks(state, target), target.selectionMode), hosts: [] };
    case 'aws:ec2:spot-instance':
      return { tasks: [], hosts: choose(listHosts(state, target), target.selectionMode) };
    case 'aws:ecs:cluster': {
      const isOurs = target.resourceArns?.includes(state.clusterArn) === true;
      return { tasks: [], hosts: isOurs ? state.instances.filter(({ status }) => status === 'ACTIVE') : [] };
    }
  }
}

/** By ARN, by tags, or by the parameters `cluster` and `service` (FIS User Guide, aws:ecs:task). */
function listTasks(state: EcsState, target: TargetInput): readonly EcsTask[] {
  const { resourceArns, resourceTags, parameters } = target;
  const { cluster, service } = parameters ?? {};
  const running = state.tasks.filter(({ desiredStatus }) => desiredStatus === 'RUNNING');
  if (cluster !== undefined && cluster !== state.cluster.name && cluster !== state.clusterArn) return [];
  return running.filter(
    ({ seed, tags }) =>
      (resourceArns === undefined || resourceArns.includes(seed.arn)) &&
      (service === undefined || seed.serviceName === service) &&
      Object.entries(resourceTags ?? {}).every(([key, value]) => tags[key] === value),
  );
}

function listHosts(state: EcsState, { resourceArns }: TargetInput): readonly ContainerInstance[] {
  const { region, account } = state.cluster;
  const arnOf = (id: string): string => `arn:aws:ec2:${region}:${account}:instance/${id}`;
  return state.instances.filter(
    ({ ec2InstanceId, status }) =>
      status !== 'INACTIVE' && resourceArns?.includes(arnOf(ec2InstanceId)) === true,
  );
}

/** COUNT and PERCENT choose at random. */
function choose<T>(all: readonly T[], mode: string): readonly T[] {
  const [, kind, number] = /^(COUNT|PERCENT)\((\d+)\)$/.exec(mode) ?? [];
  if (kind === undefined) return all;
  const many = kind === 'COUNT' ? Number(number) : Math.floor((all.length * Number(number)) / 100);
  const left = [...all];
  const chosen: T[] = [];
  while (chosen.length < many && left.length > 0)
    chosen.push(...left.splice(Math.floor(Math.random() * left.length), 1));
  return chosen;
}
