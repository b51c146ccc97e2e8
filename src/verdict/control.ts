import type { OutcomeName, Reason } from '../model/reasons.ts';
import type { DrillResult } from './result.ts';

type Control = NonNullable<DrillResult['control']>;

/** How a drill ended, as far as it answers its control. */
interface Ended {
  readonly outcome: OutcomeName;
  readonly reason: Reason;
  readonly injection: DrillResult['injection'];
}

/** Outcomes that say what became of the job or the build; every other one leaves that open. */
const PROVES: ReadonlySet<OutcomeName> = new Set(['passed', 'failed', 'baseline', 'not-lost', 'outlasted']);

/** How a drill stands to what its control expected: met, contradicted by what it proved, or undecided (neither of the two). */
export function controlOf(expected: { outcome: string; reason: string }, ended: Ended): Control {
  const met = expected.outcome === ended.outcome && expected.reason === ended.reason;
  return {
    expected: `${expected.outcome} ${expected.reason}`,
    met,
    contradicted: !met && provesTheContrary(expected.outcome, ended),
  };
}

function provesTheContrary(expected: string, { outcome, injection }: Ended): boolean {
  if (PROVES.has(outcome)) return true;
  // What was to be refused was sent: that alone shows that nothing refused it, whatever the drill could not show afterwards.
  return expected === 'refused' && outcome === 'inconclusive' && injection !== 'none';
}
