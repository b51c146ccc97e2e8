import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

const ROOT = new URL('../../', import.meta.url);

/** A file of the package that an assistant may read. */
export interface Page {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly mimeType: 'text/markdown' | 'application/schema+json';
  read(): Promise<string>;
}

/** Folders whose pages come with the package. */
const FOLDERS = ['docs/how-to/', 'docs/reference/', 'docs/explanation/', 'scenarios/'];

/** The pages and schemas that come with the package; nothing else is read as a resource. */
export function listPages(): readonly Page[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(new URL(folder, ROOT))
      .filter((name) => name.endsWith('.md') || name.endsWith('.schema.json'))
      .sort()
      .map((name) => pageOf(new URL(`${folder}${name}`, ROOT), folder, name)),
  );
}

function pageOf(url: URL, folder: string, name: string): Page {
  const read = async (): Promise<string> => readFile(url, 'utf8');
  if (name.endsWith('.schema.json')) {
    const subject = name.slice(0, -'.schema.json'.length);
    return {
      uri: `gameday://schemas/${subject}`,
      name: `schema of ${subject}`,
      title: `JSON Schema: ${subject}`,
      mimeType: 'application/schema+json',
      read,
    };
  }
  const path = `${folder}${name.slice(0, -'.md'.length)}`;
  const [, title = path] = /^# (.+)$/m.exec(readFileSync(url, 'utf8')) ?? [];
  return { uri: `gameday://${path}`, name: path, title, mimeType: 'text/markdown', read };
}
