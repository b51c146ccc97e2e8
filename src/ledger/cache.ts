import { appendFile, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { makeFolders } from '../disk/folders.ts';
import type { DocumentCache } from './fold.ts';

const Line = z.strictObject({ key: z.string(), tag: z.string(), text: z.string() });

/** Documents on this machine that were read from a store before; what it holds is checked like what the store gives. */
export interface FileCache extends DocumentCache {
  /** Writes down what was new. A cache that cannot be written costs time and nothing else. */
  save(): Promise<void>;
}

/** Opens the cache in a file of lines. */
export async function openCache(path: string): Promise<FileCache> {
  const known = new Map<string, { readonly tag: string; readonly text: string }>();
  const text = await readFile(path, 'utf8').catch(() => '');
  for (const line of text.split('\n')) {
    const read = readLine(line);
    if (read !== null) known.set(read.key, read);
  }
  const fresh: string[] = [];
  return {
    find: (key, tag) => {
      const found = known.get(key);
      return found?.tag === tag ? found.text : null;
    },
    keep: (key, tag, document) => {
      fresh.push(`${JSON.stringify({ key, tag, text: document })}\n`);
    },
    async save() {
      if (fresh.length === 0) return;
      try {
        makeFolders(dirname(path));
        await appendFile(path, fresh.join(''), { mode: 0o600 });
      } catch {
        // Read again the next time.
      }
    },
  };
}

function readLine(line: string): z.infer<typeof Line> | null {
  try {
    return Line.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}
