import { expect, it } from 'vitest';
import type { Clock } from '../../src/model/clock.ts';
import { watchAlone } from '../../src/drill/observer.ts';
import { runDrill } from '../../src/drill/run.ts';
import { fold } from '../../src/state/state.ts';
import { eventsOf } from '../../src/journal/events.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { createMemoryJournal } from '../../src/journal/file.ts';
import { anyEvent } from '../support/any-event.ts';
import { TASK_ARN } from '../support/builders.ts';
import { DRILL } from '../support/journal-builders.ts';
import { ending, RunnerDied, theatre, type Staged, type Theatre } from '../support/theatre.ts';
import { testDigest } from '../support/digests.ts';

const HOUR = 3_600_000;
const drains: Staged = { runsFor: null, onStop: (stage) => stage.drain(60_000) };

async function diedAt(at: number): Promise<Theatre> {
  const stage = theatre(drains);
  stage.dieAt(at, 'written');
  await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
  stage.cutTo(at);
  return stage;
}

/** Another runner goes on, whose clock shows another time than the one of before. */
async function goesOn(stage: Theatre, offset: number): Promise<void> {
  const clock: Clock = { now: () => stage.clock.now() + offset, sleep: stage.clock.sleep };
  const { plan, buildkite, ecs, autoScaling, fis, surroundings, command, counters } = stage;
  const journal = createMemoryJournal(DRILL, [], clock.now);
  (journal.events as DrillEvent[]).push(...stage.journal.events);
  stage.journal = journal;
  const person = { confirm: () => Promise.resolve(true) };
  const ports = watchAlone({
    ...{ buildkite, ecs, autoScaling, fis, surroundings, command, counters, journal, person, clock },
    digest: testDigest,
  });
  await runDrill(plan, ports, new AbortController().signal, () => undefined);
}

it.each([
  ['back by a minute', -60_000],
  ['back by an hour', -HOUR],
  ['back by years', -10_000 * HOUR],
])(
  'the clock was set %s between two runners: the drill goes on to its verdict, and injections once',
  async (_how, offset) => {
    const whole = theatre(drains);
    await whole.run();
    const events = whole.journal.events.length;
    for (const at of anyEvent(events)) {
      const stage = await diedAt(at);
      await goesOn(stage, offset);
      const where = `${String(at)} ${stage.journal.events[at - 1]?.code ?? ''}`;
      expect([where, ending(fold(stage.journal.events))]).toEqual([where, 'passed drained']);
      expect([where, stage.ecs.world.landed.get(TASK_ARN), stage.ecs.count('stopTask')]).toEqual([
        where,
        1,
        1,
      ]);
      const times = stage.journal.events.map((event) => event.at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
  },
);

it('the clock jumps an hour ahead at any event of one runner: nothing is called passed without its proof, nothing lost, nothing stopped twice', async () => {
  const whole = theatre(drains);
  await whole.run();
  for (const at of anyEvent(whole.journal.events.length)) {
    const stage = theatre(drains);
    const state = await stage.run(undefined, ({ seq }) => {
      if (seq === at) stage.clock.pass(HOUR);
    });
    const where = `${String(at)} ${stage.journal.events[at - 1]?.code ?? ''}`;
    expect([where, state.verdict?.outcome]).not.toEqual([where, 'failed']);
    expect([where, (stage.ecs.world.landed.get(TASK_ARN) ?? 0) <= 1]).toEqual([where, true]);
    if (state.verdict?.outcome === 'passed')
      expect(eventsOf(stage.journal.events, 'GD_FAULT_LANDED')).toHaveLength(1);
  }
});
