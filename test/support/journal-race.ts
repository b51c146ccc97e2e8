import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { openJournal } from '../../src/journal/file.ts';
import { readJournal } from '../../src/journal/replay.ts';
import { someEvents } from '../journal/sample.ts';

const DRILL = '20260102-030405-beef';
const ROOT = join(import.meta.dirname, '..', '..');

/** What two processes did that wanted to write the same journals at the same time, one journal a round. */
export interface Race {
  /** Rounds in which nobody became the writer, one did, and both did. */
  readonly writers: readonly [number, number, number];
  /** Journals that cannot be read any more, and why. */
  readonly spoilt: readonly string[];
}

/** A writer's program: in each round it waits for the other one, opens the journal, writes, and keeps it until both are through. */
const PROGRAM = `
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from './journal.mjs';
const [root, rounds, me, other] = process.argv.slice(2);
const event = JSON.parse(process.env.EVENT);
const meet = async (folder, where) => {
  writeFileSync(join(folder, where + me), '');
  while (!existsSync(join(folder, where + other))) await new Promise(setImmediate);
};
for (let round = 0; round < Number(rounds); round += 1) {
  const folder = join(root, String(round));
  await meet(folder, 'ready-');
  const journal = await openJournal(folder, '${DRILL}', { secrets: [], create: false }).catch((error) => {
    if (error.reason !== 'lock-held') throw error;
    return null;
  });
  if (journal !== null) {
    writeFileSync(join(folder, 'wrote-' + me), '');
    for (let n = 0; n < 3; n += 1) await journal.append(event, n === 0);
  }
  await meet(folder, 'through-');
  await journal?.close();
}
`;

/** Lets two processes race for as many journals; in every other round a dead writer's claim lies there already. */
export async function raceForJournals(rounds: number): Promise<Race> {
  const root = await mkdtemp(join(tmpdir(), 'gameday-race-'));
  try {
    await bundle(root);
    for (let round = 0; round < rounds; round += 1) await lay(join(root, String(round)), round % 2 === 1);
    await Promise.all([runner(root, rounds, 'a', 'b'), runner(root, rounds, 'b', 'a')]);
    return await seen(root, rounds);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function bundle(root: string): Promise<void> {
  const build = await rolldown({ input: join(ROOT, 'src', 'journal', 'file.ts'), platform: 'node' });
  await build.write({ file: join(root, 'journal.mjs'), format: 'esm' });
  await build.close();
  await writeFile(join(root, 'program.mjs'), PROGRAM);
}

async function lay(folder: string, withDeadWriter: boolean): Promise<void> {
  const journal = await openJournal(folder, DRILL, { secrets: [], create: true });
  const [first] = someEvents();
  if (first !== undefined) await journal.append(first, false);
  const [claim = ''] = (await readdir(folder)).filter((name) => name.startsWith('writer.'));
  const text = await readFile(join(folder, claim), 'utf8');
  await journal.close();
  if (withDeadWriter)
    await writeFile(join(folder, claim), text.replace(/"started":("\d+"|null)/, '"started":"1"'));
}

function runner(root: string, rounds: number, me: string, other: string): Promise<void> {
  const program = join(root, 'program.mjs');
  const event = JSON.stringify(someEvents()[3]);
  const child = spawn(process.execPath, [program, root, String(rounds), me, other], {
    env: { ...process.env, EVENT: event },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`writer ${me} failed: ${said}`)),
    );
  });
}

async function seen(root: string, rounds: number): Promise<Race> {
  const writers: [number, number, number] = [0, 0, 0];
  const spoilt: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const folder = join(root, String(round));
    const count = (await readdir(folder)).filter((name) => name.startsWith('wrote-')).length;
    writers[count] = (writers[count] ?? 0) + 1;
    await readJournal(join(folder, 'journal.jsonl')).then(
      ({ events }) => {
        if (events.length !== 1 + 3 * count) spoilt.push(`${String(round)}: ${String(events.length)} events`);
      },
      (error: unknown) => spoilt.push(`${String(round)}: ${String(error)}`),
    );
  }
  return { writers, spoilt };
}
