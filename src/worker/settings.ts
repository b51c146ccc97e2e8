import type { AgentStart } from './agent-start.ts';
import { isSwitch, variableOfFlag } from './read-settings.ts';
import { segmentsOf, wordsOf, type Segment } from './shell.ts';
import { isAgentStart } from './start.ts';

/** A setting of the agent on its command line. */
export interface FlagSetting {
  /** The text after the flag; `true` for a flag without a value. */
  readonly value: string;
  readonly by: 'flag';
  /** Indexes of the flag's words; empty where a variable in the command line contains the flag (`$FLAGS`). */
  readonly at: readonly number[];
}

/** A setting of the agent as a variable of its container or of its image. */
export interface VariableSetting {
  readonly value: string;
  readonly by: 'variable';
  readonly name: string;
  readonly of: 'definition' | 'image';
}

/** What the documents show about one setting. `absent` means certainly not set. */
export type SettingState =
  | { readonly is: 'known'; readonly setting: FlagSetting | VariableSetting }
  | { readonly is: 'absent' }
  | { readonly is: 'unknown'; readonly said: string };

/** The words that start the agent: those of a command line, or of the last such command in a shell script. */
export interface AgentLine {
  readonly words: readonly string[];
  /** The command in the script; null where no shell runs it. */
  readonly segment: Segment | null;
}

/** The agent's settings, from its command line and its variables. */
export interface AgentSettings {
  /** Null where the agent's words are not found. */
  readonly line: AgentLine | null;
  /** Whether the whole command line is known; only then is an absent flag certainly absent. */
  readonly isLineKnown: boolean;
  /** A file that may hold further settings (`--config`), or null where none is named. */
  readonly configFile: string | null;
  flag(name: string): FlagSetting | null;
  variable(flag: string): VariableSetting | null;
  /** The setting; a flag overrides the variable. */
  read(flag: string): SettingState;
}

type Environment = Readonly<Record<string, string>>;

/**
 * Reads the agent's settings from its words on the command line or in a shell script (quotes and comments removed, `$NAME`
 * replaced from the environment), from the container's environment and from that of the image. A configuration file in the
 * image is not read.
 */
export function readSettings(start: AgentStart, definition: Environment, image: Environment): AgentSettings {
  const { words, isKnown } = start.commandLine;
  const line = lineOf(start);
  const fields = line === null ? [] : fieldsOf(line, { ...image, ...definition });
  const flag = (name: string): FlagSetting | null => flagIn(line?.words ?? [], fields, name);
  const variable = (name: string): VariableSetting | null => variableIn(name, definition, image);
  const configFile = (flag('config') ?? variable('config'))?.value ?? null;
  const isLineKnown = isKnown && line !== null && (line.segment !== null || isAgentStart(words));
  return {
    ...{ line, isLineKnown, configFile, flag, variable },
    read(name) {
      const setting = flag(name) ?? variable(name);
      if (setting !== null) return { is: 'known', setting };
      if (configFile !== null) return { is: 'unknown', said: `whether ${configFile} sets it` };
      return isLineKnown ? { is: 'absent' } : { is: 'unknown', said: 'its command line is in the image' };
    },
  };
}

function lineOf({ commandLine: { words }, shell, program }: AgentStart): AgentLine | null {
  // The words before the program stay, so that indexes are those of the command line.
  if (shell === null) return program.length === 0 ? null : { words, segment: null };
  const segment = segmentsOf(shell.script).findLast(({ text }) => isAgentStart(wordsOf(text)));
  return segment === undefined ? null : { words: wordsOf(segment.text), segment };
}

/** One word as the agent gets it, and the index of the word that contains it. */
interface Field {
  readonly text: string;
  readonly at: number;
}

/** The words of the agent; in a script an expansion may become several words (`$FLAGS`). */
function fieldsOf({ words, segment }: AgentLine, environment: Environment): readonly Field[] {
  return words.flatMap((word, at) => {
    const whole = segment === null ? word : expandVariables(word, environment);
    return whole === word ? [{ text: word, at }] : whole.split(/\s+/).map((text) => ({ text, at }));
  });
}

/** Replaces `$NAME`, `${NAME}` and `${NAME:-default}`; a name that is not in the environment stays as written. */
function expandVariables(word: string, environment: Environment): string {
  return word.replaceAll(
    /\$(?:\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|([A-Za-z_]\w*))/g,
    (whole, braced: string | undefined, fallback: string | undefined, bare: string | undefined) =>
      environment[braced ?? bare ?? ''] ?? fallback ?? whole,
  );
}

/** The last flag of this name: `--flag value`, `--flag=value`, or without a value. */
function flagIn(words: readonly string[], fields: readonly Field[], flag: string): FlagSetting | null {
  const isFlag = new RegExp(`^--?${flag}(?:=|$)`);
  const all = fields.filter(({ text }) => isFlag.test(text));
  const last = all.at(-1);
  if (last === undefined) return null;
  const equal = last.text.indexOf('=');
  const next = isSwitch(flag) ? 'true' : (fields[fields.indexOf(last) + 1]?.text ?? '');
  const isWritten = all.every(({ at }) => isFlag.test(words[at] ?? ''));
  return {
    value: equal === -1 ? next : last.text.slice(equal + 1),
    by: 'flag',
    at: isWritten ? all.map(({ at }) => at) : [],
  };
}

function variableIn(flag: string, definition: Environment, image: Environment): VariableSetting | null {
  const name = variableOfFlag(flag);
  for (const [of, environment] of [
    ['definition', definition],
    ['image', image],
  ] as const) {
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value !== undefined) return { value, by: 'variable', name, of };
  }
  return null;
}

/** The value of a setting, or null where it is absent or unknown. */
export function readKnownSetting(
  settings: AgentSettings,
  flag: string,
): FlagSetting | VariableSetting | null {
  const state = settings.read(flag);
  return state.is === 'known' ? state.setting : null;
}

/** Whether a setting is on; a flag without a value is. */
export function isOn(setting: { readonly value: string } | null): boolean {
  return setting !== null && !/^(?:false|0|f|no)?$/i.test(setting.value);
}

/** Milliseconds of a setting: whole seconds (v3) or a duration (v4), such as `10`, `10s`, `1m30s`; null for anything else. */
export function durationOf(setting: { readonly value: string } | null): number | null {
  const value = setting?.value ?? '';
  const parts = value === '' ? null : /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/.exec(value);
  if (parts === null) return null;
  const [, hours = '0', minutes = '0', seconds = '0'] = parts;
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}

/** What makes an agent exit by itself, as far as its documents show. Milliseconds; null: not set, or not readable. */
export interface LeavingFlags {
  /** `--disconnect-after-job` or `--acquire-job`: the agent exits after one job. */
  readonly oneShot: boolean;
  /** `--disconnect-after-idle-timeout`. */
  readonly idleTimeout: number | null;
  /** `--disconnect-after-uptime` (3.102 and later), counted from the agent's start. */
  readonly uptime: number | null;
}

export const NO_LEAVING_FLAGS: LeavingFlags = { oneShot: false, idleTimeout: null, uptime: null };

/** What makes the agent exit by itself. A timer of 0 is off; a configuration file of the image may set an absent one. */
export function readLeavingFlags(settings: AgentSettings): LeavingFlags {
  const timer = (flag: string): number | null => {
    const ms = durationOf(readKnownSetting(settings, flag)) ?? 0;
    return ms > 0 ? ms : null;
  };
  return {
    oneShot:
      isOn(readKnownSetting(settings, 'disconnect-after-job')) ||
      (readKnownSetting(settings, 'acquire-job')?.value ?? '') !== '',
    idleTimeout: timer('disconnect-after-idle-timeout'),
    uptime: timer('disconnect-after-uptime'),
  };
}

/** The queue that the agent serves; null where none is set, or where a variable fills it in. */
export function queueOf(settings: AgentSettings): string | null {
  const [queue, tags] = [settings.flag('queue'), settings.flag('tags')];
  // The journal hides the values of such variables.
  const isFilledIn = [queue, tags].some((flag) => flag !== null && flag.at.length === 0);
  const stated = [
    queue?.value ?? '',
    queueIn(tags?.value ?? ''),
    settings.variable('queue')?.value ?? '',
    queueIn(settings.variable('tags')?.value ?? ''),
  ].find((one) => one !== '');
  return stated === undefined || isFilledIn || stated.includes('$') ? null : stated;
}

function queueIn(tags: string): string {
  const queue = tags.split(',').find((tag) => tag.trim().startsWith('queue='));
  return queue?.trim().slice('queue='.length) ?? '';
}
