import { byBuildkite, clocksOf } from '../evidence/clocks.ts';
import { measureSignalLag, type SignalLag } from '../evidence/signal-lag.ts';
import { agentLeft } from './agent-left.ts';
import { unasked, unknown, type Case, type Check } from './check.ts';
import { containerClean } from './container-clean.ts';
import { answerOf, measureDrainTime, limitsOf, type DrainTime } from './drain-time.ts';
import { traitsOf } from '../scenario/plan.ts';
import { seconds } from './times.ts';

/** How long the worker itself took, without the time that ECS took to signal it: at least, and at most. */
function measureOwnTime(
  { evidence }: Case,
  drain: DrainTime,
  lag: SignalLag,
): { least: number; most: number } {
  const left = evidence.last('agent', evidence.target?.agentId ?? '')?.value.disconnectedAt ?? null;
  if (lag.heardAt === null) return { least: Math.max(0, drain.ms - lag.ms), most: drain.ms };
  const own =
    left === null ? drain.ms - lag.ms : clocksOf(evidence).distance(lag.heardAt, byBuildkite(left)).ms;
  return { least: Math.max(0, own), most: Math.max(0, own) };
}

export const idleInTime: Check = {
  name: 'idle-in-time',
  asks: 'Did the idle worker leave within the limit of the scenario?',
  needed: false,
  judge(about) {
    const { evidence } = about;
    const { expect } = evidence.plan.scenario;
    if (evidence.injection === null) return unasked('nothing was injected');
    if (evidence.target?.jobId !== null) return unasked('the drill aimed at a job');
    if (expect.idle.within === null && traitsOf(evidence.plan)?.reclaims !== true)
      return unasked('the scenario sets no limit (expect.idle.within)');
    if (![agentLeft, containerClean].every((check) => check.judge(about).holds === 'yes'))
      return unknown('the drain is not proven, so it has no time');
    const drain = measureDrainTime(evidence);
    const lag = measureSignalLag(evidence);
    if (drain === null || lag === null)
      return unknown('the drain could not be timed', [], 'evidence-missing');
    const { within } = expect.idle;
    const { least, most } = measureOwnTime(about, drain, lag);
    const took = `the idle worker left ${seconds(drain.ms)} after the stop (${drain.by}); ${lag.said}`;
    const decided = within === null || most <= within || least > within;
    if (!decided)
      return unknown(
        `${took}: whether it left within ${seconds(within)} of its signal cannot be told. An agent that reports its stops would show it, or a limits.signalLag that fits your hosts`,
        drain.events,
        'evidence-missing',
      );
    const own = within !== null && most <= within ? most : least;
    return answerOf(limitsOf(evidence, drain, within, took, own), drain, 'idle-too-slow');
  },
};
