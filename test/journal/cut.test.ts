import { mkdtemp, rm, truncate, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decideStep } from '../../src/drill/decide.ts';
import { watchAlone } from '../../src/drill/observer.ts';
import { runDrill } from '../../src/drill/run.ts';
import { fold } from '../../src/state/state.ts';
import { toJson } from '../../src/journal/escape.ts';
import { eventsOf } from '../../src/journal/events.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { openJournal } from '../../src/journal/file.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { readJournal, replayJournal } from '../../src/journal/replay.ts';
import { judge } from '../../src/verdict/judge.ts';
import { TASK_ARN } from '../support/builders.ts';
import { DRILL } from '../support/journal-builders.ts';
import { RunnerDied, theatre, type Staged, type Theatre } from '../support/theatre.ts';
import { testDigest } from '../support/digests.ts';

const drains: Staged = { runsFor: null, onStop: (stage) => stage.drain(20_000) };

/** A whole drill as it lies on the disk: its events, its bytes, and how long each prefix of lines is. */
async function recorded(): Promise<{
  readonly events: readonly DrillEvent[];
  readonly bytes: Buffer;
  readonly ends: readonly number[];
}> {
  const stage = theatre(drains);
  await stage.run();
  const { events } = stage.journal;
  const lines = events.map((event) => Buffer.from(`${toJson(event)}\n`));
  let end = 0;
  const ends = lines.map((line) => (end += line.length));
  return { events, bytes: Buffer.concat(lines), ends };
}

test('a whole drill cut at any byte: the whole lines are read, none is made up, and the next step never injections again blindly', async () => {
  const { events, bytes, ends } = await recorded();
  const stoppedAt2 = events.findIndex(({ code }) => code === 'GD_FAULT_INTENDED');
  let whole = 0;
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    if (ends[whole] === cut) whole += 1;
    // Reading costs as much as the lines before: where the injection lies every byte is cut, else some of each line and its ends.
    const near = whole === stoppedAt2 || whole === stoppedAt2 + 1;
    const edge = ends[whole - 1] === cut || ends[whole] === cut + 1;
    if (!near && !edge && cut % 127 !== 0) continue;
    const again = replayJournal(bytes.subarray(0, cut), 'j', DRILL);
    expect([cut, again.events.length, again.length]).toEqual([cut, whole, ends[whole - 1] ?? 0]);
    expect(again.torn).toBe(again.length !== cut);
    if (!edge) continue;
    expect(again.events).toEqual(events.slice(0, whole));
  }
  for (let lines = stoppedAt2 + 1; lines <= events.length; lines += 1) {
    const state = fold(events.slice(0, lines));
    const step = decideStep(state, (events[lines - 1]?.at ?? 0) + 60_000);
    expect([events[lines - 1]?.code, step.do === 'call' && step.call.kind === 'stop-task']).toEqual([
      events[lines - 1]?.code,
      false,
    ]);
  }
});

/** The runner dies while it writes the line after these; another one goes on from the file, cut in that line. */
async function tornAndResumed(folder: string, lines: number, share: number): Promise<Theatre> {
  const stage = theatre(drains);
  stage.dieAt(lines, 'unwritten');
  await expect(stage.run()).rejects.toBeInstanceOf(RunnerDied);
  const kept = stage.journal.events.slice(0, lines).map((event) => `${toJson(event)}\n`);
  const torn = toJson(stage.journal.events[lines - 1] ?? {});
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'journal.jsonl');
  await writeFile(path, `${kept.join('')}${torn}`);
  await truncate(path, Buffer.byteLength(kept.join('')) + Math.floor(Buffer.byteLength(torn) * share));
  const { plan, buildkite, ecs, autoScaling, fis, surroundings, command, counters, clock } = stage;
  const file = await openJournal(folder, DRILL, { secrets: [], create: false, now: clock.now });
  const journal: Journal = { ...file, append: (event, durable) => clock.during(file.append(event, durable)) };
  expect(journal.events).toHaveLength(lines);
  const person = { confirm: () => Promise.resolve(true) };
  await runDrill(
    plan,
    watchAlone({
      buildkite,
      ecs,
      autoScaling,
      fis,
      surroundings,
      command,
      counters,
      clock,
      journal,
      person,
      digest: testDigest,
    }),
    new AbortController().signal,
    () => undefined,
  );
  await journal.close();
  return stage;
}

test('a drill goes on in a file whose last line is torn, and the file reads back whole with the same verdict', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-cut-'));
  try {
    const { events } = await recorded();
    for (let lines = 1; lines < events.length; lines += 1) {
      const drill = join(folder, String(lines));
      const stage = await tornAndResumed(drill, lines, (lines % 10) / 10);
      const stored = await readJournal(join(drill, 'journal.jsonl'));
      const where = `${String(lines)} ${events[lines - 1]?.code ?? ''}`;
      expect([where, stored.torn, judge(stored.events).reason]).toEqual([where, false, 'drained']);
      const intents = eventsOf(stored.events, 'GD_FAULT_INTENDED').length;
      const landed = stage.ecs.world.landed.get(TASK_ARN);
      expect([where, landed, stage.ecs.count('stopTask') <= intents, intents <= 2]).toEqual([
        where,
        1,
        true,
        true,
      ]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
