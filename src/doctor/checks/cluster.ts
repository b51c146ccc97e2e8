import { accountOf } from '../../iam/place.ts';
import { findWrongPlan } from '../../drill/gate.ts';
import { rowOf } from '../../model/reasons.ts';
import { findFact } from '../../model/world.ts';
import { blocking, ok, sayTrouble, type Check } from '../seen.ts';

/** The cluster exists and is active. */
export const cluster: Check = {
  name: 'cluster',
  judge(seen) {
    const { plan, state } = seen;
    const { name } = plan.scenario.cluster;
    const found = findFact(state.world, 'cluster', name);
    if (found === undefined) return sayTrouble(seen, 'cluster', name);
    const wrong = findWrongPlan(state).find(({ about }) => about === 'cluster');
    if (wrong !== undefined) return [blocking(wrong.said, rowOf(wrong.reason).next)];
    return [ok(`${found.name} in ${plan.region}, account ${accountOf(found.arn) ?? 'not known'}`)];
  },
};
