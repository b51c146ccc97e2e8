import { holds, refuses, type Guard } from './guard.ts';

/** A person must consent: gameday asks on a terminal at the last instant, unless `--yes` was given. */
export const confirm: Guard = {
  name: 'confirm',
  rule: 'A person says yes at the last instant, or said so beforehand with --yes.',
  reason: 'confirm-needed',
  judge({ plan, confirmedAt }, _now, when) {
    if (plan.dryRun) return holds('nothing is injected in a dry run');
    if (plan.consent === 'yes') return holds(plan.embeddedRig ? 'a rig needs no consent' : '--yes was given');
    if (plan.consent === 'refuse') return refuses('there is no terminal to ask, and --yes was not given');
    if (when === 'gate') return holds('a person will be asked at the last instant');
    return confirmedAt === null ? refuses('nobody said yes') : holds('a person said yes');
  },
};
