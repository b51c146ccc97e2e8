import { expect } from 'vitest';
import type { DrillEvent } from '../../../src/journal/events.ts';
import { documentsOf, lookAt } from '../../preflight/fixtures.ts';
import { play } from './case.ts';
import { foreseenIn } from './foreseen.ts';
import type { Pair, Side } from './pairs.ts';

/** What the rules said of one side: in the drill itself, and of what no drill reads. */
function saidOf({ beside }: Side, journal: readonly DrillEvent[]): readonly string[] {
  const more = beside === undefined ? [] : lookAt(documentsOf(beside)).findings.map(({ rule }) => rule);
  return [...foreseenIn(journal), ...more];
}

/** Plays both sides: what the rule predicts is seen where the rule finds something, and not where the line is fixed. */
export async function playPair({ rule, bad, mended }: Pair): Promise<void> {
  const before = await play(bad);
  expect(saidOf(bad, before.journal)).toContain(rule);
  const after = await play(mended);
  expect(saidOf(mended, after.journal)).not.toContain(rule);
}
