import { findFact } from '../../model/world.ts';
import { BUDGET } from '../../scenario/subjects.ts';
import { percentOf } from '../../state/points.ts';
import { ok, warning, type Check } from '../seen.ts';

/** Buildkite's points that are left pay for a drill. */
export const budget: Check = {
  name: 'budget',
  judge({ state, guards }) {
    const found = findFact(state.world, 'budget', BUDGET.id);
    if (found === undefined) return [];
    const known = (['user', 'organization'] as const).flatMap((scope) => {
      const one = found[scope];
      return one === null ? [] : [`${String(one.remaining)} of ${String(one.limit)} of the ${scope}`];
    });
    if (known.length === 0) return [ok('Buildkite names no limit on GraphQL points')];
    const said = `GraphQL points left in five minutes: ${known.join(', ')}; the drill uses at most ${String(percentOf(state.plan))} %`;
    const guard = guards?.find((one) => one.guard === 'budget');
    if (guard === undefined || guard.holds) return [ok(said)];
    return [
      warning(
        `${said}; ${guard.said}`,
        'A drill waits for the next five minutes. Use a token that nothing else uses, or raise limits.budget.',
      ),
    ];
  },
};
