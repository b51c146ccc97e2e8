import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sealEvent } from '../../../src/journal/line.ts';
import type { DrillEvent } from '../../../src/journal/events.ts';

/** The lines of a stored journal, without their ends. */
export async function linesOf(folder: string): Promise<readonly string[]> {
  return (await readFile(join(folder, 'journal.jsonl'), 'utf8')).trimEnd().split('\n');
}

/** A copy of a drill's folder whose journal consists of these lines. */
export async function copyWith(
  folder: string,
  copy: string,
  change: (lines: readonly string[]) => readonly string[],
): Promise<string> {
  await cp(folder, copy, { recursive: true });
  const lines = change(await linesOf(folder));
  await writeFile(join(copy, 'journal.jsonl'), `${lines.join('\n')}\n`);
  return copy;
}

/** One line of a journal sealed anew as if it belonged to another drill: only the drill is wrong then, not the checksum. */
export function strangerAfter(lines: readonly string[]): readonly string[] {
  const events = lines.map((line) => JSON.parse(line) as DrillEvent);
  const [before, last] = events.slice(-2);
  if (before === undefined || last === undefined) throw new Error('a journal of two lines is needed');
  const { seq, at } = last;
  const { line } = sealEvent(last, { seq, at, drill: '20200101-000000-dead', previousSum: before.sum });
  return [...lines.slice(0, -1), line];
}
