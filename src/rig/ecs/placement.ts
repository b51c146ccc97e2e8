import type { PlacementConstraint } from './definition.ts';
import { invalid } from './errors.ts';
import { remainingOf, type ContainerInstance } from './instances.ts';
import type { EcsState } from './state.ts';
import { spreadOverZones, type PlacementStrategy } from './strategies.ts';
import type { TaskSeed } from './task-seed.ts';

/** Why a host cannot take a task, as RunTask says it. */
export interface PlacementFailure {
  readonly arn: string;
  readonly reason: string;
}

/** Where a task is to be placed, or why it cannot be. */
export type Placed =
  | { readonly instance: ContainerInstance }
  | { readonly instance: undefined; readonly failures: readonly PlacementFailure[] };

/** Chooses a host for a task: constraints and room first, then the strategy, then the host with the fewest tasks (ECS-61). */
export function choosePlace(state: EcsState, seed: TaskSeed): Placed {
  const hosts = state.hosts.filter(
    (each) =>
      each.status === 'ACTIVE' &&
      (seed.capacityProvider === undefined ||
        each.capacityProvider === undefined ||
        each.capacityProvider === seed.capacityProvider),
  );
  const refused = hosts.map((host) => ({ host, reason: refusal(state, host, seed) }));
  let candidates: readonly ContainerInstance[] = refused
    .filter(({ reason }) => reason === undefined)
    .map(({ host }) => host);
  for (const strategy of seed.placementStrategy ?? spreadOverZones)
    candidates = narrowed(state, candidates, strategy, seed.group);
  const instance = fewest(candidates, (host) => tasksOn(state, host).length)[0];
  if (instance) return { instance };
  const failures = refused.map(({ host, reason }) => ({ arn: host.arn, reason: reason ?? '' }));
  return { instance: undefined, failures };
}

function tasksOn(state: EcsState, host: ContainerInstance): EcsState['tasks'] {
  return state.tasks.filter((task) => task.instanceArn === host.arn && task.stoppedAt === undefined);
}

function refusal(state: EcsState, host: ContainerInstance, seed: TaskSeed): string | undefined {
  for (const constraint of [...seed.definition.constraints, ...(seed.placementConstraints ?? [])]) {
    if (constraint.type === 'memberOf') {
      if (!memberOf(host, constraint)) return 'MemberOf placement constraint unsatisfied.';
    } else if (tasksOn(state, host).some((task) => task.seed.group === seed.group)) {
      return 'DistinctInstance placement constraint unsatisfied.';
    }
  }
  const left = remainingOf(state, host);
  if (seed.definition.needs.cpu > left.cpu) return 'RESOURCE:CPU';
  return seed.definition.needs.memory > left.memory ? 'RESOURCE:MEMORY' : undefined;
}

const expressionForm = /^attribute:([\w.-]+)\s*(?:(==|!=)\s*(\S+)|(exists|!exists))$/;

/** Refuses expressions of the cluster query language that the rig does not read. */
export function checkConstraints(constraints: readonly PlacementConstraint[]): void {
  for (const { type, expression = '' } of constraints) {
    if (type === 'memberOf' && !expressionForm.test(expression.trim()))
      throw invalid(`the rig does not model the placement constraint "${expression}"`);
  }
}

function memberOf(host: ContainerInstance, { expression = '' }: PlacementConstraint): boolean {
  const [, name = '', operator, wanted, existence] = expressionForm.exec(expression.trim()) ?? [];
  const value = host.attributes[name];
  if (existence !== undefined) return (value !== undefined) === (existence === 'exists');
  return (value === wanted) === (operator === '==');
}

function narrowed(
  state: EcsState,
  hosts: readonly ContainerInstance[],
  strategy: PlacementStrategy,
  group: string,
): readonly ContainerInstance[] {
  switch (strategy.type) {
    case 'random':
      return hosts;
    case 'binpack':
      return fewest(hosts, (host) => remainingOf(state, host)[strategy.field === 'cpu' ? 'cpu' : 'memory']);
    case 'spread': {
      const field = strategy.field ?? 'instanceId';
      return fewest(
        hosts,
        (host) =>
          state.hosts
            .filter((other) => fieldOf(other, field) === fieldOf(host, field))
            .flatMap((other) => tasksOn(state, other))
            .filter((task) => task.seed.group === group && task.desiredStatus === 'RUNNING').length,
      );
    }
    default:
      return assertNever(strategy.type);
  }
}

function fieldOf(host: ContainerInstance, field: string): string | undefined {
  return field.startsWith('attribute:') ? host.attributes[field.slice('attribute:'.length)] : host.arn;
}

/** Those with the lowest count, in their old order. */
function fewest<T>(all: readonly T[], countOf: (each: T) => number): readonly T[] {
  const least = Math.min(...all.map(countOf));
  return all.filter((each) => countOf(each) === least);
}

function assertNever(value: never): never {
  throw new Error(`not a placement strategy: ${String(value)}`);
}
