import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolders } from '../disk/folders.ts';
import type { PastInjections } from '../model/entities/surroundings.ts';
import { codeOf } from '../disk/code.ts';
import { mayBeSame } from '../model/lock-key.ts';

const Line = z.object({ key: z.string(), drill: z.string(), taskArn: z.string(), at: z.number().int() });

/** Its name is from the time when these were called a ledger, which is another thing now. */
export function pastInjectionsPath(stateDir: string): string {
  return join(stateDir, 'ledger.jsonl');
}

/** Past injections under a key, and under keys that may mean the same tasks. A line that a crash cut off is skipped. */
export async function readPastInjections(stateDir: string, key: string): Promise<PastInjections> {
  let text: string;
  try {
    text = await readFile(pastInjectionsPath(stateDir), 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { injections: [] };
    throw error;
  }
  const injections = text.split('\n').flatMap((line) => {
    const injection = parseInjection(line);
    if (injection === null || !mayBeSame(injection.key, key)) return [];
    return [{ drill: injection.drill, taskArn: injection.taskArn, at: injection.at }];
  });
  return { injections };
}

function parseInjection(line: string): z.infer<typeof Line> | null {
  if (line === '') return null;
  try {
    const parsed = Line.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Appends one injection in one write. It begins with a line end, so that an incomplete line before it does no harm. */
export async function writeInjection(
  stateDir: string,
  injection: { readonly key: string; readonly drill: string; readonly taskArn: string; readonly at: number },
): Promise<void> {
  makeFolders(stateDir);
  const file = await open(pastInjectionsPath(stateDir), 'a', 0o600);
  try {
    await file.appendFile(`\n${JSON.stringify(injection)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}
