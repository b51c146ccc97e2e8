import { readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { GamedayError } from '../model/errors.ts';
import type { Dockerfile } from './dockerfile.ts';
import type { Doc, DocumentName, Documents, Live, StepTimes } from './documents.ts';
import type { Places } from './report.ts';
import { readJson } from './text.ts';
import type { Text, Written } from './text.ts';
import { unwrapDocument } from './unwrap.ts';
import type { History } from '../forecast/history.ts';
import { hooksIn, isHook } from './hooks.ts';
import { isObject, member, textOf } from './json.ts';
import type { Json } from './json.ts';
import { recognizeOtherFile } from './other-file.ts';
import { timesOf } from './step-times.ts';

/** The documents that were read, and the place of each value in its file. */
export interface Given {
  readonly documents: Omit<Documents, 'taskDefinition'> & { readonly taskDefinition: Doc | null };
  readonly texts: Partial<Readonly<Record<DocumentName, Text & { readonly text: string }>>>;
  /** What was assumed in reading them, and the rule that it matters to. */
  readonly assumed: Look['unread'];
}

export type Files = Partial<Readonly<Record<OneFile | 'dockerfile', string | undefined>>>;
/** Every document but the hooks, which are a folder. */
type OneFile = Exclude<DocumentName, 'hooks'>;

/** Reads the named files. A pipeline may be YAML, a Dockerfile stands for the image's configuration; all others are JSON. */
export async function readFiles({ dockerfile, ...files }: Files): Promise<Given> {
  const documents: Record<DocumentName, Doc | null> = {
    taskDefinition: null,
    service: null,
    pipeline: null,
    imageConfig: null,
    capacityProvider: null,
    scenario: null,
    hooks: null,
  };
  const texts: Record<string, Text & { readonly text: string }> = {};
  for (const [kind, file] of Object.entries(files) as readonly [OneFile, string | undefined][]) {
    if (file === undefined) continue;
    const text = await textIn(file);
    const read = kind === 'pipeline' ? await yamlIn(text, file) : await jsonIn(kind, text, file);
    texts[kind] = { ...read, text };
    documents[kind] = docOf(kind, read, file);
  }
  if (dockerfile === undefined) return { documents, texts, assumed: [] };
  const text = await textIn(dockerfile, LARGEST_DOCKERFILE);
  const image = await dockerfileIn(text, dockerfile);
  texts['imageConfig'] = { ...image, text };
  documents.imageConfig = { value: image.value, base: [], name: dockerfile, open: image.open };
  return { documents, texts, assumed: image.assumed };
}

/** Bytes. ECS takes no task definition above 64 KiB; generated pipelines are larger. */
const LARGEST = 4 * 1024 * 1024;
/** Bytes; the parser is slow beyond it. Real ones have some kilobytes. */
const LARGEST_DOCKERFILE = 256 * 1024;

/** The text of a file that the user named. Throws bad-input if it is unreadable, not UTF-8, or above `largest` bytes. */
export async function textIn(file: string, largest = LARGEST): Promise<string> {
  const text = decodeText(await bytesIn(file, largest));
  if (text !== null) return text;
  throw new GamedayError('bad-input', `${file} is not UTF-8 text`, {
    at: file,
    next: 'Save it as UTF-8 (in Windows PowerShell: Out-File -Encoding utf8; its > writes UTF-16).',
  });
}

/** The bytes as UTF-8 text; null where they are none. */
function decodeText(bytes: Buffer): string | null {
  try {
    // The decoder drops the byte order mark that some editors write.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

async function bytesIn(file: string, largest: number): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size <= largest) return await readFile(file);
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    throw new GamedayError('bad-input', `${file} cannot be read: ${UNREADABLE[code] ?? message}`, {
      at: file,
      cause,
      next: 'Name a file that can be read.',
    });
  }
  throw new GamedayError(
    'bad-input',
    `${file} is larger than the limit of ${String(largest / 1024 / 1024)} MiB`,
    {
      at: file,
      next: 'Name the document itself, not a dump or a log that contains it.',
    },
  );
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

async function jsonIn(kind: OneFile, text: string, file: string): Promise<Text> {
  const read = readJson(text);
  // Loaded on demand, as below.
  const shown = 'value' in read ? read : (await import('./yaml.ts')).readYaml(text);
  if ('value' in shown && isScenario(shown.value))
    throw new GamedayError('bad-input', 'this is a scenario, and a JSON document of ECS is wanted here', {
      at: file,
      next: '`gameday preflight --scenario FILE` checks the service of a scenario; `gameday run --rig FILE` plays it.',
    });
  if ('value' in read) return read;
  const other = kind === 'taskDefinition' ? recognizeOtherFile(text) : null;
  if (other !== null) throw new GamedayError('bad-input', other.why, { at: file, next: other.next });
  throw new GamedayError('bad-input', `it cannot be read as JSON: ${read.why}`, {
    at: `${file}:${read.at}`,
    next: 'Fix it there; comments may stay.',
  });
}

function isScenario(value: Json): boolean {
  return isObject(member(value, 'when')) && isObject(member(value, 'inject'));
}

async function yamlIn(text: string, file: string): Promise<Text> {
  // Loaded on demand: the YAML parser is slow to load, and most calls read JSON only.
  const { readPipeline } = await import('./yaml.ts');
  const read = readPipeline(text);
  if ('value' in read) return read;
  throw new GamedayError('bad-input', `it cannot be read as YAML: ${read.why}`, {
    at: `${file}:${read.at}`,
    next: 'Fix it there.',
  });
}

async function dockerfileIn(text: string, file: string): Promise<Dockerfile> {
  const { readDockerfile } = await import('./dockerfile.ts');
  const read = readDockerfile(text);
  if ('value' in read) return read;
  throw new GamedayError('bad-input', `it cannot be read as a Dockerfile: ${read.why}`, {
    at: `${file}:${read.at}`,
    next: 'Fix it there.',
  });
}

function docOf(kind: OneFile, read: Text, file: string): Doc {
  const doc = unwrapDocument(kind, read.value, file);
  if ('value' in doc) return doc;
  throw new GamedayError('bad-input', doc.why, { at: `${file}:${read.place(doc.path)}`, next: doc.next });
}

/** Bytes; enough for several hundred thousand jobs. */
const LARGEST_HISTORY = 256 * 1024 * 1024;

/** The jobs of a history file. Throws bad-input with the place of the first mistake. */
export async function historyIn(file: string): Promise<History> {
  const text = await textIn(file, LARGEST_HISTORY);
  const { readHistory } = await import('../forecast/history.ts');
  const answer = readHistory(text);
  if (answer.ok) return answer.history;
  const { at, message, next } = answer.wrong;
  throw new GamedayError('bad-input', message, { at: `${file}:${at}`, next });
}

const NO_FOLDER: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is a file',
  EACCES: 'permission denied',
};

/** The agent's hooks in a folder. Throws bad-input if it cannot be read or holds none. */
export async function readHooks(folder: string): Promise<Doc> {
  const entries = await readdir(folder).catch((cause: unknown) => {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    throw new GamedayError('bad-input', `${folder} cannot be read: ${NO_FOLDER[code] ?? message}`, {
      ...{ at: folder, cause, next: "Name the folder of the agent's hooks." },
    });
  });
  const names = entries.filter(isHook).sort();
  if (names.length === 0)
    throw new GamedayError('bad-input', `${folder} holds no hook of an agent`, {
      at: folder,
      next: "Name the folder of the agent's hooks, with files such as pre-command and pre-exit.",
    });
  const texts = names.map(async (name) => {
    // A hook may be a program.
    return [name, decodeText(await bytesIn(join(folder, name), LARGEST))] as const;
  });
  return hooksIn(folder, Object.fromEntries(await Promise.all(texts)));
}

/** The same look with the agent's hooks. */
export function withHooks(look: Look, hooks: Doc): Look {
  const { places } = look;
  return {
    ...look,
    documents: { ...look.documents, hooks },
    places: {
      whole: (document, path) => (document === 'hooks' ? [] : places.whole(document, path)),
      of: (document, path) => {
        const [file = '', line] = path;
        if (document !== 'hooks') return places.of(document, path);
        return { name: join(hooks.name, String(file)), position: `${String(Number(line) + 1)}:1` };
      },
      written: (document) => (document === 'hooks' ? HOOK : (places.written?.(document) ?? null)),
    },
  };
}

/** A hook is changed line by line. */
const HOOK: Written = { name: () => [], has: () => true, line: (_, value) => textOf(value) ?? '' };

/** How long the steps of a history took. */
export async function timesInFile(file: string): Promise<readonly StepTimes[]> {
  const steps = new Map<string, number[]>();
  for (const { step, ms } of (await historyIn(file)).jobs) {
    const seconds = steps.get(step) ?? [];
    seconds.push(ms / 1000);
    steps.set(step, seconds);
  }
  return [...steps].map(([key, seconds]) => timesOf(key, seconds));
}

/** The file as a URI. A path inside the working folder becomes relative, so that code scanning finds it in the checkout. */
export function uriOf(file: string): string {
  const inside = relative('', file);
  const outside = inside.startsWith('..') || isAbsolute(inside);
  return outside && isAbsolute(file) ? pathToFileURL(file).href : encodePath(inside);
}

function encodePath(path: string): string {
  return path.split(sep).map(encodeURIComponent).join('/');
}

/** The input of a preflight: documents, live facts, and which live facts could not be read. */
export interface Look {
  readonly documents: Documents;
  readonly live: Live;
  readonly places: Places;
  readonly unread: readonly { readonly rule: string; readonly said: string }[];
  readonly container: string | undefined;
}
