import type { Json, Path } from './json.ts';
import { member, textsOf, valueAt } from './json.ts';
import type { Edit } from './edit.ts';
import type { DocumentName, Documents } from './documents.ts';
import { isOfficialImage, OFFICIAL_IMAGE } from '../worker/argv.ts';

/** A list of words that a container is started with. */
export interface Part {
  /** Null where no document holds it: the entry point of an image that is known by its name. */
  readonly at: { readonly document: DocumentName; readonly path: Path } | null;
  readonly words: readonly string[];
}

/** What a container is started with: entry point, then command, as Docker joins them. */
export interface Argv {
  readonly entry: Part | null;
  readonly command: Part | null;
  /** Whether all of it is known; else the image says more. */
  readonly known: boolean;
  readonly words: readonly string[];
}

/**
 * The words of a container. A definition's entry point replaces the image's and drops the image's command; its command
 * replaces the image's command alone (Docker's merge of a container's and an image's configuration).
 */
export function argvOf(documents: Documents, path: Path, image: string | null, ofAgent: boolean): Argv {
  const container = valueAt(documents.taskDefinition.value, path);
  const entry = part('taskDefinition', [...path, 'entryPoint'], member(container, 'entryPoint'));
  const command = part('taskDefinition', [...path, 'command'], member(container, 'command'));
  if (entry !== null) return joined(entry, command, true);
  const config = ofAgent ? documents.imageConfig : null;
  if (config !== null) {
    const imageEntry = part('imageConfig', ['Entrypoint'], member(config.value, 'Entrypoint'));
    return joined(imageEntry, command ?? part('imageConfig', ['Cmd'], member(config.value, 'Cmd')), true);
  }
  if (isOfficialImage(image))
    return joined(
      { at: null, words: OFFICIAL_IMAGE.entryPoint },
      command ?? { at: null, words: OFFICIAL_IMAGE.command },
      true,
    );
  return joined(null, command, false);
}

function part(document: DocumentName, path: Path, value: Json | undefined): Part | null {
  const words = textsOf(value);
  // An empty list is none: it overrides nothing.
  return words === null || words.length === 0 ? null : { at: { document, path }, words };
}

function joined(entry: Part | null, command: Part | null, known: boolean): Argv {
  return { entry, command, known, words: [...(entry?.words ?? []), ...(command?.words ?? [])] };
}

/** The part in which the word with this number stands, and its number there. */
export function partAt(argv: Argv, index: number): { readonly part: Part; readonly index: number } | null {
  const inEntry = argv.entry?.words.length ?? 0;
  if (argv.entry !== null && index < inEntry) return { part: argv.entry, index };
  return argv.command === null ? null : { part: argv.command, index: index - inEntry };
}

/** One word replaced, or several put in its place. */
export function wordEdit(
  argv: Argv,
  index: number,
  remove: number,
  words: readonly string[],
): readonly Edit[] {
  const where = partAt(argv, index);
  if (where?.part.at == null) return [];
  const before = where.part.words;
  return [{ ...where.part.at, before, after: before.toSpliced(where.index, remove, ...words) }];
}

/** All of it replaced by these words; they go where the first word stood. */
export function wholeEdit(argv: Argv, words: readonly string[]): readonly Edit[] {
  const first = argv.entry ?? argv.command;
  if (first?.at == null) return [];
  const rest = argv.entry === null ? null : argv.command;
  return [
    { ...first.at, before: first.words, after: words },
    ...(rest?.at == null ? [] : [{ ...rest.at, before: rest.words, after: undefined }]),
  ];
}
