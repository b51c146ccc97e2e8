import type { Agent } from '../model/entities/agent.ts';
import { formatSpan } from '../model/instants.ts';
import { findAgentContainer } from './agent-container.ts';
import { byBuildkite, clocksOf, type Stamp } from './clocks.ts';
import type { Evidence } from './evidence.ts';
import { findSignalWindow, readLagBound, type SignalWindow } from './stop.ts';

/** How long ECS took from `stoppingAt` to the signal of the agent's container: that is the service's time, not the worker's. */
export interface SignalLag {
  /** Milliseconds, at most where it was not measured. */
  readonly ms: number;
  /** When the agent heard the signal, by Buildkite's clock; null where nothing shows it. */
  readonly heardAt: Stamp | null;
  /** `ECS took 15.1 s to its signal (measured, by the agent's report)`. */
  readonly said: string;
  readonly events: readonly number[];
}

/** The lag as the target's agent reported its stop, or as its container's end at the stop time-out shows it; else the longest that it can have been. Null if nothing was stopped. */
export function measureSignalLag(evidence: Evidence): SignalLag | null {
  const window = findSignalWindow(evidence);
  if (window === null || evidence.target === null) return null;
  const agent = evidence.last('agent', evidence.target.agentId);
  const report = agent === null ? null : findStopReport(evidence, agent.value, window);
  if (agent !== null && report !== null) {
    const ms = Math.max(0, Math.round(clocksOf(evidence).distance(window.from, report).ms));
    const said = `ECS took ${formatSpan(ms)} to its signal (measured, by the agent's report of its stop)`;
    return { ms, heardAt: report, said, events: [agent.seq] };
  }
  const killed = measureUntilKill(evidence, window);
  if (killed !== null) return killed;
  const { ms, by } = readLagBound(evidence);
  const said = `ECS took ${formatSpan(ms)} at most to its signal (bounded, by ${by})`;
  return { ms, heardAt: null, said, events: [] };
}

/** The agent's own report of our stop; one that comes after its disconnect times nothing. */
function findStopReport(evidence: Evidence, agent: Agent, window: SignalWindow): Stamp | null {
  const { stoppedGracefullyAt: at, stoppedGracefullyBy: by, disconnectedAt: left } = agent;
  if (at === null || by !== null || (left !== null && left < at)) return null;
  const { order } = clocksOf(evidence);
  const report = byBuildkite(at);
  const isOurs = order(report, window.from) !== 'before' && order(report, window.reportBy) !== 'after';
  return isOurs ? report : null;
}

/** A container that was killed at its time-out was signalled that long before, where AWS's own host gives the time of its end. */
function measureUntilKill(evidence: Evidence, { dependants }: SignalWindow): SignalLag | null {
  const agent = findAgentContainer(evidence);
  if (agent?.container?.exitCode !== 137 || agent.end === null || !agent.atTimeout) return null;
  const ms = Math.max(0, (agent.lasted ?? 0) - agent.stopTimeout - dependants);
  const said = `ECS took ${formatSpan(ms)} to its signal (measured, by the container's end at its stopTimeout)`;
  return { ms, heardAt: null, said, events: [agent.task.seq] };
}

/** Shorter lags are not worth a word, milliseconds. */
const NOTICED = 1_000;

/** `; ECS took 15.1 s to its signal (...)`, where that was measured and takes part in a time that is told; else nothing. */
export function describeLongLag(evidence: Evidence): string {
  const lag = measureSignalLag(evidence);
  return lag === null || lag.events.length === 0 || lag.ms < NOTICED ? '' : `; ${lag.said}`;
}
