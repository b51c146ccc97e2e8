import { REPORTERS } from '../../report/reporters.ts';
import type { ListedArg, ListedCommand, ListedFlag } from '../command-groups.ts';
import { spell } from '../help-text.ts';

/** What may stand as a value: files, folders, files or shipped scenarios, ids of drills, fixed words, or what nobody can guess. */
export type Kind = 'file' | 'folder' | 'scenario' | 'drill' | 'reporter' | 'none' | readonly string[];

export interface CompletedFlag {
  readonly name: string;
  readonly about: string;
  /** Null where it takes no value. */
  readonly value: Kind | null;
  readonly multiple: boolean;
}

/** A command with all that can follow it. */
export interface CompletedCommand {
  /** As it is typed: `drills show`. */
  readonly path: string;
  readonly about: string;
  readonly flags: readonly CompletedFlag[];
  readonly args: readonly Kind[];
  /** Whether the last argument may be given again. */
  readonly repeats: boolean;
}

/** All that a shell completes. */
export interface Vocabulary {
  readonly commands: readonly CompletedCommand[];
  /** The words after `gameday`, and after each topic. */
  readonly words: ReadonlyMap<string, readonly { readonly word: string; readonly about: string }[]>;
  /** Names of shipped scenarios, with their @. */
  readonly scenarios: readonly string[];
  readonly reporters: readonly string[];
}

const OWN_WORDS = [
  { word: 'help', about: 'Say what a command does.' },
  { word: 'version', about: 'Say which version this is.' },
];

/** Makes the vocabulary of the manifest's commands. */
export function makeVocabulary(
  listed: readonly ListedCommand[],
  aboutTopics: ReadonlyMap<string, string>,
  scenarios: readonly string[],
): Vocabulary {
  const shown = listed.filter(({ hidden }) => hidden !== true);
  const words = new Map<string, { word: string; about: string }[]>([['', []]]);
  for (const { id, summary = '' } of shown) {
    const [first = '', second] = id.split(':');
    const top = words.get('') ?? [];
    if (!top.some(({ word }) => word === first))
      top.push({ word: first, about: aboutTopics.get(first) ?? summary });
    if (second !== undefined)
      words.set(first, [...(words.get(first) ?? []), { word: second, about: summary }]);
  }
  words.get('')?.push(...OWN_WORDS);
  return {
    // Former names of a command are not offered; what follows them is.
    commands: listed.flatMap((command) =>
      [command.id, ...(command.hiddenAliases ?? [])].map((id) => makeCommand({ ...command, id })),
    ),
    words,
    scenarios,
    reporters: Object.keys(REPORTERS),
  };
}

function makeCommand({ id, summary = '', args = {}, flags = {} }: ListedCommand): CompletedCommand {
  const all = Object.entries(args);
  return {
    path: spell(id),
    about: summary,
    args: all.map(([name, arg]) => kindOfArg(name, arg)),
    repeats: all.at(-1)?.[1].multiple === true,
    flags: Object.entries(flags)
      .filter(([, { hidden }]) => hidden !== true)
      .map(([name, flag]) => ({
        name: `--${name}`,
        about: flag.description ?? '',
        value: flag.type === 'boolean' ? null : kindOfFlag(flag),
        multiple: flag.multiple === true,
      })),
  };
}

function kindOfArg(name: string, { description = '', options }: ListedArg): Kind {
  if (options !== undefined) return options;
  if (/\bids? of (a |the )?drills?\b/.test(description)) return 'drill';
  if (name === 'SCENARIO' || description.includes('@')) return 'scenario';
  return kindOfValue(name);
}

function kindOfFlag({ helpValue, options }: ListedFlag): Kind {
  return options ?? kindOfValue(String(helpValue ?? ''));
}

/** The kind that the name of a value in help stands for. */
function kindOfValue(name: string): Kind {
  const parts = name.split('|');
  if (name === 'NAME[=FILE]') return 'reporter';
  if (parts.includes('DRILL') || name === 'JOURNAL') return 'drill';
  if (parts.some((part) => part === 'FILE' || part === 'PATH')) return 'file';
  // The ledger is a folder, or an address that nobody completes.
  return parts.some((part) => ['DIR', 'FOLDER', 'URL'].includes(part)) ? 'folder' : 'none';
}
