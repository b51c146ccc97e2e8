import type { Open } from './documents.ts';
import { readInstructions } from './dockerfile/instructions.ts';
import {
  environmentOf,
  readLastStage,
  type Placed,
  type Stage,
  type StartWords,
} from './dockerfile/stages.ts';
import type { Value } from './dockerfile/words.ts';
import { textOf, textsOf, type Json, type JsonObject } from './json.ts';
import { EMPTY, type BadText, type Text, type Written } from './text.ts';

/** A Dockerfile as the configuration of the image that it builds. */
export interface Dockerfile extends Text {
  readonly value: JsonObject;
  readonly open: Open;
  /** What was assumed, and the rule that it matters to. */
  readonly assumed: readonly { readonly rule: string; readonly said: string }[];
}

/** Reads a Dockerfile; only the start of the image that its last stage builds is of interest. */
export function readDockerfile(text: string): Dockerfile | BadText {
  if (text.trim() === '') return EMPTY;
  try {
    const instructions = readInstructions(text);
    if ('why' in instructions) return instructions;
    const stage = readLastStage(instructions);
    return 'why' in stage ? stage : describeImage(stage);
  } catch (error) {
    // Substitutions are read recursively.
    if (error instanceof RangeError) return { at: '1:1', why: 'it is nested too deeply' };
    throw error;
  }
}

function describeImage(stage: Stage): Dockerfile {
  const { entryPoint, command, stopSignal, user } = stage;
  const variables = [...environmentOf(stage)].flatMap(([name, { value, at }]) =>
    'text' in value ? [{ name, text: value.text, at }] : [],
  );
  const value = {
    ...(entryPoint === null ? {} : { Entrypoint: entryPoint.words }),
    ...(command === null ? {} : { Cmd: command.words }),
    ...(stopSignal !== null && 'text' in stopSignal.value ? { StopSignal: stopSignal.value.text } : {}),
    ...(user !== null && 'text' in user.value ? { User: user.value.text } : {}),
    Env: variables.map(({ name, text }) => `${name}=${text}`),
  };
  const places: Readonly<Record<string, string | undefined>> = {
    Entrypoint: entryPoint?.at,
    Cmd: command?.at,
    StopSignal: stopSignal?.at,
    User: user?.at,
  };
  return {
    value,
    place: ([member = '', index]) =>
      (typeof index === 'number' && member === 'Env' ? variables[index]?.at : places[member]) ?? stage.from,
    written: writtenIn(stage),
    open: listOpen(stage),
    assumed: [...listArguments(stage), ...listShells(stage), ...listLookalikes(stage)],
  };
}

/** What the file leaves to others, with the reason. */
function listOpen(stage: Stage): Open {
  const { base, entryPoint, stopSignal } = stage;
  const image = 'text' in base ? ` ${base.text}` : `, of which ${base.unknown}`;
  const toBase = `the Dockerfile leaves it to its base image${image} (give --image-config of the built image)`;
  return {
    entryPoint: entryPoint === null ? toBase : null,
    stopSignal:
      stopSignal === null ? toBase : 'unknown' in stopSignal.value ? stopSignal.value.unknown : null,
    variables: Object.fromEntries(
      [...environmentOf(stage)].flatMap(([name, { value }]) =>
        name.startsWith('BUILDKITE_') && 'unknown' in value ? [[name, value.unknown]] : [],
      ),
    ),
  };
}

/** Rules that ask for a variable of the agent. */
const RULES: ReadonlyMap<string, string> = new Map([
  ['BUILDKITE_AGENT_DISCONNECT_AFTER_IDLE_TIMEOUT', 'idle-timeout'],
  ['BUILDKITE_AGENT_DISCONNECT_AFTER_JOB', 'disconnect-after-job'],
  ['BUILDKITE_AGENT_SPAWN', 'spawn-many'],
  ['BUILDKITE_AGENT_TAGS_FROM_ECS_META_DATA', 'no-ecs-tags'],
  ['BUILDKITE_CANCEL_GRACE_PERIOD', 'cancel-grace-over-stop'],
  ['BUILDKITE_KUBERNETES_EXEC', 'kubernetes-exec'],
]);
/** Those that say themselves that the value of their variable is not known. */
const SAYS_ITSELF: ReadonlySet<string> = new Set(['idle-timeout', 'no-ecs-tags']);

/** What depends on build arguments: values that are not known, and defaults that were taken. */
function listArguments(stage: Stage): Dockerfile['assumed'] {
  const { base, stopSignal } = stage;
  return [
    ...sayDefaults('shell-form', 'the base image', base),
    ...sayDefaults('stop-signal', 'STOPSIGNAL', stopSignal?.value ?? null),
    ...[...environmentOf(stage)].flatMap(([name, { value }]) => {
      const rule = RULES.get(name);
      if (rule === undefined) return [];
      if ('text' in value) return sayDefaults(rule, `ENV ${name}`, value);
      return SAYS_ITSELF.has(rule) ? [] : [{ rule, said: `ENV ${name} of the image: ${value.unknown}` }];
    }),
  ];
}

function sayDefaults(rule: string, what: string, value: Value | null): Dockerfile['assumed'] {
  if (value === null || 'unknown' in value || value.defaults.length === 0) return [];
  const names = value.defaults.join(', ');
  return [
    { rule, said: `${what} is "${value.text}" by the default of ${names}, which --build-arg may replace` },
  ];
}

/** Where no SHELL stands in the file, the base image may have set one. */
function listShells({ shell, base, entryPoint, command }: Stage): Dockerfile['assumed'] {
  const isShell = [entryPoint, command].some((start) => start?.shell != null);
  if (shell !== null || !isShell) return [];
  const name = 'text' in base ? ` ${base.text}` : '';
  return [
    {
      rule: 'shell-form',
      said: `the shell form is run by /bin/sh -c, if the base image${name} sets no other SHELL`,
    },
  ];
}

/** Docker takes a list with single quotes for the shell form. */
function listLookalikes({ entryPoint, command }: Stage): Dockerfile['assumed'] {
  return [...(isLookalike(entryPoint) ? ['ENTRYPOINT'] : []), ...(isLookalike(command) ? ['CMD'] : [])].map(
    (keyword) => ({
      rule: 'shell-form',
      said: `${keyword} looks like the exec form but is no JSON (texts stand in double quotes), so Docker takes it for the shell form`,
    }),
  );
}

function isLookalike(start: StartWords | null): boolean {
  return start?.shell != null && /^\[.*\]$/s.test(start.words.at(-1) ?? '');
}

const KEYWORDS: Readonly<Record<string, string>> = {
  Entrypoint: 'ENTRYPOINT',
  Cmd: 'CMD',
  StopSignal: 'STOPSIGNAL',
  User: 'USER',
  Env: 'ENV',
};

function writtenIn(stage: Stage): Written {
  const starts: Readonly<Record<string, StartWords | null>> = {
    Entrypoint: stage.entryPoint,
    Cmd: stage.command,
  };
  const texts: Readonly<Record<string, Placed | null>> = { StopSignal: stage.stopSignal, User: stage.user };
  const names = [...environmentOf(stage)].flatMap(([name, { value }]) => ('text' in value ? [name] : []));
  return {
    name: ([member = '', index]) => [
      KEYWORDS[member] ?? String(member),
      ...(typeof index === 'number' && member === 'Env' ? [names[index] ?? ''] : []),
    ],
    has: ([member = '']) => member === 'Env' || (starts[member]?.isWritten ?? texts[member] != null),
    line: ([member = ''], value) => writeLine(String(member), value, starts[member]?.shell ?? null),
  };
}

/** The instruction that sets a value, in shell form where the file has it and one text behind the shell is left. */
function writeLine(member: string, value: Json, shell: readonly string[] | null): string {
  if (member === 'Env') return `ENV ${quotePair(textOf(value) ?? '')}`;
  const words = textsOf(value);
  const keyword = KEYWORDS[member] ?? member;
  if (words === null) return `${keyword} ${textOf(value) ?? ''}`;
  const last = words.at(-1) ?? '';
  const isShell =
    shell !== null &&
    words.length === shell.length + 1 &&
    shell.every((word, index) => word === words[index]);
  if (isShell && !last.includes('\n')) return `${keyword} ${last}`;
  return `${keyword} [${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}

function quotePair(pair: string): string {
  const at = pair.indexOf('=') + 1;
  const value = pair.slice(at);
  return /^[\w./:,@%+=-]*$/.test(value)
    ? pair
    : `${pair.slice(0, at)}"${value.replaceAll(/["\\$]/g, '\\$&')}"`;
}
