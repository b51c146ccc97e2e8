import { readFile } from 'node:fs/promises';
import { GamedayError } from '../drill/errors.ts';
import type { Doc, DocumentName, Documents } from '../preflight/documents.ts';
import { readJson } from '../preflight/text.ts';
import type { Text } from '../preflight/text.ts';
import { unwrap } from '../preflight/unwrap.ts';

/** What was read, and where its pieces stand. */
export interface Given {
  readonly documents: Omit<Documents, 'taskDefinition'> & { readonly taskDefinition: Doc | null };
  readonly texts: Partial<Readonly<Record<DocumentName, Text>>>;
}

export type Files = Partial<Readonly<Record<DocumentName, string | undefined>>>;

/** Reads the files that are named; a pipeline may be YAML, all others are JSON. */
export async function readFiles(files: Files): Promise<Given> {
  const documents: Record<DocumentName, Doc | null> = {
    taskDefinition: null,
    service: null,
    pipeline: null,
    imageConfig: null,
    capacityProvider: null,
    scenario: null,
  };
  const texts: Record<string, Text> = {};
  for (const [kind, file] of Object.entries(files) as readonly [DocumentName, string | undefined][]) {
    if (file === undefined) continue;
    const text = await textIn(file);
    const read = kind === 'pipeline' ? await readYaml(text, file) : jsonIn(text, file);
    texts[kind] = read;
    documents[kind] = docOf(kind, read, file);
  }
  return { documents, texts };
}

async function textIn(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : message;
    throw new GamedayError('bad-input', `${file} cannot be read: ${why}`, {
      at: file,
      cause,
      next: 'Name a file that can be read.',
    });
  }
}

function jsonIn(text: string, file: string): Text {
  const read = readJson(text);
  if ('value' in read) return read;
  throw new GamedayError('bad-input', `it is no JSON: ${read.why}`, {
    at: `${file}:${read.at}`,
    next: 'Mend it there; comments may stay.',
  });
}

async function readYaml(text: string, file: string): Promise<Text> {
  // YAML takes a while to load, and most looks are at JSON alone.
  const { readPipeline } = await import('../preflight/yaml.ts');
  const read = readPipeline(text);
  if ('value' in read) return read;
  throw new GamedayError('bad-input', `it is no YAML: ${read.why}`, {
    at: `${file}:${read.at}`,
    next: 'Mend it there.',
  });
}

function docOf(kind: DocumentName, read: Text, file: string): Doc {
  const doc = unwrap(kind, read.value, file);
  if ('value' in doc) return doc;
  throw new GamedayError('bad-input', doc.why, { at: `${file}:${read.place(doc.path)}`, next: doc.next });
}
