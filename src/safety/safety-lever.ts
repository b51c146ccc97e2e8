import { findFact } from '../model/world.ts';
import { isThroughFis } from '../scenario/inject.ts';
import { SAFETY_LEVER } from '../scenario/subjects.ts';
import { holds, refuses, type Guard } from './guard.ts';

/** The safety lever of AWS FIS is the kill switch of an account: where it is engaged FIS cancels every new experiment. */
export const safetyLever: Guard = {
  name: 'safety-lever',
  rule: 'Where a drill needs AWS FIS, the safety lever of the account in the region is disengaged.',
  reason: 'kill-switch',
  judge({ world, plan }) {
    if (!isThroughFis(plan.scenario.inject)) return holds('FIS is not needed');
    const lever = findFact(world, SAFETY_LEVER.kind, SAFETY_LEVER.id);
    if (lever === undefined) return refuses('the safety lever of FIS could not be read');
    if (lever.status === 'disengaged') return holds('the safety lever of FIS is disengaged');
    const why = lever.reason === null || lever.reason === '' ? '' : `: ${lever.reason}`;
    return refuses(
      `the safety lever of FIS is ${lever.status}${why}; FIS starts nothing in this account and region until it is disengaged`,
    );
  },
};
