import {
  exitCodeOf,
  isStopSignal,
  STOP_SIGNALS,
  type OutcomeName,
  type StopSignal,
} from '../model/reasons.ts';
import type { InputError } from '../scenario/problem.ts';
import { countedOutcomeOf, type Counted } from './counted.ts';
import type { DrillResult, GameDayDocument } from './result.ts';

/** The worst fact first (verdict §1); a game day takes the first that one of its drills has. */
const WORST_FIRST: readonly OutcomeName[] = [
  'failed',
  'internal',
  'refused',
  'could-not-run',
  'inconclusive',
];
/** Outcomes that no gate accepts as evidence of a drain. They come before passed, so that a game day does not look better than it is. */
const NO_PROOF: readonly OutcomeName[] = ['aborted', 'outlasted', 'not-lost', 'baseline', 'planned'];

function decideOutcome(
  drills: readonly Counted[],
  errors: readonly InputError[],
  ended: StopSignal | null,
): Counted {
  if (errors.length > 0) return { outcome: 'bad-input', reason: 'bad-input' };
  if (ended !== null || drills.some((drill) => drill.outcome === 'interrupted'))
    return { outcome: 'interrupted', reason: 'interrupted' };
  for (const outcome of [...WORST_FIRST, ...NO_PROOF]) {
    const worst = drills.find((drill) => drill.outcome === outcome);
    if (worst !== undefined) return worst;
  }
  return (
    drills.find((drill) => drill.reason !== 'control-met') ??
    drills[0] ?? { outcome: 'bad-input', reason: 'bad-input' }
  );
}

/** Which signal interrupted one of the drills, by its exit code. */
function signalOf(drills: readonly DrillResult[]): StopSignal {
  const codes = drills.map(({ exitCode }) => exitCode);
  return (
    Object.keys(STOP_SIGNALS)
      .filter(isStopSignal)
      .findLast((name) => codes.includes(STOP_SIGNALS[name])) ?? 'SIGINT'
  );
}

/** The game day's answer over its drills: bad input first, then a signal, then the worst fact. */
export function makeGameDayDocument(
  drills: readonly DrillResult[],
  errors: readonly InputError[],
  ended: StopSignal | null,
): GameDayDocument {
  const all = drills.map(countedOutcomeOf);
  const { outcome, reason } = decideOutcome(all, errors, ended);
  const signal = ended ?? signalOf(drills);
  const counts: GameDayDocument['counts'] = {};
  for (const drill of all) counts[drill.outcome] = (counts[drill.outcome] ?? 0) + 1;
  return {
    version: 1,
    outcome,
    reason,
    exitCode: exitCodeOf(outcome, signal),
    counts,
    errors: [...errors],
    drills: [...drills],
  };
}
