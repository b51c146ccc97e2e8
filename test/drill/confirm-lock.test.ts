import { expect, it } from 'vitest';
import { decideAiming } from '../../src/drill/aim.ts';
import type { NewEvent } from '../../src/journal/events.ts';
import { fold } from '../../src/state/state.ts';
import { BUILD_ID, NOON } from '../support/builders.ts';
import { journalOf, TARGET } from '../support/journal-builders.ts';
import { planOf } from '../support/plans.ts';

/** What a person is asked before the stop, where the lock is so. */
function questionOf(lock: { readonly lockStore?: string }): readonly string[] {
  const plan = { ...planOf(), consent: 'ask' as const, ...lock };
  const events: readonly NewEvent[] = [
    { code: 'GD_DRILL_PLANNED', payload: { plan } },
    { code: 'GD_BUILD_KNOWN', payload: { buildId: BUILD_ID, by: 'created' } },
    { code: 'GD_TARGET_CHOSEN', payload: { target: TARGET, attempt: 1 } },
  ];
  const step = decideAiming(fold(journalOf(events.map((event, at) => [NOON + at, event]))), NOON + 1_000);
  return step.do === 'confirm' ? step.shown : [step.do];
}

it('the question before the stop names where machines share the lock, and nothing where they share none', () => {
  const shared = questionOf({ lockStore: 's3://games/ledger' });
  expect(shared).toContain('its lock is shared with other machines in s3://games/ledger');
  expect(questionOf({})).toEqual(shared.filter((line) => !line.includes('lock')));
});
