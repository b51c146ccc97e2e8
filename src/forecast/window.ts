import type { Container, Definition } from './definition.ts';

/** Where a task runs, as far as its stop depends on it. */
export const LAUNCH_TYPES = ['FARGATE', 'FARGATE_SPOT', 'EC2', 'EC2_SPOT', 'EXTERNAL'] as const;
export type LaunchType = (typeof LAUNCH_TYPES)[number];

/** ECS's own where a definition gives none; on EC2 unless the host's ECS_CONTAINER_STOP_TIMEOUT says otherwise. */
export const DEFAULT_STOP_TIMEOUT = 30_000;
/** Fargate takes no `stopTimeout` above it. On EC2 there is no ceiling. Source: API reference, ContainerDefinition. */
export const FARGATE_CEILING = 120_000;
/** A spot reclaim leaves the whole task two minutes, on Fargate and on EC2. */
const SPOT_NOTICE = 120_000;

/** How long an agent has to finish its job, and why. All times are milliseconds. */
export interface Window {
  readonly container: string;
  readonly launchType: LaunchType;
  /** What the definition gives; null where it gives none. */
  readonly stopTimeout: number | null;
  /** From the agent's signal to its SIGKILL, at least: T. */
  readonly drain: number;
  /** What may pass before the agent is signaled: containers that depend on it stop first, each up to its own time. */
  readonly before: number;
  /** From the stop to the end of the last container, at most. */
  readonly wholeStop: number;
  /** The largest `stopTimeout` that can be had; null where there is no ceiling. */
  readonly ceiling: number | null;
  /** Whether the signal reaches the agent, as far as the definition tells. */
  readonly told: boolean;
  readonly notes: readonly string[];
}

/** The container that runs the agent: the one named, else the one that starts it, else the only one; null where that does not decide. */
export function agentContainer(definition: Definition, named: string | null): Container | null {
  const { containers } = definition;
  if (named !== null) return containers.find(({ name }) => name === named) ?? null;
  const starts = containers.filter(({ entryPoint, command }) =>
    [...entryPoint, ...command].some((word) => word.includes('buildkite-agent')),
  );
  const [found] = starts.length > 0 ? starts : containers;
  return (starts.length > 0 ? starts : containers).length === 1 ? (found ?? null) : null;
}

/** The launch type that a definition allows: the stricter one where it allows several or names none. */
export function launchTypeOf(definition: Definition): LaunchType {
  const { compatibilities } = definition;
  if (compatibilities.length === 0 || compatibilities.includes('FARGATE')) return 'FARGATE';
  return compatibilities.includes('EC2') ? 'EC2' : 'EXTERNAL';
}

/** The drain window of an agent's container, from its definition, the stop chain and the launch type. */
export function windowOf(definition: Definition, agent: Container, launchType: LaunchType): Window {
  const spot = launchType.endsWith('_SPOT');
  const own = stopTimeoutOf(agent);
  const before = Math.max(0, ...dependents(definition, agent.name).map((one) => chain(definition, one)));
  const wholeStop = Math.max(...definition.containers.map((one) => chain(definition, one)));
  const told = !hidesSignal(agent);
  return {
    container: agent.name,
    launchType,
    stopTimeout: agent.stopTimeout,
    drain: spot ? Math.max(0, Math.min(own, SPOT_NOTICE - before)) : own,
    before: spot ? Math.min(before, SPOT_NOTICE) : before,
    wholeStop: spot ? Math.min(wholeStop, SPOT_NOTICE) : wholeStop,
    ceiling: ceilingOf(launchType, before),
    told,
    notes: notesOf(agent, launchType, { own, before, wholeStop, told }),
  };
}

function ceilingOf(launchType: LaunchType, before: number): number | null {
  if (launchType === 'FARGATE') return FARGATE_CEILING;
  return launchType.endsWith('_SPOT') ? Math.max(0, SPOT_NOTICE - before) : null;
}

function stopTimeoutOf({ stopTimeout }: Container): number {
  return stopTimeout ?? DEFAULT_STOP_TIMEOUT;
}

function dependents({ containers }: Definition, name: string): readonly Container[] {
  return containers.filter(({ dependsOn }) => dependsOn.includes(name));
}

/** From the stop to this container's end, at most: it is held until all that depend on it have stopped. */
function chain(definition: Definition, container: Container): number {
  const first = dependents(definition, container.name).map((one) => chain(definition, one));
  return Math.max(0, ...first) + stopTimeoutOf(container);
}

/**
 * A shell that is PID 1 and waits for the agent takes the signal itself. dash does so for every command; bash and BusyBox
 * put a single command in their place. Which shell the image has is not in the definition, so the worse is assumed.
 */
function hidesSignal({ entryPoint, command }: Container): boolean {
  const words = [...entryPoint, ...command];
  const shell = words[0]?.split('/').at(-1) ?? '';
  const script = words[1] === '-c' ? words[2] : undefined;
  if (!['sh', 'dash', 'bash', 'ash'].includes(shell) || script === undefined) return false;
  return !/(^|[;&|\n]\s*)exec\s+(\S*\/)?buildkite-agent\b[^;&|\n]*$/.test(script.trim());
}

interface Times {
  readonly own: number;
  readonly before: number;
  readonly wholeStop: number;
  readonly told: boolean;
}

function notesOf(
  agent: Container,
  launchType: LaunchType,
  { before, wholeStop, told }: Times,
): readonly string[] {
  const notes: string[] = [];
  if (agent.stopTimeout === null)
    notes.push(
      launchType.startsWith('EC2') || launchType === 'EXTERNAL'
        ? "no stopTimeout: 30 s, unless the host's ECS_CONTAINER_STOP_TIMEOUT says otherwise, which no API shows"
        : "no stopTimeout: ECS's 30 s",
    );
  if (!told)
    notes.push(
      'the agent starts through a shell without exec: where sh is dash the signal never reaches it, and this forecast counts so (--told yes if the image has bash or BusyBox as sh)',
    );
  if (before > 0)
    notes.push(
      `containers that depend on "${agent.name}" stop first: it may take jobs for up to ${before / 1000} s more before it is told`,
    );
  if (launchType.endsWith('_SPOT') && wholeStop > SPOT_NOTICE)
    notes.push(`the stop chain takes up to ${wholeStop / 1000} s, and a spot reclaim leaves two minutes`);
  return notes;
}
