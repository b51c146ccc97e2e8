import { eventsOf } from '../../../src/journal/events.ts';
import type { DrillEvent } from '../../../src/journal/events.ts';

/** What the look before the drill found, by the rules. */
export function foreseenIn(journal: readonly DrillEvent[]): readonly string[] {
  const facts = eventsOf(journal, 'GD_OBSERVED').flatMap(({ payload }) => payload.facts);
  const looks = facts.flatMap((fact) => (fact.kind === 'preflight' ? [fact.value] : []));
  return looks.flatMap(({ findings }) => findings.map(({ rule }) => rule));
}
