import type { OutcomeName, Reason } from '../model/reasons.ts';
import type { DrillResult } from './result.ts';

type Control = NonNullable<DrillResult['control']>;

/** How a drill ended, as far as its control needs it. */
interface Ended {
  readonly outcome: OutcomeName;
  readonly reason: Reason;
  readonly injection: DrillResult['injection'];
}

/** Outcomes that show how the job or the build ended; all others leave that open. */
const PROVES: ReadonlySet<OutcomeName> = new Set(['passed', 'failed', 'baseline', 'not-lost', 'outlasted']);

/** Compares a drill's end with its control: met, contradicted by what the drill proved, or undecided (neither). */
export function controlOf(expected: { outcome: string; reason: string }, ended: Ended): Control {
  const met = expected.outcome === ended.outcome && expected.reason === ended.reason;
  return {
    expected: `${expected.outcome} ${expected.reason}`,
    met,
    contradicted: !met && isContradicted(expected.outcome, ended),
  };
}

function isContradicted(expected: string, { outcome, injection }: Ended): boolean {
  if (PROVES.has(outcome)) return true;
  // A drill that should be refused sent its call: nothing refused it, whatever the drill could not show afterwards.
  return expected === 'refused' && outcome === 'inconclusive' && injection !== 'none';
}
