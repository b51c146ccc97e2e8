import type { When } from '../../src/scenario/when.ts';
import { fold, type DrillState } from '../../src/state/state.ts';
import type { Fact } from '../../src/model/world.ts';
import type { NewEvent } from '../../src/journal/events.ts';
import { BUILD_ID, NOON } from '../support/builders.ts';
import { journalOf, read } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';

/** A drill that waits for its trigger and has seen these facts, all of them at `NOON`. */
export function armed(when: When, facts: readonly Fact[]): DrillState {
  const build = when.trigger === 'agent-idle' ? { pipeline: '' } : {};
  const plan = planOf({ build });
  const scenario = { ...plan.scenario, when };
  const known: NewEvent =
    when.trigger === 'agent-idle'
      ? { code: 'GD_ARMED', payload: {} }
      : { code: 'GD_BUILD_KNOWN', payload: { buildId: BUILD_ID, by: 'created' } };
  const reads = facts.map(({ kind, id }) => read(kind, id, NOON));
  return fold(
    journalOf([
      [NOON - 1_000, { code: 'GD_DRILL_PLANNED', payload: { plan: { ...plan, scenario } } }],
      [NOON - 500, known],
      [NOON, { code: 'GD_OBSERVED', payload: { reads, facts: [...facts] } }],
    ]),
  );
}
