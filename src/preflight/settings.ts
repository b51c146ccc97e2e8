import { isSwitch, variableOfFlag } from '../worker/read-settings.ts';
import { isAgentStart } from '../worker/start.ts';
import type { AgentSettings as Read, FlagSetting, VariableSetting } from '../worker/settings.ts';
import { partAt, placeOfPart, editWord } from './argv.ts';
import { sayWhyOpen, type DocumentName, type Documents, type Edit } from './documents.ts';
import { listEnvironment } from './edits.ts';
import { member, textOf, textsOf, type Path } from './json.ts';
import type { AgentSettings, Container, Setting } from './subject.ts';

/** The agent's command line, wherever it stands, and how to change it. */
interface Line {
  readonly words: readonly string[];
  readonly takesFlags: boolean;
  /** The edits that replace `remove` words from `index` on, or add words at the end. */
  change(change: Change): readonly Edit[];
  readonly document: DocumentName;
  readonly path: Path;
}

interface Change {
  readonly drop?: ReadonlySet<number>;
  readonly set?: ReadonlyMap<number, string>;
  readonly add?: readonly string[];
}

/** Adds the places in the documents to the settings that were read from them. */
export function settingsIn(documents: Documents, container: Container, read: Read): AgentSettings {
  const line = lineOf(container, read);
  return {
    whyOpen: (flag) => {
      const open = documents.imageConfig?.open?.variables[variableOfFlag(flag)];
      if (open !== undefined) return `ENV ${variableOfFlag(flag)} of the image: ${open}`;
      return read.isLineKnown
        ? null
        : `its command line is in the image (${sayWhyOpen(documents, 'entryPoint')})`;
    },
    configFile: read.configFile,
    get: (name) => {
      const [flag, variable] = [read.flag(name), read.variable(name)];
      const ofVariable = variable === null ? null : variableIn(documents, container, variable);
      if (flag === null || line === null) return ofVariable;
      const ofFlag = flagIn(line, name, flag);
      // The flag overrides the variable, so removing the setting means removing both.
      return { ...ofFlag, without: [...ofFlag.without, ...(ofVariable?.without ?? [])] };
    },
    add: (flag, given) => {
      const words = [`--${flag}`, ...(given === null ? [] : [given])];
      const added = line?.takesFlags === true ? line.change({ add: words }) : [];
      return added.length > 0 ? added : addVariable(container, variableOfFlag(flag), given ?? 'true');
    },
  };
}

function lineOf(container: Container, { line }: Read): Line | null {
  if (line === null) return null;
  return line.segment === null
    ? lineOfWords(container)
    : lineOfScript(container, { words: line.words, text: line.segment.text });
}

function lineOfWords(container: Container): Line {
  const { entry, command, words } = container.start.commandLine;
  const parts = [entry, command].filter((part) => part !== null);
  const last = parts.at(-1) ?? null;
  const place = placeOfPart(container, last);
  return {
    words,
    takesFlags: isAgentStart(words),
    change: ({ drop, set, add = [] }) =>
      parts.flatMap((part) => {
        const at = placeOfPart(container, part);
        if (at === null) return [];
        const from = part === command ? (entry?.words.length ?? 0) : 0;
        const after = part.words
          .map((word, index) => set?.get(from + index) ?? word)
          .filter((_, index) => drop?.has(from + index) !== true);
        const whole = part === last ? [...after, ...add] : after;
        return whole.join('\0') === part.words.join('\0')
          ? []
          : [{ ...at, before: part.words, after: whole }];
      }),
    document: place?.document ?? 'taskDefinition',
    path: place?.path ?? container.path,
  };
}

const WORD = /(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\([^)]*\)|[^\s'"\\])+/g;

function lineOfScript(
  container: Container,
  { words, text }: { readonly words: readonly string[]; readonly text: string },
): Line | null {
  const { shell, commandLine } = container.start;
  const where = shell === null ? null : partAt(commandLine, shell.scriptAt);
  const place = placeOfPart(container, where?.part ?? null);
  if (shell === null || where === null || place === null) return null;
  return {
    words,
    takesFlags: true,
    change: ({ drop, set, add = [] }) => {
      let index = -1;
      const changed = text.replaceAll(WORD, (word) => {
        index += 1;
        return drop?.has(index) === true ? '' : (set?.get(index) ?? word);
      });
      const tidy = drop === undefined ? changed : changed.replaceAll(/ {2,}/g, ' ').trim();
      const told = add.length === 0 ? tidy : insertFlag(tidy, add);
      // Where the same text stands several times, the last one is in force.
      const at = shell.script.lastIndexOf(text);
      const script = `${shell.script.slice(0, at)}${told}${shell.script.slice(at + text.length)}`;
      return editWord(container, shell.scriptAt, 1, [script]);
    },
    document: place.document,
    path: [...place.path, where.index],
  };
}

/** Inserts the flags after `start`, so that no redirection stands before them. */
function insertFlag(text: string, given: readonly string[]): string {
  const inserted = text.replace(/(buildkite-agent\s+start)\b/, (start) => `${start} ${given.join(' ')}`);
  return inserted === text ? `${text} ${given.join(' ')}` : inserted;
}

function flagIn(line: Line, flag: string, { value, at: all }: FlagSetting): Setting {
  const { words, document, path } = line;
  const isAlone = (index: number): boolean => isSwitch(flag) || (words[index] ?? '').includes('=');
  const last = all.at(-1);
  return {
    ...{ value, by: 'flag', document, path },
    without:
      last === undefined
        ? []
        : line.change({
            drop: new Set(all.flatMap((index) => (isAlone(index) ? [index] : [index, index + 1]))),
          }),
    with: (given) => {
      if (last === undefined) return [];
      const [at, word] = isAlone(last) ? [last, `--${flag}=${given}`] : [last + 1, given];
      return line.change({ set: new Map([[at, word]]) });
    },
  };
}

function variableIn(
  { imageConfig }: Documents,
  { path: container, value: raw, environment }: Container,
  { value, name, of }: VariableSetting,
): Setting {
  if (of === 'image') {
    const list = textsOf(member(imageConfig?.value, 'Env')) ?? [];
    const path = [
      'Env',
      Math.max(
        0,
        list.findLastIndex((one) => one.startsWith(`${name}=`)),
      ),
    ];
    const edit = { document: 'imageConfig', path, before: `${name}=${value}` } as const;
    return {
      ...{ value, by: 'variable', document: 'imageConfig', path },
      without: [{ ...edit, after: undefined }],
      with: (after) => [{ ...edit, after: `${name}=${after}` }],
    };
  }
  const list = listEnvironment({ value: raw, environment });
  const at = list.findLastIndex((one) => textOf(member(one, 'name')) === name);
  const path = [...container, 'environment', at];
  return {
    ...{ value, by: 'variable', document: 'taskDefinition', path },
    without: [{ document: 'taskDefinition', path, before: list[at], after: undefined }],
    with: (after) => [
      { document: 'taskDefinition', path: [...path, 'value'], before: member(list[at], 'value'), after },
    ],
  };
}

function addVariable(container: Container, name: string, given: string): readonly Edit[] {
  const before = member(container.value, 'environment');
  const after = [...listEnvironment(container), { name, value: given }];
  return [{ document: 'taskDefinition', path: [...container.path, 'environment'], before, after }];
}
