import type { ContainerDefinition } from '../model/entities/task.ts';
import type { Launch } from './launch.ts';

/** ECS's default stopTimeout, 30 s (ContainerDefinition.stopTimeout); on EC2 a host may set another, which no API shows. */
export const DEFAULT_STOP_TIMEOUT = 30_000;
/** Fargate allows 2 to 120 s (ContainerDefinition.stopTimeout); elsewhere ECS has no limits. Milliseconds. */
export const FARGATE_FLOOR = 2_000;
export const FARGATE_CEILING = 120_000;
/** Spot capacity ends two minutes after its notice, on Fargate and on EC2. Milliseconds. */
export const SPOT_NOTICE = 120_000;

/** One container of the chain: how long it may take after its stop signal, in ms, and the source of that time. */
export interface StopStep {
  readonly container: string;
  readonly ms: number;
  /** `default`: the definition sets no stopTimeout; `platform`: the definition is outside the platform's limits. */
  readonly by: 'definition' | 'default' | 'platform';
}

/** When the agent's container is signalled and killed at the latest, in ms after the first stop signal; 0 without it. */
export interface AgentStop {
  readonly signalled: number;
  readonly killed: number;
  /** Time between the two; less than the stopTimeout if spot capacity ends before. */
  readonly granted: number;
  /** The largest useful stopTimeout that leaves the other containers their time; null where nothing limits it. */
  readonly ceiling: number | null;
  /** Time from the first stop signal to the end of the last container that waits for the agent's end. */
  readonly whole: number;
}

/** How long a stop can take at most, by a task definition. */
export interface StopWindow {
  /** Milliseconds from the first stop signal to the last SIGKILL, if every container uses all its time. */
  readonly ms: number;
  /** The longest chain of containers, in the order of their stops: the reverse of `dependsOn`. */
  readonly chain: readonly StopStep[];
  readonly agent: AgentStop;
  /** Milliseconds after which the capacity itself ends: two minutes on spot, else null. */
  readonly limit: number | null;
  /** Containers of the task that this limit can cut off. */
  readonly cut: readonly string[];
}

type Containers = readonly ContainerDefinition[];
type Chain = readonly StopStep[];

/**
 * The stop window of a task. ECS signals a container when all containers that depend on it have ended, so stop time-outs
 * along a chain of `dependsOn` add up, and independent containers are stopped at the same time (ecs.md, order of containers).
 * A container that ended before others started takes no part. `isDeadAtOnce`: the agent ends when it is signalled.
 */
export function measureStopWindow(
  definitions: Containers,
  agent: string,
  launch: Launch,
  isDeadAtOnce = false,
): StopWindow {
  const lasting = lastingOf(definitions, agent);
  const step = (one: ContainerDefinition): StopStep =>
    isDeadAtOnce && one.name === agent ? { ...makeStopStep(one, launch), ms: 0 } : makeStopStep(one, launch);
  const chains = lasting.map((one) => chainOf(one, dependantsIn(lasting), step).toReversed());
  const longest = longestOf(chains);
  const limit = launch.spot === true ? SPOT_NOTICE : null;
  const ends = chains.map((chain) => ({ name: chain.at(-1)?.container ?? '', killed: lengthOf(chain) }));
  const before = chains.find((chain) => chain.at(-1)?.container === agent) ?? [];
  const behind = lasting
    .filter(({ name }) => name === agent)
    .map((own) => chainOf(own, dependenciesIn(lasting), step));
  return {
    ms: lengthOf(longest),
    chain: longest,
    agent: measureAgentStop(before, longestOf(behind), limit, launch),
    limit,
    cut: ends.filter(({ killed }) => limit !== null && killed > limit).map(({ name }) => name),
  };
}

/** The agent's times, from the chain that ends with the agent and the one that begins with it. */
function measureAgentStop(before: Chain, after: Chain, limit: number | null, { kind }: Launch): AgentStop {
  const [signalled, killed] = [lengthOf(before.slice(0, -1)), lengthOf(before)];
  const behind = lengthOf(after.slice(1));
  const most = kind === 'fargate' ? FARGATE_CEILING : null;
  return {
    ...{ signalled, killed },
    granted: Math.max(0, Math.min(killed, limit ?? killed) - signalled),
    ceiling: limit === null ? most : Math.max(0, Math.min(most ?? limit, limit - signalled - behind)),
    whole: killed + behind,
  };
}

/** Time of a container between its stop signal and SIGKILL. */
export function makeStopStep(
  { name: container, stopTimeout }: ContainerDefinition,
  { kind }: Launch,
): StopStep {
  if (stopTimeout === null) return { container, ms: DEFAULT_STOP_TIMEOUT, by: 'default' };
  const ms =
    kind === 'fargate' ? Math.min(Math.max(stopTimeout, FARGATE_FLOOR), FARGATE_CEILING) : stopTimeout;
  return { container, ms, by: ms === stopTimeout ? 'definition' : 'platform' };
}

/** The containers that run at the same time as `running`: all but those whose end others waited for. */
function lastingOf(definitions: Containers, running: string): Containers {
  return definitions.filter(({ name }) => name === running || !hasRunToEnd(name, definitions));
}

/** Whether a container ends before others start: `dependsOn` with COMPLETE or SUCCESS. Older journals hold no conditions. */
export function hasRunToEnd(name: string, definitions: Containers): boolean {
  return definitions.some(({ conditions }) => {
    const condition = conditions?.[name];
    return condition === 'COMPLETE' || condition === 'SUCCESS';
  });
}

/** The containers that a container depends on, directly or through others, in the order of their stops after it. */
export function listStoppedAfter(name: string, definitions: Containers): readonly string[] {
  return listNamesAlong(name, dependenciesIn(lastingOf(definitions, name)));
}

/** The containers that depend on a container, directly or through others; they are stopped before it. */
export function listStoppedBefore(name: string, definitions: Containers): readonly string[] {
  return listNamesAlong(name, dependantsIn(lastingOf(definitions, name)));
}

/** The containers next to one of these names, on one side of it. */
type Neighbours = (name: string) => Containers;

function dependantsIn(definitions: Containers): Neighbours {
  return (name) => definitions.filter(({ dependsOn }) => dependsOn.includes(name));
}

function dependenciesIn(definitions: Containers): Neighbours {
  return (name) => {
    const names = definitions.find((one) => one.name === name)?.dependsOn ?? [];
    return names.flatMap((on) => definitions.find((one) => one.name === on) ?? []);
  };
}

function listNamesAlong(name: string, next: Neighbours): readonly string[] {
  const order: string[] = [];
  const visit = (from: string): void => {
    for (const one of next(from)) {
      if (order.includes(one.name) || one.name === name) continue;
      order.push(one.name);
      visit(one.name);
    }
  };
  visit(name);
  return order;
}

/** The longest chain of stops from this container on; a circle, which ECS would not register, is followed once. */
function chainOf(
  first: ContainerDefinition,
  next: Neighbours,
  step: (one: ContainerDefinition) => StopStep,
  passed: readonly string[] = [],
): Chain {
  const seen = [...passed, first.name];
  const others = next(first.name).filter(({ name }) => !seen.includes(name));
  return [step(first), ...longestOf(others.map((one) => chainOf(one, next, step, seen)))];
}

function longestOf(chains: readonly Chain[]): Chain {
  return chains.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0] ?? [];
}

function lengthOf(chain: Chain): number {
  return chain.reduce((sum, { ms }) => sum + ms, 0);
}
