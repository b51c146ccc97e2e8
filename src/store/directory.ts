import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { codeOf } from '../disk/code.ts';
import { isKey, refuseKey } from './key.ts';
import { createNumberedFiles, type Standing } from './numbered-files.ts';
import type { Created, Listed, Replaced, Store, StoreAnswer, StoreError } from './port.ts';

/** Others may remove a document between its reading and its making so often, before that is called an error. */
const TRIES = 50;

/** Documents as files of a folder, which may lie on a file system that several machines share. */
export function createDirectoryStore(folder: string, now: () => number): Store {
  const root = resolve(folder);
  const files = createNumberedFiles(root, now);

  async function create(key: string, text: string): Promise<Created> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const standing = await files.find(key);
      const document = documentOf(standing);
      if (document !== null) return { made: false, tag: tagOf(document), text: document.text };
      const number = standing === null ? 0 : standing.number + 1;
      if (await files.putAt(key, number, text)) return { made: true, tag: tagOf({ number, text }) };
    }
    throw new Error(`${key} changed faster than it could be created`);
  }

  /** Puts a text in the place of what has this tag. The tag of what stands afterwards, or null. */
  async function replace(key: string, text: string, tag: string): Promise<Replaced> {
    const standing = await files.find(key);
    const before = tagIn(standing);
    if (standing === null || before !== tag) return { replaced: false, tag: before };
    const number = standing.number + 1;
    if (await files.putAt(key, number, text)) return { replaced: true, tag: tagOf({ number, text }) };
    return { replaced: false, tag: tagIn(await files.find(key)) };
  }

  async function list(prefix: string, signal: AbortSignal): Promise<readonly Listed[]> {
    await stat(root);
    const under = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    const found: Listed[] = [];
    if (under === '' || isKey(under.slice(0, -1))) await walk(under, found, signal);
    return found.filter(({ key }) => key.startsWith(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  const onKey = async <T>(what: string, key: string, work: () => Promise<T>): Promise<StoreAnswer<T>> => {
    const error = refuseKey(key);
    return error === null ? answer(root, what, work) : { ok: false, error };
  };

  return {
    name: root,
    create: (key, text) => onKey(`write ${key} to`, key, () => create(key, text)),
    replace: (key, text, tag) => onKey(`write ${key} to`, key, () => replace(key, text, tag)),
    remove: (key, tag) =>
      onKey(`remove ${key} from`, key, async () => ({ removed: (await replace(key, '', tag)).replaced })),
    read: (key) =>
      onKey(`read ${key} from`, key, async () => {
        const document = documentOf(await files.find(key));
        return document === null ? null : { text: document.text, tag: tagOf(document) };
      }),
    list: (prefix, signal) => answer(root, 'list', () => list(prefix, signal)),
    clock: () => files.clock(),
  };

  async function walk(under: string, found: Listed[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const entries = await readdir(join(root, under), { withFileTypes: true }).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    });
    const later = new Set<string>();
    for (const entry of entries) {
      const [name, key] = [entry.name, `${under}${entry.name}`];
      if (entry.isDirectory() && name.endsWith('~')) later.add(key.slice(0, -1));
      else if (!isKey(name)) continue;
      else if (entry.isDirectory()) await walk(`${key}/`, found, signal);
      else if (entry.isFile()) later.add(key);
    }
    const versioned = new Set(entries.filter(({ name }) => name.endsWith('~')).map(({ name }) => name));
    for (const key of later) {
      const isAlone = !versioned.has(`${key.slice(under.length)}~`);
      if (isAlone || tagIn(await files.find(key)) !== null) found.push({ key, tag: null });
    }
  }
}

/** The document that stands, unless it is only the sign that one was removed. */
function documentOf(standing: Standing | null): Standing | null {
  return standing === null || standing.text === '' ? null : standing;
}

function tagIn(standing: Standing | null): string | null {
  const document = documentOf(standing);
  return document === null ? null : tagOf(document);
}

function tagOf({ number, text }: Standing): string {
  return `${String(number)}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** Runs work on the folder; what the file system refuses becomes an error in words. */
async function answer<T>(root: string, what: string, work: () => Promise<T>): Promise<StoreAnswer<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error: explain(root, what, error) };
  }
}

/** Codes of errno(3), what they mean here, and whose move it is. */
const MEANINGS: Readonly<Record<string, Pick<StoreError, 'kind' | 'next'>>> = {
  EACCES: { kind: 'denied', next: 'Give this user the right to read and write there.' },
  EPERM: {
    kind: 'broken',
    next: 'Use a folder on a file system that can link files, and that this user may write to.',
  },
  ENOTSUP: { kind: 'broken', next: 'Use a folder on a file system that can link files.' },
  EROFS: { kind: 'denied', next: 'Mount it so that it can be written to, or name another folder.' },
  ENOENT: { kind: 'missing', next: 'Correct the path; the first document that is written makes the folder.' },
  ENOTDIR: { kind: 'broken', next: 'Name a folder: something on this path is a file.' },
  EISDIR: { kind: 'broken', next: 'Remove the folder that stands where a document should.' },
  ENOSPC: { kind: 'away', next: 'Make room on its disk, then do it again.' },
  EDQUOT: { kind: 'away', next: 'Make room within the quota, then do it again.' },
};

function explain(root: string, what: string, error: unknown): StoreError {
  const code = codeOf(error);
  const meaning = code === null ? undefined : MEANINGS[code];
  const why = code ?? (error instanceof Error ? error.message : 'unknown error');
  const base = meaning ?? { kind: 'away', next: 'Look at the folder and its disk, then do it again.' };
  return { ...base, message: `could not ${what} the folder ${root} (${why})` };
}
