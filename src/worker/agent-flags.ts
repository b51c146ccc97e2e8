import type { ContainerDefinition } from '../model/entities/task.ts';
import type { ImageConfig } from '../model/image-config.ts';
import { commandLineOf } from './argv.ts';
import { variableOfFlag } from './read-settings.ts';
import { segmentsOf, wordsOf } from './shell.ts';
import { startOf, startsAgent } from './start.ts';

/** What makes an agent leave by itself, as far as its definition tells. Milliseconds; null: not set there, or not to be read. */
export interface LeavingFlags {
  /** `--disconnect-after-job` or `--acquire-job`: it leaves after one job. */
  readonly oneShot: boolean;
  /** `--disconnect-after-idle-timeout`. */
  readonly idleTimeout: number | null;
  /** `--disconnect-after-uptime` (3.102 and later), counted from its start. */
  readonly uptime: number | null;
}

type Environment = Readonly<Record<string, string>>;

/**
 * Reads the agent's flags where they can be known: its words on the command line or in a shell's script (quotes taken off,
 * `$NAME` put in from the environment, comments left out), the container's environment, the image's. What stands in a
 * configuration file of the image is not seen: an absent flag proves nothing.
 */
export function leavingFlagsOf(
  definition: ContainerDefinition | null,
  imageConfig: ImageConfig | null,
): LeavingFlags {
  if (definition === null) return { oneShot: false, idleTimeout: null, uptime: null };
  const environment = { ...imageConfig?.environment, ...definition.environment };
  const words = agentWords(commandLineOf(definition, imageConfig).words, environment);
  const value = (flag: string): string | null =>
    flagIn(words, flag) ?? environment[variableOfFlag(flag)] ?? null;
  return {
    oneShot: isOn(value('disconnect-after-job')) || (value('acquire-job') ?? '') !== '',
    idleTimeout: millisecondsOf(value('disconnect-after-idle-timeout')),
    uptime: millisecondsOf(value('disconnect-after-uptime')),
  };
}

/** The words that the agent itself is started with; in a script those of its last command that starts an agent. */
function agentWords(words: readonly string[], environment: Environment): readonly string[] {
  const { shell, program } = startOf({ words });
  if (shell === null) return program;
  const main = segmentsOf(shell.script).findLast(({ text }) => startsAgent(wordsOf(text)));
  return main === undefined ? [] : wordsOf(main.text).flatMap((word) => fieldsOf(word, environment));
}

/** What a shell makes of a word: an expansion may hold several (`$FLAGS`). */
function fieldsOf(word: string, environment: Environment): readonly string[] {
  const whole = expanded(word, environment);
  return whole === word ? [word] : whole.split(/\s+/);
}

/** `$NAME`, `${NAME}` and `${NAME:-default}`; what the environment does not hold is left as it is written. */
function expanded(word: string, environment: Environment): string {
  return word.replaceAll(
    /\$(?:\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|([A-Za-z_]\w*))/g,
    (whole, braced: string | undefined, fallback: string | undefined, bare: string | undefined) =>
      environment[braced ?? bare ?? ''] ?? fallback ?? whole,
  );
}

/** The value of the last such flag: `--flag value`, `--flag=value`, or `true` for one without. */
function flagIn(words: readonly string[], flag: string): string | null {
  const at = words.findLastIndex((word) => new RegExp(`^--?${flag}(?:=|$)`).test(word));
  const word = words[at];
  if (word === undefined) return null;
  if (word.includes('=')) return word.slice(word.indexOf('=') + 1);
  const next = words[at + 1];
  return next === undefined || next.startsWith('-') ? 'true' : next;
}

function isOn(value: string | null): boolean {
  return value !== null && !/^(?:false|0|f|no)?$/i.test(value);
}

/** Whole seconds as v3 has them, or a duration as v4 has it: `10`, `10s`, `1m30s`. */
function millisecondsOf(value: string | null): number | null {
  const parts = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/.exec(value ?? '');
  const [, hours = '0', minutes = '0', seconds = '0'] = parts ?? [];
  const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return ms > 0 ? ms : null;
}
