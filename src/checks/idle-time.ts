import { agentLeft } from './agent-left.ts';
import { unasked, unknown, type Check } from './check.ts';
import { containerClean } from './container-clean.ts';
import { answerOf, measureDrainTime, limitsOf } from './drain-time.ts';
import { traitsOf } from '../scenario/plan.ts';
import { seconds } from './times.ts';

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
    if (drain === null) return unknown('the drain could not be timed', [], 'evidence-missing');
    const took = `the idle worker left ${seconds(drain.ms)} after the stop (${drain.by})`;
    return answerOf(limitsOf(evidence, drain, expect.idle.within, took), drain, 'idle-too-slow');
  },
};
