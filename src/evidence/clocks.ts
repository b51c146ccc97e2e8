import type { Job } from '../model/entities/job.ts';
import type {
  AgentInstant,
  BuildkiteInstant,
  EcsInstant,
  Instant,
  InstanceInstant,
} from '../model/instants.ts';
import type { Evidence } from './evidence.ts';
import { findFact, type World } from '../model/world.ts';

/** An instant and the clock it was read from. Only `clocksOf` compares two of them. */
export interface Stamp {
  readonly at: number;
  /** `buildkite`, `ecs`, `fargate`, `runner:N` (the Nth process of the drill), `agent:UUID`, `instance:ARN`. */
  readonly clock: string;
}

/** By Buildkite's servers. */
export function byBuildkite(at: BuildkiteInstant): Stamp {
  return { at, clock: 'buildkite' };
}

/** By the host of that agent. */
export function byAgent(at: AgentInstant, agentId: string): Stamp {
  return { at, clock: `agent:${agentId}` };
}

/** By ECS's control plane. */
export function byEcs(at: EcsInstant): Stamp {
  return { at, clock: 'ecs' };
}

/** By the EC2 instance of a task, which nobody knows; on Fargate by AWS's own hosts, which are set by the same time. */
export function byInstance(
  at: InstanceInstant,
  { instanceArn }: { readonly instanceArn: string | null },
): Stamp {
  return { at, clock: instanceArn === null ? 'fargate' : `instance:${instanceArn}` };
}

/** By the machine that gameday ran on when it wrote that event: a drill that was resumed has had several. */
export function byRunner(evidence: Evidence, at: Instant, seq: number): Stamp {
  return { at, clock: `runner:${String(processOf(evidence, seq))}` };
}

/** Whether a read was sent after an answer had come. Two processes of a drill may run on two machines: the later one read later, whatever their clocks say. */
export function isSentAfter(
  evidence: Evidence,
  read: { readonly sentAt: Instant; readonly seq: number },
  answer: { readonly at: Instant; readonly seq: number },
): boolean {
  const [ofRead, ofAnswer] = [processOf(evidence, read.seq), processOf(evidence, answer.seq)];
  return ofRead === ofAnswer ? read.sentAt >= answer.at : ofRead > ofAnswer;
}

/** The same clock, so many milliseconds later. */
export function shiftStamp(stamp: Stamp, ms: number): Stamp {
  return { ...stamp, at: stamp.at + ms };
}

export type Order = 'before' | 'after' | 'cannot tell';

/** How long after the first instant the second one lies, in ms, and by how much that may be wrong (Infinity: nothing is known). */
export interface Distance {
  readonly ms: number;
  readonly error: number;
  /** As the two clocks show it, without any correction. */
  readonly shown: number;
}

/** Compares instants of different clocks; nothing else does. */
export interface Clocks {
  /** Whether `a` lies before `b`. Of one clock always; of two only where they are apart by more than 2 s and than all that is known of them. */
  order(a: Stamp, b: Stamp): Order;
  /** The same by the measured error alone, without the 2 s: for doubting what a read showed, never for proving. */
  orderAsMeasured(a: Stamp, b: Stamp): Order;
  distance(a: Stamp, b: Stamp): Distance;
}

/** Servers are not set to the millisecond, so no order between two clocks rests on less (verdict rule 3). */
const LEAST_ERROR = 2_000;
/** Hosts of one service are set by NTP: what their clocks may be apart, whatever was measured. */
const LEAST_MEASURED = 250;
/** Fargate's hosts against the control plane. */
const FARGATE_ERROR = 500;
/** An agent stamps its start and then tells Buildkite: the request takes no longer than this. */
const START_REQUEST = 2_000;

/** How far a clock is ahead of Buildkite's: somewhere between the two, milliseconds. */
interface Ahead {
  readonly low: number;
  readonly high: number;
}
const UNKNOWN: Ahead = { low: -Infinity, high: Infinity };
const NONE: Ahead = { low: 0, high: 0 };

/** An index is a value: what is known of the clocks is drawn from it once. */
const known = new WeakMap<Evidence['index'], Clocks>();

/** What is known of the clocks of a drill: from `Date` headers with their round trips, and from starts and ends that two clocks saw. */
export function clocksOf(evidence: Evidence): Clocks {
  const clocks = known.get(evidence.index) ?? estimateClocks(evidence);
  known.set(evidence.index, clocks);
  return clocks;
}

function estimateClocks(evidence: Evidence): Clocks {
  const ahead = new Map<string, Ahead>();
  const aheadOf = (clock: string): Ahead => {
    const found = ahead.get(clock) ?? estimateAhead(evidence, clock);
    ahead.set(clock, found);
    return found;
  };
  const distance = (a: Stamp, b: Stamp): Distance => {
    const shown = b.at - a.at;
    if (a.clock === b.clock) return { ms: shown, error: 0, shown };
    const between = subtractAhead(aheadOf(b.clock), aheadOf(a.clock));
    const [low, high] = [shown - between.high, shown - between.low];
    if (!Number.isFinite(low) || !Number.isFinite(high)) return { ms: shown, error: Infinity, shown };
    return { ms: (low + high) / 2, error: (high - low) / 2, shown };
  };
  const ordered = (a: Stamp, b: Stamp, least: number): Order => {
    const { ms, error } = distance(a, b);
    const apart = a.clock === b.clock ? 0 : Math.max(least, error);
    if (ms > apart) return 'before';
    return ms < -apart ? 'after' : 'cannot tell';
  };
  return {
    distance,
    order: (a, b) => ordered(a, b, LEAST_ERROR),
    orderAsMeasured: (a, b) => ordered(a, b, LEAST_MEASURED),
  };
}

/** What a server's clock may be off by where no `Date` of it was seen. */
const UNMEASURED = { offset: 0, uncertainty: 1_000 };

/** How long after an instant of ECS one of Buildkite lies, before anything is written down: by the latest `Date` headers alone. */
export function measureEcsToBuildkite(
  world: World,
  ofEcs: EcsInstant,
  ofBuildkite: BuildkiteInstant,
): Distance {
  const ecs = findFact(world, 'clock', 'ecs') ?? UNMEASURED;
  const buildkite = findFact(world, 'clock', 'buildkite') ?? UNMEASURED;
  const shown = Number(ofBuildkite) - Number(ofEcs);
  return {
    ms: shown - buildkite.offset + ecs.offset,
    error: ecs.uncertainty + buildkite.uncertainty,
    shown,
  };
}

function estimateAhead(evidence: Evidence, clock: string): Ahead {
  const [kind = '', id = ''] = splitClock(clock);
  switch (kind) {
    case 'buildkite':
      return NONE;
    case 'ecs':
      return estimateEcsAhead(evidence);
    case 'fargate':
      return widenAhead(estimateEcsAhead(evidence), FARGATE_ERROR);
    case 'runner':
      return estimateRunnerAhead(evidence, Number(id));
    case 'agent':
      return estimateAgentAhead(evidence, id);
    default:
      // An EC2 instance: nothing that both clocks saw is dated by both.
      return UNKNOWN;
  }
}

function splitClock(clock: string): readonly string[] {
  const at = clock.indexOf(':');
  return at < 0 ? [clock] : [clock.slice(0, at), clock.slice(at + 1)];
}

/** Numbers of the events with which another process took the drill up. */
function listTakeovers({ events }: Evidence): readonly number[] {
  return events('GD_RESUMED').map(({ seq }) => seq);
}

function processOf(evidence: Evidence, seq: number): number {
  return listTakeovers(evidence).filter((taken) => taken <= seq).length;
}

/** How far a service's clock is ahead of the runner's, by all `Date` headers that one process saw; null where it saw none. */
function estimateServiceAhead(
  evidence: Evidence,
  service: 'buildkite' | 'ecs',
  process: number,
): Ahead | null {
  const [after, before] = [[-1, ...listTakeovers(evidence)][process], listTakeovers(evidence)[process]];
  const shown = evidence.values('clock', service, after, before);
  return mergeAhead(
    shown.map(({ offset, uncertainty }) => ({ low: offset - uncertainty, high: offset + uncertainty })),
  );
}

function estimateRunnerAhead(evidence: Evidence, process: number): Ahead {
  const buildkite = estimateServiceAhead(evidence, 'buildkite', process);
  if (buildkite !== null) return subtractAhead(NONE, buildkite);
  const ecs = estimateServiceAhead(evidence, 'ecs', process);
  return ecs === null ? UNKNOWN : subtractAhead(estimateEcsAhead(evidence), ecs);
}

/** Both services were read by one runner: the difference of what it saw of each. */
function estimateEcsAhead(evidence: Evidence): Ahead {
  const processes = [...Array(listTakeovers(evidence).length + 1).keys()];
  const seen = processes.flatMap((process) => {
    const [ecs, buildkite] = [
      estimateServiceAhead(evidence, 'ecs', process),
      estimateServiceAhead(evidence, 'buildkite', process),
    ];
    return ecs === null || buildkite === null ? [] : [subtractAhead(ecs, buildkite)];
  });
  return mergeAhead(seen) ?? UNKNOWN;
}

/**
 * An agent stamps a start or an end and then tells Buildkite, which stamps it again: the agent's clock is ahead by the
 * difference at least. A start is told at once; an end after the log was uploaded, so that bounds from below alone.
 */
function estimateAgentAhead(evidence: Evidence, agentId: string): Ahead {
  const jobs = evidence.every('job').filter(({ value }) => value.agentId === agentId);
  const starts = jobs.flatMap(({ value }) => subtractInstants(value.startedAt, timeOf(value, 'STARTED')));
  const ends = jobs.flatMap(({ value }) => subtractInstants(value.finishedAt, timeOf(value, 'FINISHED')));
  if (starts.length === 0 && ends.length === 0) return UNKNOWN;
  const low = Math.max(...starts, ...ends);
  return { low, high: starts.length === 0 ? Infinity : low + START_REQUEST };
}

function timeOf({ events }: Job, type: string): BuildkiteInstant | null {
  return (events ?? []).find((event) => event.type === type && event.actor === 'agent')?.at ?? null;
}

function subtractInstants(
  ofAgent: AgentInstant | null,
  ofBuildkite: BuildkiteInstant | null,
): readonly number[] {
  return ofAgent === null || ofBuildkite === null ? [] : [Number(ofAgent) - Number(ofBuildkite)];
}

/** What all of them say together; where they contradict each other a clock was set, and anything between them may hold. */
function mergeAhead(all: readonly Ahead[]): Ahead | null {
  if (all.length === 0) return null;
  const low = Math.max(...all.map((one) => one.low));
  const high = Math.min(...all.map((one) => one.high));
  if (low <= high) return { low, high };
  return { low: Math.min(...all.map((one) => one.low)), high: Math.max(...all.map((one) => one.high)) };
}

function subtractAhead(a: Ahead, b: Ahead): Ahead {
  return { low: a.low - b.high, high: a.high - b.low };
}

function widenAhead({ low, high }: Ahead, by: number): Ahead {
  return { low: low - by, high: high + by };
}
