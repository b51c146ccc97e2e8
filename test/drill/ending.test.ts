import { expect, it } from 'vitest';
import type { DrillEvent } from '../../src/journal/events.ts';
import { describeOpenWork } from '../../src/drill/ending.ts';
import { attemptsOf } from '../../src/evidence/attempts.ts';
import { evidenceOf } from '../../src/evidence/evidence.ts';
import { indexJournal } from '../../src/evidence/journal-index.ts';
import { AGENT_ID } from '../support/builders.ts';
import { journalOf, PASSED, read, story, T } from '../support/journal-builders.ts';
import { findingsOf } from '../../src/verdict/case.ts';

const STAYED = { connection: 'connected', rawConnection: 'connected', disconnectedAt: null } as const;

/** A worker whose task has ended clean while its agent is still connected, as far as was read. */
function withAgent(lookedAt: number | null): readonly DrillEvent[] {
  const told = story({ job: PASSED, agent: STAYED, plan: { lostAfter: 240_000 }, ended: null });
  if (lookedAt === null) return told;
  const entries = told.map(({ at, code, payload }) => [at, { code, payload }] as never);
  const reads = [read('agent', AGENT_ID, lookedAt)];
  return journalOf([...entries, [lookedAt, { code: 'GD_OBSERVED', payload: { reads, facts: [] } }] as never]);
}

/** What is still waited for five minutes after the task's end. */
function openWork(lookedAt: number | null): readonly string[] {
  const evidence = evidenceOf(indexJournal(withAgent(lookedAt)));
  const about = { evidence, attempts: attemptsOf(evidence) };
  return describeOpenWork(about, findingsOf(about), T.looked + 300_000);
}

it('an agent that stays is waited for until it was read after Buildkite must have given it up', () => {
  const open = [`agent ${AGENT_ID} to leave`];
  // Where points are short, the last read may be old.
  expect(openWork(null)).toEqual(open);
  expect(openWork(T.looked + 200_000)).toEqual(open);
  expect(openWork(T.looked + 250_000)).toEqual([]);
});
