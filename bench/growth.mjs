// How judging along a journal grows: what a drill does at each event while it watches, and the verdict at the end.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { ROOT } from './measure.mjs';

const LENGTHS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000];
const SHAPES = ['a small build', 'a large build'];

async function load() {
  const bundle = await rolldown({
    input: join(ROOT, 'bench', 'growing-journal.ts'),
    platform: 'node',
    external: [/^node:/, 'zod', 'yaml', 'jsonc-parser'],
  });
  const file = join(ROOT, 'bench', `.growth-${process.pid}.mjs`);
  try {
    await bundle.write({ file, format: 'esm' });
    return await import(pathToFileURL(file).href);
  } finally {
    await bundle.close();
    rmSync(file, { force: true });
  }
}

function row(shape, events, along, fold, end) {
  const perEvent = (along / events) * 1_000;
  return `${shape.padEnd(13)} ${String(events).padStart(6)} events: along ${along.toFixed(0).padStart(6)} ms, ${perEvent.toFixed(0).padStart(5)} us an event; fold alone ${fold.toFixed(0).padStart(5)} ms; verdict at the end ${end.toFixed(1)} ms`;
}

export async function measure() {
  const { growingJournal, foldAlone, judgeAlong, judgeAtEnd } = await load();
  judgeAlong(growingJournal(200, SHAPES[0]));
  return SHAPES.flatMap((shape) =>
    LENGTHS.map((length) => {
      const journal = growingJournal(length, shape);
      const took = [judgeAlong, foldAlone, judgeAtEnd].map((work) => {
        // Time of the processor, which what else the machine does changes least.
        const since = process.cpuUsage();
        work(journal);
        const { user, system } = process.cpuUsage(since);
        return (user + system) / 1_000;
      });
      return row(shape, length, ...took);
    }),
  );
}
