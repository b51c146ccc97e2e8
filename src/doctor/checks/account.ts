import { accountOf } from '../../iam/place.ts';
import { describeCaller } from '../../model/entities/surroundings.ts';
import { findFact } from '../../model/world.ts';
import { blocking, ok, warning, type Check } from '../seen.ts';

/** Whom AWS takes us for, and whether the cluster is in that account. */
export const account: Check = {
  name: 'account',
  judge({ plan, state, caller }) {
    // Without credentials nobody was asked; they have a check of their own.
    if (!caller.ok && caller.trouble.kind === 'unauthorized') return [];
    if (!caller.ok)
      return [
        warning(
          caller.trouble.message,
          'Account and role are not known; a drill does not need them. Where STS cannot be reached, look at `aws sts get-caller-identity` elsewhere.',
        ),
      ];
    const { cluster } = plan.scenario;
    const theirs = accountOf(findFact(state.world, 'cluster', cluster.name)?.arn ?? cluster.name);
    const who = `account ${caller.value.account}, ${describeCaller(caller.value.arn)}`;
    if (theirs === null || theirs === caller.value.account) return [ok(who)];
    return [
      blocking(
        `the credentials are of ${who}; the cluster is in account ${theirs}`,
        `Use credentials of account ${theirs}, or correct cluster.name.`,
      ),
    ];
  },
};
