import { noReplica } from '../replica.ts';
import { REAL_LIMITS } from './limits.ts';
import type { ReplicaLag } from '../replica.ts';

/** Facts about Buildkite that no public source settles: each is a knob, so that both answers can be rehearsed. */
export interface BuildkiteKnobs {
  readonly pingIntervalMs: number;
  readonly heartbeatIntervalMs: number;
  readonly retriedJobsListed: boolean;
  /** How long after its time an event shows in a job's history. */
  readonly historyLagMs: number;
  /** GraphQL points of the user in five minutes; the organization has four times as many, as at Buildkite. */
  readonly userPoints: number;
  readonly connectionState: 'upper' | 'lower';
  readonly drainedAgentEnds: 'disconnected' | 'stopped';
  readonly lostDisconnectedAt: 'null' | 'set';
  readonly lostAgentBySlug: 'object' | 'null';
  readonly agentLostType: 'generic' | 'finished';
  readonly lossEvent: 'AGENT_LOST' | 'AGENT_DISCONNECTED' | 'none';
  readonly gracefulReport: 'auto' | 'off';
  /** How long after its arrival an agent's report of its stop takes effect. */
  readonly gracefulReportDelayMs: number;
  /** Whether a retry rule that names a signal or a reason, but no exit status, matches -1. */
  readonly rulesWithoutExitStatus: 'match-minus-one' | 'leave-out-minus-one';
  readonly disconnectCall: 'ok' | 'fail';
  /** To which of several idle agents of the same priority a job goes. */
  readonly dispatch: 'warmest' | 'longest-idle' | 'latest-idle';
  /** Only the first agent of a task has the tags that ECS gives. */
  readonly tagsFirstOnly: boolean;
  /** What the filter of agents by tag, which Buildkite does not document, does. */
  readonly agentFilter: 'exact' | 'nothing' | 'ignored' | 'partial';
  readonly clockOffsetMs: number;
  /** How old the replica is that answers queries. */
  readonly replicaLag: ReplicaLag;
  /** How far the clocks of the agents' hosts are ahead: the n-th host that registers an agent takes the n-th, in turns. */
  readonly hostClockOffsetsMs: readonly number[];
}

// Small, so that drills of seconds see what takes the real service minutes.
const DEFAULT_INTERVAL_MS = 1000;

/** Reads the knobs of this half out of the rig file's; keys of the other half are none of its business. */
export function readKnobs(raw: Record<string, unknown>): BuildkiteKnobs {
  return {
    retriedJobsListed: raw['retriedJobsListed'] !== false,
    historyLagMs: offset(raw['historyLag']),
    userPoints: typeof raw['userPoints'] === 'number' ? raw['userPoints'] : REAL_LIMITS.user,
    pingIntervalMs: offset(raw['pingInterval'] ?? DEFAULT_INTERVAL_MS),
    heartbeatIntervalMs: offset(raw['heartbeatInterval'] ?? DEFAULT_INTERVAL_MS),
    connectionState: raw['connectionState'] === 'lower' ? 'lower' : 'upper',
    drainedAgentEnds: raw['drainedAgentEnds'] === 'stopped' ? 'stopped' : 'disconnected',
    lostDisconnectedAt: raw['lostDisconnectedAt'] === 'set' ? 'set' : 'null',
    // YAML reads an unquoted null as nothing at all.
    lostAgentBySlug: raw['lostAgentBySlug'] === null || raw['lostAgentBySlug'] === 'null' ? 'null' : 'object',
    agentLostType: raw['agentLostType'] === 'finished' ? 'finished' : 'generic',
    lossEvent: lossEvent(raw['lossEvent']),
    gracefulReport: raw['gracefulReport'] === 'off' || raw['gracefulReport'] === false ? 'off' : 'auto',
    gracefulReportDelayMs: delayOf(raw['gracefulReport']),
    rulesWithoutExitStatus:
      raw['rulesWithoutExitStatus'] === 'leave-out-minus-one' ? 'leave-out-minus-one' : 'match-minus-one',
    disconnectCall: raw['disconnectCall'] === 'fail' ? 'fail' : 'ok',
    tagsFirstOnly: raw['agentTag'] === 'first-only',
    agentFilter: agentFilter(raw['agentFilter']),
    dispatch: dispatch(raw['dispatch']),
    clockOffsetMs: offset(raw['clockOffset']),
    replicaLag: { ...noReplica, ...(raw['buildkiteReplicaLag'] as Partial<ReplicaLag> | undefined) },
    hostClockOffsetsMs: [raw['hostClockOffset'] ?? 0].flat().map(offset),
  };
}

function delayOf(value: unknown): number {
  return typeof value === 'object' && value !== null && 'delay' in value ? offset(value.delay) : 0;
}

function lossEvent(value: unknown): BuildkiteKnobs['lossEvent'] {
  if (value === 'AGENT_DISCONNECTED' || value === 'none') return value;
  return 'AGENT_LOST';
}

function agentFilter(value: unknown): BuildkiteKnobs['agentFilter'] {
  return value === 'nothing' || value === 'ignored' || value === 'partial' ? value : 'exact';
}

function dispatch(value: unknown): BuildkiteKnobs['dispatch'] {
  return value === 'longest-idle' || value === 'latest-idle' ? value : 'warmest';
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function offset(value: unknown): number {
  if (typeof value === 'number') return value;
  const parts = typeof value === 'string' ? /^([+-]?\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value) : null;
  return parts === null ? 0 : Number(parts[1]) * (UNIT_MS[parts[2] ?? 'ms'] ?? 1);
}
