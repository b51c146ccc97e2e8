import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decideStep } from '../../src/drill/decide.ts';
import { eventsOf } from '../../src/journal/events.ts';
import { readJournal } from '../../src/journal/replay.ts';
import { digestOf } from '../../src/scenario/load.ts';
import { Scenario } from '../../src/scenario/schema.ts';
import { fold } from '../../src/state/state.ts';
import { judge } from '../../src/verdict/judge.ts';

/** A drill of `scenarios/faults/scale-in.yaml` by a gameday that had no safety.settled, safety.mark, limits.budget and build.follow. */
const OLDER = join(import.meta.dirname, '../golden/journal/before-settled.jsonl');

test('a journal from before a key is read as gameday acted then', async () => {
  const { events } = await readJournal(OLDER);
  const [planned] = eventsOf(events, 'GD_DRILL_PLANNED');
  expect(planned?.payload.plan.scenario).toMatchObject({
    build: { follow: 'none' },
    safety: { settled: 'require', mark: 'off' },
  });
});

test('and its scenario has the digest that it had then, unless it says something else', async () => {
  const { events } = await readJournal(OLDER);
  const plan = eventsOf(events, 'GD_DRILL_PLANNED')[0]?.payload.plan;
  if (plan === undefined || plan.mode === 'assert') throw new Error('it is the plan of a scenario');
  const { safety } = plan.scenario;
  const now = { ...plan.scenario, safety: { ...safety, settled: 'wait', mark: 'on' } } as const;
  expect(digestOf(now)).toBe(plan.digest);
  expect(digestOf(plan.scenario)).not.toBe(plan.digest);
});

test('and its checks have the names of today', async () => {
  const { events } = await readJournal(OLDER);
  const findings = eventsOf(events, 'GD_JUDGED')[0]?.payload.verdict.findings ?? [];
  expect(findings.find(({ check }) => check === 'target-passed')).toMatchObject({ holds: 'yes' });
});

test('and is judged as it was then', async () => {
  const { events } = await readJournal(OLDER);
  const stored = eventsOf(events, 'GD_JUDGED')[0]?.payload.verdict;
  expect(stored).toMatchObject({ outcome: 'passed', reason: 'drained' });
  expect(judge(events)).toMatchObject({ outcome: 'passed', reason: 'drained' });
});

test('and goes on wherever it was cut, without a mark', async () => {
  const { events } = await readJournal(OLDER);
  for (const [at, event] of events.entries()) {
    const step = decideStep(fold(events.slice(0, at + 1)), event.at + 1);
    const said = `after ${event.code}: ${JSON.stringify(step)}`;
    expect(said).not.toMatch(/"internal"|mark-service/);
  }
});

test('so is a container that is watched and not counted, and its scenario keeps its digest', async () => {
  const { events } = await readJournal(OLDER);
  const [planned] = eventsOf(events, 'GD_DRILL_PLANNED');
  const older = planned?.payload.plan.scenario as Scenario;
  const containers = { gateway: { exit: 0, outlives: 'agent' } };
  const watching = { ...older, expect: { ...older.expect, containers } };
  const read = Scenario.parse(watching);
  expect(read.expect.containers).toEqual({ gateway: { exit: 0, outlives: 'agent', flushed: null } });
  expect(digestOf(read)).toBe(digestOf(watching as unknown as Scenario));
  const flushed = { command: ['read', '{task}'], stillFor: 5_000 };
  const counting = {
    ...read,
    expect: { ...read.expect, containers: { gateway: { exit: 0, outlives: null, flushed } } },
  };
  expect(digestOf(counting)).not.toBe(digestOf(read));
});
