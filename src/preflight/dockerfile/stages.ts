import { isOfficialImage, OFFICIAL_IMAGE } from '../../worker/argv.ts';
import type { BadText } from '../text.ts';
import type { Instruction, Instructions } from './instructions.ts';
import { expandText, mergeNames, splitWords, type Lookup, type Value } from './words.ts';

/** The start of an image as one instruction sets it. */
export interface StartWords {
  readonly words: readonly string[];
  readonly at: string;
  /** The shell before a text in shell form; null in exec form. */
  readonly shell: readonly string[] | null;
  /** Whether an instruction of this file says it; else it is known of the base image. */
  readonly isWritten: boolean;
}

/** One text that an instruction sets. */
export interface Placed {
  readonly value: Value;
  readonly at: string;
}

/** What a stage makes of its base image. Null, and variables that are absent: left to the base. */
export interface Stage {
  /** The stage of this file that it is built on: its variables and arguments are to be found there. */
  readonly parent: Stage | null;
  /** Name of the image outside this file that it is built on, at last. */
  readonly base: Value;
  readonly from: string;
  entryPoint: StartWords | null;
  command: StartWords | null;
  stopSignal: Placed | null;
  user: Placed | null;
  shell: readonly string[] | null;
  readonly environment: Map<string, Placed>;
  /** Variables and build arguments that instructions may use. */
  readonly variables: Map<string, Value>;
  /** Instructions for stages built on this one. */
  readonly triggers: Instruction[];
  /** Whether CMD has stood in this stage: only then ENTRYPOINT keeps it. */
  hasCommand: boolean;
}

/** Docker's shell on Linux, where neither SHELL nor the base image sets another. */
const DEFAULT_SHELL = ['/bin/sh', '-c'];

/** Follows the stages up to the last one, which is what `docker build` builds. */
export function readLastStage({ escape, list }: Instructions): Stage | BadText {
  const outside = new Map<string, Value>();
  const named = new Map<string, Stage>();
  let stage: Stage | null = null;
  for (const instruction of list) {
    const { keyword, text, at } = instruction;
    if (keyword === 'FROM') {
      const [image = '', as, name, ...more] = text.replace(/^(?:--\S+\s+)*/, '').split(/\s+/);
      if (image === '' || more.length > 0 || (as !== undefined && (name === undefined || !/^as$/i.test(as))))
        return { at, why: 'FROM needs an image, or an image, AS and a name' };
      const begun = beginStage(expandText(image, escape, lookupIn(outside)), at, named, escape, outside);
      if ('why' in begun) return begun;
      stage = begun;
      if (name !== undefined) named.set(name.toLowerCase(), stage);
    } else if (stage !== null) {
      const wrong = applyInstruction(stage, instruction, escape, outside);
      if (wrong !== null) return wrong;
    } else if (keyword === 'ARG') setArguments(outside, lookupIn(outside), text, escape, new Map());
    else return { at, why: `${keyword} stands before the first FROM, where only ARG may` };
  }
  return stage ?? { at: '1:1', why: 'it has no FROM, so it builds no image' };
}

function beginStage(
  image: Value,
  at: string,
  named: ReadonlyMap<string, Stage>,
  escape: string,
  outside: ReadonlyMap<string, Value>,
): Stage | BadText {
  const parent = 'text' in image ? named.get(image.text.toLowerCase()) : undefined;
  if (parent === undefined) return makeStage(image, at);
  const stage: Stage = {
    ...parent,
    base: withDefaultsOf(parent.base, image),
    from: at,
    ...{ parent, environment: new Map(), variables: new Map(), triggers: [], hasCommand: false },
  };
  for (const trigger of parent.triggers) {
    const wrong = applyInstruction(stage, trigger, escape, outside);
    if (wrong !== null) return wrong;
  }
  return stage;
}

/** Which stage it was is a matter of the build arguments in its name too. */
function withDefaultsOf(base: Value, name: Value): Value {
  if ('unknown' in base || 'unknown' in name) return base;
  return { ...base, defaults: mergeNames(base.defaults, name.defaults) };
}

function makeStage(base: Value, at: string): Stage {
  const isOfficial = 'text' in base && isOfficialImage(base.text);
  const known = (words: readonly string[]): StartWords => ({ words, at, shell: null, isWritten: false });
  return {
    ...{ base, from: at, stopSignal: null, user: null, shell: null, triggers: [], hasCommand: false },
    entryPoint: isOfficial ? known(OFFICIAL_IMAGE.entryPoint) : null,
    command: isOfficial ? known(OFFICIAL_IMAGE.command) : null,
    ...{ parent: null, environment: new Map(), variables: new Map() },
  };
}

/** The variables that a stage sets for its image, with those of the stages that it is built on. */
export function environmentOf(stage: Stage): ReadonlyMap<string, Placed> {
  return new Map(
    listLine(stage)
      .toReversed()
      .flatMap(({ environment }) => [...environment]),
  );
}

/** The stage, the one that it is built on, and so on. */
function listLine(stage: Stage): readonly Stage[] {
  const line: Stage[] = [];
  for (let one: Stage | null = stage; one !== null; one = one.parent) line.push(one);
  return line;
}

function lookupIn(variables: ReadonlyMap<string, Value>): Lookup {
  return (name) => variables.get(name) ?? { unknown: `the file sets no ${name}` };
}

function lookupAt(stage: Stage): Lookup {
  return (name) => {
    for (let one: Stage | null = stage; one !== null; one = one.parent) {
      const value = one.variables.get(name);
      if (value !== undefined) return value;
    }
    return { unknown: `the file sets no ${name}` };
  };
}

/** Applies one instruction to a stage; instructions that do not change how the image starts are passed over. */
function applyInstruction(
  stage: Stage,
  instruction: Instruction,
  escape: string,
  outside: ReadonlyMap<string, Value>,
): BadText | null {
  const { keyword, text, at } = instruction;
  const placed = (value: string): Placed => ({
    value: expandText(value, escape, lookupAt(stage)),
    at,
  });
  switch (keyword) {
    case 'ENTRYPOINT':
    case 'CMD':
      return setStart(stage, instruction);
    case 'SHELL': {
      const words = parseList(text);
      if (words === null || words.length === 0) return { at, why: 'SHELL needs a JSON list of texts' };
      stage.shell = words;
      return null;
    }
    case 'ENV':
      return setEnvironment(stage, instruction, escape);
    case 'ARG':
      setArguments(stage.variables, lookupAt(stage), text, escape, outside);
      return null;
    case 'STOPSIGNAL':
      stage.stopSignal = placed(text);
      return null;
    case 'USER':
      stage.user = placed(text);
      return null;
    case 'ONBUILD': {
      const [, word = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(text) ?? [];
      stage.triggers.push({ ...instruction, keyword: word.toUpperCase(), text: rest });
      return null;
    }
    default:
      return null;
  }
}

/** ENTRYPOINT takes away a CMD that does not stand in the same stage (dockerfile2llb/convert.go, dispatchEntrypoint). */
function setStart(stage: Stage, { keyword, text, at }: Instruction): BadText | null {
  const list = parseList(text);
  if (list === null && isList(text)) return { at, why: `${keyword} in exec form takes texts only` };
  const shell = list === null ? (stage.shell ?? DEFAULT_SHELL) : null;
  const start = { words: list ?? [...(shell ?? []), text], at, shell, isWritten: true };
  if (keyword === 'CMD') {
    stage.command = start;
    stage.hasCommand = true;
    return null;
  }
  stage.entryPoint = start;
  if (!stage.hasCommand) stage.command = { words: [], at, shell: null, isWritten: false };
  return null;
}

/** The words of an exec form: a JSON list of texts; null for all else, which Docker takes as the shell form. */
function parseList(text: string): readonly string[] | null {
  const value = parseJson(text);
  return Array.isArray(value) && value.every((word) => typeof word === 'string') ? value : null;
}

function isList(text: string): boolean {
  return Array.isArray(parseJson(text));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** All values of one ENV see the variables as they were before it. */
function setEnvironment(
  stage: Stage,
  { text, at, variablesAt }: Instruction,
  escape: string,
): BadText | null {
  const words = splitWords(text, escape);
  const isOld = words[0]?.includes('=') !== true;
  const [, oldName = '', oldValue] = /^(\S*)\s+([\s\S]*)$/.exec(text) ?? [];
  if (isOld && oldValue === undefined) return { at, why: 'ENV needs NAME=value' };
  const bare = words.find((word) => !word.includes('='));
  if (!isOld && bare !== undefined) return { at, why: `ENV needs NAME=value, and "${bare}" has no =` };
  const pairs = isOld ? [[oldName, oldValue ?? ''] as const] : words.map(splitPair);
  const set = pairs.map(([name, raw]) => [name, expandText(raw, escape, lookupAt(stage))] as const);
  for (const [name, value] of set) {
    stage.variables.set(name, value);
    stage.environment.set(name, { value, at: variablesAt.get(name) ?? at });
  }
  return null;
}

function splitPair(word: string): readonly [string, string] {
  const at = word.indexOf('=');
  return [word.slice(0, at), word.slice(at + 1)];
}

/** Build arguments: the default stands for what a build may set. Without one it is that of an ARG before the first FROM. */
function setArguments(
  variables: Map<string, Value>,
  lookup: Lookup,
  text: string,
  escape: string,
  outside: ReadonlyMap<string, Value>,
): void {
  for (const word of splitWords(text, escape)) {
    const [name, raw] = word.includes('=') ? splitPair(word) : [word, null];
    const value = raw === null ? outside.get(name) : expandText(raw, escape, lookup);
    if (value === undefined) variables.set(name, { unknown: `the build argument ${name} has no default` });
    else
      variables.set(
        name,
        'unknown' in value ? value : { ...value, defaults: mergeNames(value.defaults, [name]) },
      );
  }
}
