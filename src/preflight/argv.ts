import type { CommandLine, Part } from '../worker/argv.ts';
import type { DocumentName, Edit } from './documents.ts';
import type { Path } from './json.ts';
import type { Container } from './subject.ts';

/** The place of an entry point or command in a document. */
interface Place {
  readonly document: DocumentName;
  readonly path: Path;
}

/** The place of a part of a command line; null where no document contains it. */
export function placeOfPart(
  { path, start: { commandLine } }: Pick<Container, 'path' | 'start'>,
  part: Part | null,
): Place | null {
  if (part === null || part.from === 'name') return null;
  const isEntry = part === commandLine.entry;
  return part.from === 'definition'
    ? { document: 'taskDefinition', path: [...path, isEntry ? 'entryPoint' : 'command'] }
    : { document: 'imageConfig', path: [isEntry ? 'Entrypoint' : 'Cmd'] };
}

/** The part that holds the word with this index, and the word's index in that part. */
export function partAt(
  { entry, command }: CommandLine,
  index: number,
): { readonly part: Part; readonly index: number } | null {
  const inEntry = entry?.words.length ?? 0;
  if (entry !== null && index < inEntry) return { part: entry, index };
  return command === null ? null : { part: command, index: index - inEntry };
}

/** The edits that replace `remove` words from `index` on by `words`. */
export function editWord(
  container: Container,
  index: number,
  remove: number,
  words: readonly string[],
): readonly Edit[] {
  const where = partAt(container.start.commandLine, index);
  const place = placeOfPart(container, where?.part ?? null);
  if (where === null || place === null) return [];
  const before = where.part.words;
  return [{ ...place, before, after: before.toSpliced(where.index, remove, ...words) }];
}

/** The edits that replace the whole command line by `words`, in the place of its first word. */
export function editCommandLine(container: Container, words: readonly string[]): readonly Edit[] {
  const { entry, command } = container.start.commandLine;
  const first = entry ?? command;
  const place = placeOfPart(container, first);
  if (first === null || place === null) return [];
  const rest = entry === null ? null : command;
  const restPlace = placeOfPart(container, rest);
  return [
    { ...place, before: first.words, after: words },
    ...(rest === null || restPlace === null ? [] : [{ ...restPlace, before: rest.words, after: undefined }]),
  ];
}
