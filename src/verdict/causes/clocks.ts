import { clocksOf, type Stamp } from '../../evidence/clocks.ts';
import type { Evidence } from '../../evidence/evidence.ts';

/** Milliseconds from one instant to another, whosever clocks they were read from; negative where the second came first. */
export function fromTo(evidence: Evidence, from: Stamp, to: Stamp): number {
  return Math.round(clocksOf(evidence).distance(from, to).ms);
}
