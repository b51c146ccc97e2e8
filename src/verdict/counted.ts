import type { OutcomeName } from '../model/reasons.ts';
import type { DrillResult, GameDayReason } from './result.ts';

/** A drill's outcome as its game day counts it. */
export interface Counted {
  readonly outcome: OutcomeName;
  readonly reason: GameDayReason;
}

/**
 * A drill as the game day counts it: a negative control that ended as it must counts as passed, one that was proven to end
 * otherwise as failed. A drill that proved nothing about its control keeps its own outcome, and with it the next move.
 */
export function countedOutcomeOf({ control, outcome, reason }: DrillResult): Counted {
  if (control?.met === true) return { outcome: 'passed', reason: 'control-met' };
  if (control?.contradicted === true) return { outcome: 'failed', reason: 'control-not-met' };
  return { outcome, reason };
}
