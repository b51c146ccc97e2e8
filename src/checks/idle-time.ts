import { agentLeft } from './agent-left.ts';
import { no, unasked, unknown, yes, type Check } from './check.ts';
import { containerClean } from './container-clean.ts';
import { boundBySpot, drainTime } from './drain-time.ts';
import { seconds } from './times.ts';

export const idleInTime: Check = {
  name: 'idle-in-time',
  asks: 'Did the idle worker leave as quickly as the scenario wants?',
  needed: false,
  judge(about) {
    const { evidence } = about;
    const { expect, inject } = evidence.plan.scenario;
    if (evidence.strike === null) return unasked('nothing was injected');
    if (evidence.target?.jobId !== null) return unasked('a job was aimed at');
    const within = boundBySpot(expect.idle.within, inject.fault);
    if (within === null) return unasked('the scenario sets no time (expect.idle.within)');
    if (![agentLeft, containerClean].every((check) => check.judge(about).holds === 'yes'))
      return unknown('a drain that is not proven has no time');
    const drain = drainTime(evidence);
    if (drain === null) return unknown('the drain could not be timed', [], 'evidence-missing');
    const said = `the idle worker left ${seconds(drain.ms)} after the stop (${drain.by}), allowed are ${seconds(within)}`;
    return drain.ms > within ? no('idle-too-slow', said, drain.events) : yes(said, drain.events);
  },
};
