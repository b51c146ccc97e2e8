import { isJudged } from '../evidence/attempts.ts';
import { byBuildkite, byEcs, byRunner, clocksOf } from '../evidence/clocks.ts';
import { stopOf } from '../evidence/stop.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { findActionStart, findExperiment } from '../evidence/experiment.ts';
import { findDecisiveCall } from '../evidence/hits.ts';
import { no, unasked, unknown, yes, type Answered, type Check } from './check.ts';
import { agentLeft } from './agent-left.ts';
import { findAgentContainer } from '../evidence/agent-container.ts';
import { containerClean } from './container-clean.ts';
import { isExcused } from './handover.ts';
import { traitsOf } from '../scenario/plan.ts';
import { SPOT_NOTICE } from '../worker/stop-window.ts';
import type { Reason } from '../model/reasons.ts';
import { seconds } from './times.ts';

/** How long the drain took, milliseconds: the best figure, its upper bound, and the clocks that it rests on. */
export interface DrainTime {
  readonly ms: number;
  readonly atMost: number;
  readonly by: string;
  readonly events: readonly number[];
}

/** Verdict rule 8: until the agent's disconnect; else until `executionStoppedAt`, if the agent's container is the only essential one; else at most until `stoppedAt`. */
export function measureDrainTime(evidence: Evidence): DrainTime | null {
  const container = findAgentContainer(evidence);
  const stop = container?.task.value.stoppingAt ?? null;
  if (container === null || stop === null || evidence.target === null) return null;
  const agent = evidence.last('agent', evidence.target.agentId);
  const left = agent?.value.lostAt === null ? agent.value.disconnectedAt : null;
  const { distance } = clocksOf(evidence);
  if (agent !== null && left !== null) {
    const { ms, error, shown } = distance(byEcs(stop), byBuildkite(left));
    // `Date` has whole seconds: a difference within the clocks' measured error is no correction.
    const took = Math.max(0, Math.round(Math.abs(ms - shown) > error ? ms : shown));
    return {
      ms: took,
      atMost: took + (Number.isFinite(error) ? Math.round(error) : 0),
      by: "from ECS's stoppingAt to the agent's disconnect at Buildkite",
      events: [container.task.seq, agent.seq],
    };
  }
  const { stoppedAt } = container.task.value;
  if (container.end !== null) {
    const { ms, error } = distance(byEcs(stop), container.end);
    return {
      ms: Math.max(0, Math.round(ms)),
      atMost: Math.max(0, Math.round(ms + error)),
      by: "from stoppingAt to executionStoppedAt, ECS's clock",
      events: [container.task.seq],
    };
  }
  if (stoppedAt === null) return null;
  const ms = Math.max(0, distance(byEcs(stop), byEcs(stoppedAt)).ms);
  return {
    ms,
    atMost: ms,
    by: "at most, from stoppingAt to stoppedAt, ECS's clock",
    events: [container.task.seq],
  };
}

/** A limit that the scenario or the fault sets, and the time that was measured; milliseconds. */
interface Limit {
  readonly allowed: number;
  readonly took: number;
  readonly said: string;
}

/** The limits on how long a worker may take to leave: Spot's notice and the scenario's limit. Empty if there is none. */
export function limitsOf(
  evidence: Evidence,
  drain: DrainTime,
  within: number | null,
  took: string,
  ms: number = drain.ms,
): readonly Limit[] {
  const own = { took: ms, said: took };
  const isReclaim = traitsOf(evidence.plan)?.reclaims === true;
  return [
    ...(isReclaim ? [makeSpotLimit(evidence, drain)] : []),
    ...(within === null ? [] : [{ allowed: within, ...own }]),
  ];
}

/**
 * The two minutes run from the notice, which is our call, or the beginning of FIS's action. On EC2 the scheduler may first start a replacement, and that time
 * passes before the worker is signalled (ECS, container instance draining).
 */
function makeSpotLimit(evidence: Evidence, drain: DrainTime): Limit {
  const decisive = findDecisiveCall(evidence);
  const sentAt = decisive?.sentAt ?? evidence.injection?.sentAt ?? null;
  const stop = stopOf(evidence);
  const experiment = findExperiment(evidence);
  const began = experiment === undefined ? null : findActionStart(experiment.value);
  const seq = decisive?.intendedSeq ?? evidence.injection?.intendedSeq ?? 0;
  const notice = began === null ? byRunner(evidence, sentAt ?? 0, seq) : byEcs(began);
  const waited =
    sentAt === null || stop === null
      ? 0
      : Math.max(0, Math.round(clocksOf(evidence).distance(notice, stop).ms));
  const took = waited + drain.ms;
  const said = `the worker had left ${seconds(took)} after the notice of the reclaim: ${seconds(waited)} until ECS signalled the task, ${seconds(drain.ms)} ${drain.by}`;
  return { allowed: SPOT_NOTICE, took, said };
}

/** The finding: raises `reason` if a limit was exceeded. */
export function answerOf(limits: readonly Limit[], { events }: DrainTime, reason: Reason): Answered {
  const over = limits.find(({ took, allowed }) => took > allowed);
  const inWords = ({ said, allowed }: Limit): string => `${said}; limit ${seconds(allowed)}`;
  const measured = limits.map(({ took, allowed }) => ({ ms: took, limit: allowed }));
  const answer =
    over === undefined ? yes(limits.map(inWords).join('; '), events) : no(reason, inWords(over), events);
  return { ...answer, measured };
}

export const drainInTime: Check = {
  name: 'drain-in-time',
  asks: 'Did the drain keep to the limit of the scenario?',
  needed: false,
  judge(about) {
    const { evidence } = about;
    const { expect } = evidence.plan.scenario;
    if (evidence.injection === null) return unasked('nothing was injected');
    if (evidence.target?.jobId === null) return unasked('the drill aimed at no job');
    if (expect.drain.within === null && traitsOf(evidence.plan)?.reclaims !== true)
      return unasked('the scenario sets no limit (expect.drain.within)');
    if (isExcused(about)) return unasked('handed over');
    if (about.attempts.some((attempt) => isJudged(attempt) && attempt.loss !== null))
      return unasked('a judged job was lost: there was no drain to time');
    if (![agentLeft, containerClean].every((check) => check.judge(about).holds === 'yes'))
      return unknown('the drain is not proven, so it has no time');
    const drain = measureDrainTime(evidence);
    if (drain === null) return unknown('the drain could not be timed', [], 'evidence-missing');
    const took = `the drain took ${seconds(drain.ms)} (${drain.by})`;
    return answerOf(limitsOf(evidence, drain, expect.drain.within, took), drain, 'drain-too-slow');
  },
};
