import { isJudged } from '../journal/attempts.ts';
import type { Evidence } from '../journal/evidence.ts';
import { no, unasked, unknown, yes, type Check } from './check.ts';
import { agentLeft } from './agent-left.ts';
import type { Scenario } from '../drill/plan.ts';
import { agentContainer } from './container.ts';
import { containerClean } from './container-clean.ts';
import { excused } from './handover.ts';
import { SPOT_NOTICE } from './stop-window.ts';
import { seconds } from './times.ts';

/** How long the drain took: best figure, its upper bound, and whose clocks it rests on. */
export interface DrainTime {
  readonly ms: number;
  readonly atMost: number;
  readonly by: string;
  readonly events: readonly number[];
}

/** Verdict rule 8: to the agent's disconnect; else to `executionStoppedAt` where the agent's is the only essential container; else an interval. */
export function drainTime(evidence: Evidence): DrainTime | null {
  const container = agentContainer(evidence);
  const stop = container?.task.value.stoppingAt ?? null;
  if (container === null || stop === null || evidence.target === null) return null;
  const agent = evidence.last('agent', evidence.target.agentId);
  const left = agent?.value.lostAt === null ? agent.value.disconnectedAt : null;
  if (agent !== null && left !== null) {
    const offset =
      (evidence.last('clock', 'buildkite')?.value.offset ?? 0) -
      (evidence.last('clock', 'ecs')?.value.offset ?? 0);
    const u =
      (evidence.last('clock', 'buildkite')?.value.uncertainty ?? 0) +
      (evidence.last('clock', 'ecs')?.value.uncertainty ?? 0);
    // The offsets are known to whole seconds only: they correct nothing that lies within their own uncertainty.
    const correction = Math.abs(offset) > u ? offset : 0;
    const ms = Math.max(0, Math.round(left - stop - correction));
    return {
      ms,
      atMost: ms + Math.round(u),
      by: "from ECS's stoppingAt to the agent's disconnect at Buildkite",
      events: [container.task.seq, agent.seq],
    };
  }
  const { executionStoppedAt, stoppedAt } = container.task.value;
  if (container.onlyEssential && executionStoppedAt !== null) {
    const ms = Math.max(0, executionStoppedAt - stop);
    return {
      ms,
      atMost: ms,
      by: "from stoppingAt to executionStoppedAt, ECS's clock",
      events: [container.task.seq],
    };
  }
  if (stoppedAt === null) return null;
  const ms = Math.max(0, stoppedAt - stop);
  return {
    ms,
    atMost: ms,
    by: "at most, from stoppingAt to stoppedAt, ECS's clock",
    events: [container.task.seq],
  };
}

/** Spot's notice bounds the drain whatever the scenario allows, milliseconds; null: any time will do. */
export function boundBySpot(within: number | null, fault: Scenario['inject']['fault']): number | null {
  return fault === 'spot-reclaim' ? Math.min(within ?? SPOT_NOTICE, SPOT_NOTICE) : within;
}

export const drainInTime: Check = {
  name: 'drain-in-time',
  asks: 'Was the drain as quick as the scenario wants?',
  needed: false,
  judge(about) {
    const { evidence } = about;
    const { expect, inject } = evidence.plan.scenario;
    const within = boundBySpot(expect.drain.within, inject.fault);
    if (evidence.strike === null) return unasked('nothing was injected');
    if (evidence.target?.jobId === null) return unasked('no job was aimed at');
    if (within === null) return unasked('the scenario sets no time (expect.drain.within)');
    if (excused(about)) return unasked('handed over');
    if (about.attempts.some((attempt) => isJudged(attempt) && attempt.loss !== null))
      return unasked('a judged job was lost: there was no drain to time');
    if (![agentLeft, containerClean].every((check) => check.judge(about).holds === 'yes'))
      return unknown('a drain that is not proven has no time');
    const drain = drainTime(evidence);
    if (drain === null) return unknown('the drain could not be timed', [], 'evidence-missing');
    const said = `the drain took ${seconds(drain.ms)} (${drain.by}), allowed are ${seconds(within)}`;
    return drain.ms > within ? no('drain-too-slow', said, drain.events) : yes(said, drain.events);
  },
};
