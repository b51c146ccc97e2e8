import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { FIRST_SUM, sealEvent } from '../../src/journal/line.ts';
import type { DrillEvent } from '../../src/journal/events.ts';
import { documentIn, startCli } from '../support/cli.ts';
import { DRILL } from '../support/journal-builders.ts';
import { theatre } from '../support/theatre.ts';

const MIB = 1024 * 1024;
const WHOLE = 32 * MIB;

/** The lines of a drill whose longest look at the world was taken so often that its journal is that long. */
function* linesOf(events: readonly DrillEvent[]): Generator<string> {
  const looks = events.filter(({ code }) => code === 'GD_OBSERVED');
  const longest = looks.toSorted((a, b) => JSON.stringify(b).length - JSON.stringify(a).length)[0];
  let [seq, sum, size] = [0, FIRST_SUM, 0];
  const next = ({ at, ...event }: DrillEvent): string => {
    seq += 1;
    const sealed = sealEvent(event, { seq, at, drill: DRILL, previousSum: sum });
    sum = sealed.event.sum;
    size += sealed.line.length + 1;
    return `${sealed.line}\n`;
  };
  for (const event of events) {
    yield next(event);
    while (event === longest && size < WHOLE) yield next(event);
  }
}

test('a journal of 32 MB is judged with 192 MB of heap', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gameday-large-'));
  try {
    const stage = theatre({ runsFor: null, onStop: (one) => one.drain(20_000) });
    await stage.run();
    const path = join(folder, '.gameday', DRILL, 'journal.jsonl');
    await mkdir(join(path, '..'), { recursive: true });
    await pipeline(linesOf(stage.journal.events), createWriteStream(path));
    expect((await stat(path)).size).toBeGreaterThan(WHOLE);
    const run = startCli(['analyze', DRILL, '--json'], folder, {}, ['--max-old-space-size=192']);
    expect(await run.ended, run.stderr()).toEqual({ code: 0, signal: null });
    expect(documentIn(run.stdout()).drills[0]).toMatchObject({ outcome: 'passed', reason: 'drained' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
