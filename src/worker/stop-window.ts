import type { ContainerDefinition, Task } from '../model/entities/task.ts';

/** ECS gives 30 s where a definition names no stopTimeout (ContainerDefinition.stopTimeout). */
export const DEFAULT_STOP_TIMEOUT = 30_000;
/** Fargate takes 2 to 120 s (ContainerDefinition.stopTimeout); elsewhere ECS names no bounds. */
const FARGATE = { least: 2_000, most: 120_000 } as const;
/** Spot capacity is gone two minutes after its notice, on Fargate and on EC2. */
export const SPOT_NOTICE = 120_000;

/** What the platform adds to a definition. */
export interface Platform {
  readonly fargate: boolean;
  readonly spot: boolean;
}

/** One container of the chain: how long it may take after its stop signal, in ms, and who says so. */
export interface StopStep {
  readonly container: string;
  readonly ms: number;
  /** `default`: the definition names none; `platform`: it names more or less than the platform gives. */
  readonly by: 'definition' | 'default' | 'platform';
}

/** How long a stop can take at most, told from a task definition alone. */
export interface StopWindow {
  /** Milliseconds from the first stop signal to the last SIGKILL, if every container takes all its time. */
  readonly ms: number;
  /** The chain of containers that takes longest, in the order in which they are stopped: the reverse of `dependsOn`. */
  readonly chain: readonly StopStep[];
  /** Milliseconds after the first signal at which the agent's container is signalled at the latest, and killed. */
  readonly agent: { readonly signalled: number; readonly killed: number } | null;
  /** Milliseconds after which the capacity itself is taken: two minutes on spot, else null. */
  readonly limit: number | null;
  /** Containers of the task that this limit can cut short. */
  readonly cut: readonly string[];
}

/** Where a task runs, as far as it bounds a stop; `reclaimed`: the drill plays a spot reclaim. */
export function platformOf(
  { launchType, capacityProvider }: Pick<Task, 'launchType' | 'capacityProvider'>,
  reclaimed: boolean,
): Platform {
  const provider = capacityProvider ?? '';
  return {
    fargate: launchType === 'FARGATE' || /^FARGATE(_SPOT)?$/.test(provider),
    spot: reclaimed || provider === 'FARGATE_SPOT',
  };
}

/**
 * The stop window of a task: ECS signals a container when all that depend on it have ended, so the stop time-outs along a
 * chain of `dependsOn` follow one another, and containers beside each other are stopped at once (ecs.md, order of
 * containers). Null without containers.
 */
export function stopWindow(
  definitions: readonly ContainerDefinition[],
  agent: string,
  platform: Platform,
): StopWindow | null {
  const chains = definitions.map((definition) => chainTo(definition, definitions, platform));
  const [longest] = chains.toSorted((a, b) => lengthOf(b) - lengthOf(a));
  if (longest === undefined) return null;
  const ends = chains.map((chain) => ({ name: chain.at(-1)?.container ?? '', killed: lengthOf(chain) }));
  const own = chains.find((chain) => chain.at(-1)?.container === agent);
  const limit = platform.spot ? SPOT_NOTICE : null;
  return {
    ms: lengthOf(longest),
    chain: longest,
    agent: own === undefined ? null : { signalled: lengthOf(own.slice(0, -1)), killed: lengthOf(own) },
    limit,
    cut: ends.filter(({ killed }) => limit !== null && killed > limit).map(({ name }) => name),
  };
}

/** The longest chain of stops that ends with this container; a circle, which ECS would not register, is entered once. */
function chainTo(
  last: ContainerDefinition,
  definitions: readonly ContainerDefinition[],
  platform: Platform,
  passed: readonly string[] = [],
): readonly StopStep[] {
  const before = definitions
    .filter(({ name, dependsOn }) => dependsOn.includes(last.name) && ![...passed, last.name].includes(name))
    .map((dependant) => chainTo(dependant, definitions, platform, [...passed, last.name]));
  const [longest = []] = before.toSorted((a, b) => lengthOf(b) - lengthOf(a));
  return [...longest, stepOf(last, platform)];
}

function stepOf({ name: container, stopTimeout }: ContainerDefinition, platform: Platform): StopStep {
  if (stopTimeout === null) return { container, ms: DEFAULT_STOP_TIMEOUT, by: 'default' };
  const ms = platform.fargate ? Math.min(Math.max(stopTimeout, FARGATE.least), FARGATE.most) : stopTimeout;
  return { container, ms, by: ms === stopTimeout ? 'definition' : 'platform' };
}

function lengthOf(chain: readonly StopStep[]): number {
  return chain.reduce((sum, { ms }) => sum + ms, 0);
}
