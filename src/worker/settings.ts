import type { AgentStart } from './agent-start.ts';
import { isSwitch, variableOfFlag } from './read-settings.ts';
import { segmentsOf, wordsOf, type Segment } from './shell.ts';
import { startsAgent } from './start.ts';

/** A setting of the agent on its command line. */
export interface FlagSetting {
  /** The text after the flag; `true` for a flag without one. */
  readonly value: string;
  readonly by: 'flag';
  /** Numbers of the words that are the flag, first to last; empty where a variable in the command line holds it (`$FLAGS`). */
  readonly at: readonly number[];
}

/** A setting of the agent as a variable of its container or of its image. */
export interface VariableSetting {
  readonly value: string;
  readonly by: 'variable';
  readonly name: string;
  readonly of: 'definition' | 'image';
}

/** What the documents tell of one setting. `absent` is known to be set nowhere. */
export type SettingState =
  | { readonly is: 'known'; readonly setting: FlagSetting | VariableSetting }
  | { readonly is: 'absent' }
  | { readonly is: 'unknown'; readonly said: string };

/** The words that start the agent: those of a command line, or of its last such command in a shell's script. */
export interface AgentLine {
  readonly words: readonly string[];
  /** The command inside the script; null where no shell runs it. */
  readonly segment: Segment | null;
}

/** What the agent is told on its command line and by its variables. */
export interface AgentSettings {
  /** Null where no words of the agent are found. */
  readonly line: AgentLine | null;
  /** Whether its whole command line is known, so that a missing flag is missing. */
  readonly isLineKnown: boolean;
  /** A file that may say more (`--config`), or null where none is named. */
  readonly configFile: string | null;
  flag(name: string): FlagSetting | null;
  variable(flag: string): VariableSetting | null;
  /** The flag goes before the variable. */
  read(flag: string): SettingState;
}

type Environment = Readonly<Record<string, string>>;

/**
 * Reads the agent's settings where they can be known: its words on the command line or in a shell's script (quotes taken off,
 * `$NAME` put in from the environment, comments left out), the container's environment, the image's. What stands in a
 * configuration file of the image is not seen.
 */
export function readSettings(start: AgentStart, definition: Environment, image: Environment): AgentSettings {
  const { words, isKnown } = start.commandLine;
  const line = lineOf(start);
  const fields = line === null ? [] : fieldsOf(line, { ...image, ...definition });
  const flag = (name: string): FlagSetting | null => flagIn(line?.words ?? [], fields, name);
  const variable = (name: string): VariableSetting | null => variableIn(name, definition, image);
  const configFile = (flag('config') ?? variable('config'))?.value ?? null;
  const isLineKnown = isKnown && line !== null && (line.segment !== null || startsAgent(words));
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
  // The words before the program stay, so that the numbers of the others are those of the command line.
  if (shell === null) return program.length === 0 ? null : { words, segment: null };
  const segment = segmentsOf(shell.script).findLast(({ text }) => startsAgent(wordsOf(text)));
  return segment === undefined ? null : { words: wordsOf(segment.text), segment };
}

/** One word as the agent gets it, and the number of the word that holds it. */
interface Field {
  readonly text: string;
  readonly at: number;
}

/** In a script an expansion may hold several words (`$FLAGS`). */
function fieldsOf({ words, segment }: AgentLine, environment: Environment): readonly Field[] {
  return words.flatMap((word, at) => {
    const whole = segment === null ? word : expanded(word, environment);
    return whole === word ? [{ text: word, at }] : whole.split(/\s+/).map((text) => ({ text, at }));
  });
}

/** `$NAME`, `${NAME}` and `${NAME:-default}`; what the environment does not hold is left as it is written. */
function expanded(word: string, environment: Environment): string {
  return word.replaceAll(
    /\$(?:\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|([A-Za-z_]\w*))/g,
    (whole, braced: string | undefined, fallback: string | undefined, bare: string | undefined) =>
      environment[braced ?? bare ?? ''] ?? fallback ?? whole,
  );
}

/** The last such flag counts: `--flag value`, `--flag=value`, or one without a value. */
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

/** The setting, or null where it is absent or unknown. */
export function knownSetting(settings: AgentSettings, flag: string): FlagSetting | VariableSetting | null {
  const state = settings.read(flag);
  return state.is === 'known' ? state.setting : null;
}

/** Whether a setting is on: a flag without a value is. */
export function isOn(setting: { readonly value: string } | null): boolean {
  return setting !== null && !/^(?:false|0|f|no)?$/i.test(setting.value);
}

/** Milliseconds of a setting: whole seconds as v3 has them, or a duration as v4 has it (`10`, `10s`, `1m30s`); null where it is neither. */
export function durationOf(setting: { readonly value: string } | null): number | null {
  const value = setting?.value ?? '';
  const parts = value === '' ? null : /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/.exec(value);
  if (parts === null) return null;
  const [, hours = '0', minutes = '0', seconds = '0'] = parts;
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}

/** What makes an agent leave by itself, as far as its documents tell. Milliseconds; null: not set there, or not to be read. */
export interface LeavingFlags {
  /** `--disconnect-after-job` or `--acquire-job`: it leaves after one job. */
  readonly oneShot: boolean;
  /** `--disconnect-after-idle-timeout`. */
  readonly idleTimeout: number | null;
  /** `--disconnect-after-uptime` (3.102 and later), counted from its start. */
  readonly uptime: number | null;
}

export const NO_LEAVING_FLAGS: LeavingFlags = { oneShot: false, idleTimeout: null, uptime: null };

/** An absent flag proves nothing: a configuration file of the image may hold it. 0 is none. */
export function leavingFlags(settings: AgentSettings): LeavingFlags {
  const timer = (flag: string): number | null => {
    const ms = durationOf(knownSetting(settings, flag)) ?? 0;
    return ms > 0 ? ms : null;
  };
  return {
    oneShot:
      isOn(knownSetting(settings, 'disconnect-after-job')) ||
      (knownSetting(settings, 'acquire-job')?.value ?? '') !== '',
    idleTimeout: timer('disconnect-after-idle-timeout'),
    uptime: timer('disconnect-after-uptime'),
  };
}

/** The queue that the agent is told to serve; null where none is stated, or where a variable fills it in. */
export function queueOf(settings: AgentSettings): string | null {
  const [queue, tags] = [settings.flag('queue'), settings.flag('tags')];
  // The values of such variables are hidden in the journal.
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
