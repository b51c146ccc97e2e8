import type { Argv } from './argv.ts';
import { partAt, wordEdit } from './argv.ts';
import type { Edit } from './edit.ts';
import type { Json, Path } from './json.ts';
import { itemsOf, member, textOf, textsOf } from './json.ts';
import { isSwitch, variableOfFlag } from '../worker/read-settings.ts';
import { segmentsOf, wordsOf } from '../worker/shell.ts';
import type { Start } from '../worker/start.ts';
import { startsAgent } from '../worker/start.ts';
import type { DocumentName, Documents } from './documents.ts';

/** One setting of the agent, as a flag or as a variable. */
export interface Setting {
  /** The text after the flag; `true` for a flag without one. */
  readonly value: string;
  readonly by: 'flag' | 'variable';
  readonly document: DocumentName;
  readonly path: Path;
  /** The edits that take it out. */
  readonly without: readonly Edit[];
  /** The edits that give it another value. */
  with(value: string): readonly Edit[];
}

/** What the agent is told on its command line and by its variables. A flag goes before a variable. */
export interface AgentSettings {
  /** Whether its command line is known, so that a missing flag is missing. */
  readonly known: boolean;
  /** A file that may say more (`--config`), or null where none is named. */
  readonly configFile: string | null;
  get(flag: string): Setting | null;
  /** The edits that add a flag, or a variable where no command line can be changed. */
  add(flag: string, value: string | null): readonly Edit[];
}

interface Line {
  readonly words: readonly string[];
  /** The edits that drop words by their numbers, put others in their place, and add some at the end. */
  change(change: Change): readonly Edit[];
  readonly document: DocumentName;
  readonly path: Path;
}

interface Change {
  readonly drop?: ReadonlySet<number>;
  readonly set?: ReadonlyMap<number, string>;
  readonly add?: readonly string[];
}

export function settingsOf(
  documents: Documents,
  container: Path,
  value: Json | undefined,
  argv: Argv,
  start: Start,
): AgentSettings {
  const line = lineOf(argv, start);
  const variable = (name: string) => variableOf(documents, container, value, name);
  return {
    known: line !== null && argv.known,
    configFile: (line === null ? null : flagOf(line, 'config'))?.value ?? variable('config')?.value ?? null,
    get: (flag) => {
      const ofVariable = variable(flag);
      const ofFlag = line === null ? null : flagOf(line, flag);
      if (ofFlag === null) return ofVariable;
      // The flag goes before the variable; to be rid of the setting is to be rid of both.
      return { ...ofFlag, without: [...ofFlag.without, ...(ofVariable?.without ?? [])] };
    },
    add: (flag, given) => {
      if (line !== null) {
        const added = line.change({ add: [`--${flag}`, ...(given === null ? [] : [given])] });
        if (added.length > 0) return added;
      }
      return addVariable(container, value, variableOfFlag(flag), given ?? 'true');
    },
  };
}

/** The agent's own words, wherever they stand: in a list, or in a script. */
function lineOf(argv: Argv, start: Start): Line | null {
  if (start.shell !== null) return scriptLine(argv, start);
  if (!startsAgent(argv.words)) return null;
  const parts = [argv.entry, argv.command].filter((part) => part !== null);
  const last = parts.at(-1);
  return {
    words: argv.words,
    change: ({ drop, set, add = [] }) =>
      parts.flatMap((part) => {
        if (part.at === null) return [];
        const from = part === argv.command ? (argv.entry?.words.length ?? 0) : 0;
        const after = part.words
          .map((word, index) => set?.get(from + index) ?? word)
          .filter((_, index) => drop?.has(from + index) !== true);
        const whole = part === last ? [...after, ...add] : after;
        return whole.join('\0') === part.words.join('\0')
          ? []
          : [{ ...part.at, before: part.words, after: whole }];
      }),
    document: last?.at?.document ?? 'taskDefinition',
    path: last?.at?.path ?? [],
  };
}

const WORD = /(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\([^)]*\)|[^\s'"\\])+/g;

function scriptLine(argv: Argv, { shell }: Start): Line | null {
  const where = shell === null ? null : partAt(argv, shell.scriptAt);
  if (shell === null || where?.part.at == null) return null;
  const main = segmentsOf(shell.script).findLast(({ text }) => startsAgent(wordsOf(text)));
  if (main === undefined) return null;
  const { document, path } = where.part.at;
  return {
    words: wordsOf(main.text),
    change: ({ drop, set, add = [] }) => {
      let index = -1;
      const changed = main.text.replaceAll(WORD, (word) => {
        index += 1;
        return drop?.has(index) === true ? '' : (set?.get(index) ?? word);
      });
      const text = drop === undefined ? changed : changed.replaceAll(/ {2,}/g, ' ').trim();
      const told = add.length === 0 ? text : insertFlag(text, add);
      // The last one that reads so is the one that was found.
      const at = shell.script.lastIndexOf(main.text);
      const script = `${shell.script.slice(0, at)}${told}${shell.script.slice(at + main.text.length)}`;
      return wordEdit(argv, shell.scriptAt, 1, [script]);
    },
    document,
    path: [...path, where.index],
  };
}

/** Behind `start`, so that no redirection stands before it. */
function insertFlag(text: string, given: readonly string[]): string {
  const inserted = text.replace(/(buildkite-agent\s+start)\b/, (start) => `${start} ${given.join(' ')}`);
  return inserted === text ? `${text} ${given.join(' ')}` : inserted;
}

function flagOf(line: Line, flag: string): Setting | null {
  const { words, document, path } = line;
  const all = words.flatMap((word, index) => (new RegExp(`^--?${flag}(?:=|$)`).test(word) ? [index] : []));
  const at = all.at(-1);
  if (at === undefined) return null;
  const word = words[at] ?? '';
  const equal = word.indexOf('=');
  const alone = (index: number): boolean => isSwitch(flag) || (words[index] ?? '').includes('=');
  const value = equal !== -1 ? word.slice(equal + 1) : isSwitch(flag) ? 'true' : (words[at + 1] ?? '');
  return {
    value,
    by: 'flag',
    document,
    path,
    without: line.change({
      drop: new Set(all.flatMap((index) => (alone(index) ? [index] : [index, index + 1]))),
    }),
    with: (given) =>
      line.change({ set: new Map([alone(at) ? [at, `--${flag}=${given}`] : [at + 1, given]]) }),
  };
}

function variableOf(
  documents: Documents,
  container: Path,
  value: Json | undefined,
  flag: string,
): Setting | null {
  const name = variableOfFlag(flag);
  const list = itemsOf(member(value, 'environment'));
  const at = list.findIndex((one) => textOf(member(one, 'name')) === name);
  if (at !== -1) {
    const path = [...container, 'environment', at];
    const before = textOf(member(list[at], 'value')) ?? '';
    return {
      value: before,
      by: 'variable',
      document: 'taskDefinition',
      path,
      without: [{ document: 'taskDefinition', path, before: list[at], after: undefined }],
      with: (after) => [{ document: 'taskDefinition', path: [...path, 'value'], before, after }],
    };
  }
  const ofImage = textsOf(member(documents.imageConfig?.value, 'Env')) ?? [];
  const index = ofImage.findIndex((one) => one.startsWith(`${name}=`));
  const written = ofImage[index];
  if (written === undefined) return null;
  const path = ['Env', index];
  return {
    value: written.slice(name.length + 1),
    by: 'variable',
    document: 'imageConfig',
    path,
    without: [{ document: 'imageConfig', path, before: written, after: undefined }],
    with: (after) => [{ document: 'imageConfig', path, before: written, after: `${name}=${after}` }],
  };
}

function addVariable(container: Path, value: Json | undefined, name: string, given: string): readonly Edit[] {
  const before = member(value, 'environment');
  const after = [...itemsOf(before), { name, value: given }];
  return [{ document: 'taskDefinition', path: [...container, 'environment'], before, after }];
}

/** Whether a setting is on: a flag without a value is. */
export function isOn(setting: Setting | null): boolean {
  return setting !== null && !/^(?:false|0|f|no)?$/i.test(setting.value);
}

/** Whole seconds of a setting; `10s` and `2m` as well. Null where it is none. */
export function secondsOf(setting: Setting | null): number | null {
  const [, amount, unit = 's'] = /^(\d+)(s|m|h)?$/.exec(setting?.value ?? '') ?? [];
  if (amount === undefined) return null;
  return Number(amount) * ({ s: 1, m: 60, h: 3600 }[unit] ?? 1);
}
