import { hideText } from './hidden.ts';
import { isObject, textsOf, type Json, type Path } from './json.ts';
import type { Doc, Documents, Edit } from './documents.ts';

/** Hooks that an agent runs once a job, before its command (https://buildkite.com/docs/agent/self-hosted/configure/hooks). */
const BEFORE = ['environment', 'pre-checkout', 'checkout', 'post-checkout', 'pre-command', 'command'];
/** Those that it runs once a job, after its command. */
const AFTER = ['post-command', 'pre-artifact', 'post-artifact', 'pre-exit'];
/** Those that it runs once in its life. */
const ONCE = ['agent-startup', 'agent-shutdown'];
const HOOKS: readonly string[] = [...BEFORE, ...AFTER, ...ONCE];

/** Whether the agent runs a file of this name in its hooks folder: on Windows and with an interpreter it has an ending. */
export function isHook(file: string): boolean {
  return HOOKS.includes(nameOf(file));
}

function nameOf(file: string): string {
  return file.split('.', 1)[0] ?? file;
}

/** The hooks of a folder as a document: each file by its name, as the list of its lines; null for one that is no text. */
export function hooksIn(folder: string, files: Readonly<Record<string, string | null>>): Doc {
  const value = Object.fromEntries(
    Object.entries(files).map(([name, text]): [string, Json] => [name, text === null ? null : linesOf(text)]),
  );
  return { value, base: [], name: folder };
}

function linesOf(text: string): readonly string[] {
  return hideText(text).split(/\r?\n/);
}

/** One request of a hook about the protection of its own task. */
export interface HookCall {
  readonly file: string;
  /** When the hook runs. */
  readonly runs: 'before' | 'after' | 'once';
  /** The line of the hook that says what is requested. */
  readonly path: Path;
  /** Null where the text does not show it. */
  readonly enables: boolean | null;
  /** Minutes until the protection ends by itself; null where the hook computes them. */
  readonly minutes: number | null;
  /** The edit that has the protection end after so many minutes; empty where the text does not show how. */
  setMinutes(minutes: number): readonly Edit[];
}

/** Minutes after which a protection ends where the request names none (API, UpdateTaskProtection, expiresInMinutes). */
const DEFAULT_MINUTES = 120;
/** The longest that can be asked for: 48 hours. */
export const MOST_MINUTES = 2880;

/** Every request about the task's protection that the hooks show; null where no hooks are given. */
export function protectionCallsIn({ hooks }: Pick<Documents, 'hooks'>): readonly HookCall[] | null {
  if (hooks === null || !isObject(hooks.value)) return null;
  return Object.entries(hooks.value).flatMap(([file, value]) => {
    const lines = textsOf(value);
    return lines === null ? [] : callsOf(file, lines);
  });
}

/** Hooks whose text cannot be read: programs. */
export function programsIn({ hooks }: Pick<Documents, 'hooks'>): readonly string[] {
  return Object.entries(hooks?.value ?? {}).flatMap(([file, value]) => (value === null ? [file] : []));
}

/** A body of the agent's endpoint, in JSON as a shell, jq or a template writes it; `${NAME}` may stand inside. */
const BODY = /\{(?:[^{}]|\$\{[^{}]*\})*?(\\?["']?)ProtectionEnabled\1(?:[^{}]|\$\{[^{}]*\})*\}/g;
const ENABLED = /(\\?["']?)ProtectionEnabled\1\s*:\s*(?:(true|false)\b)?/;
const MINUTES = /(\\?["']?)ExpiresInMinutes\1\s*:\s*(\\?["']?)(\d+)?/;
/** The AWS CLI's command, to the end of its line or the next command. */
const CLI = /\baws\b[^\n;|&]*\bupdate-task-protection\b[^\n;|&]*/g;
const CLI_MINUTES = /(--expires-in-minutes[= ]\s*)(\d+)?/;
/** A request that sends something, in whatever words. */
const SENDS = /task-protection\/v1\/state|update[-_]?task[-_]?protection/i;
const ONLY_READS = /^(?:(?!\b(?:PUT|put)\b|\s-(?:d|T)\b|--data|--json|--upload-file|update).)*$/s;

interface Shown {
  readonly at: number;
  readonly text: string;
  readonly enables: boolean | null;
  readonly enabled: RegExpExecArray | null;
  readonly minutes: RegExpExecArray | null;
  /** How the minutes are asked for where the request does not. */
  readonly more: (minutes: number) => string;
}

function callsOf(file: string, lines: readonly string[]): readonly HookCall[] {
  // Comments are blanked, and a continued line joined, so that every offset stays.
  const text = lines.map((line) => line.replace(/^\s*#.*$/, blank)).join('\n');
  const joined = text.replaceAll(/\\\n/g, '  ');
  const shown = [...bodiesIn(joined), ...commandsIn(joined)];
  const calls = shown.map((one) => callOf(file, lines, one));
  if (calls.length > 0 || !SENDS.test(joined) || ONLY_READS.test(joined)) return calls;
  const at = lineAt(lines, joined.search(SENDS));
  return [
    {
      ...{ file, runs: runsOf(file), path: [file, at] },
      ...{ enables: null, minutes: null, setMinutes: () => [] },
    },
  ];
}

function blank(line: string): string {
  return ' '.repeat(line.length);
}

function bodiesIn(text: string): readonly Shown[] {
  return [...text.matchAll(BODY)].map((match) => {
    const enabled = ENABLED.exec(match[0]);
    const quote = enabled?.[1] ?? '"';
    return {
      ...{ at: match.index, text: match[0], enabled, minutes: MINUTES.exec(match[0]) },
      enables: enabled?.[2] === undefined ? null : enabled[2] === 'true',
      more: (minutes) => `,${quote}ExpiresInMinutes${quote}:${String(minutes)}`,
    };
  });
}

function commandsIn(text: string): readonly Shown[] {
  return [...text.matchAll(CLI)].map((match) => {
    const enabled = /(?<=\s)--(no-)?protection-enabled\b/.exec(match[0]);
    return {
      ...{ at: match.index, text: match[0], enabled, minutes: CLI_MINUTES.exec(match[0]) },
      enables: enabled === null ? null : enabled[1] === undefined,
      more: (minutes) => ` --expires-in-minutes ${String(minutes)}`,
    };
  });
}

function callOf(file: string, lines: readonly string[], shown: Shown): HookCall {
  const { at, enabled, minutes, more } = shown;
  const line = lineAt(lines, at + (enabled?.index ?? 0));
  const digits = minutes?.at(-1);
  return {
    ...{ file, runs: runsOf(file), path: [file, line], enables: shown.enables },
    minutes: minutes === null ? DEFAULT_MINUTES : digits === undefined ? null : Number(digits),
    setMinutes(wanted) {
      if (minutes === null) {
        if (enabled === null) return [];
        return editLine(file, lines, at + enabled.index + enabled[0].length, 0, more(wanted));
      }
      if (digits === undefined) return [];
      const from = at + minutes.index + minutes[0].length - digits.length;
      return editLine(file, lines, from, digits.length, String(wanted));
    },
  };
}

function runsOf(file: string): HookCall['runs'] {
  const name = nameOf(file);
  if (BEFORE.includes(name)) return 'before';
  return AFTER.includes(name) ? 'after' : 'once';
}

/** The index of the line that holds the character at this offset. */
function lineAt(lines: readonly string[], offset: number): number {
  let left = offset;
  const index = lines.findIndex((line) => (left -= line.length + 1) < 0);
  return Math.max(0, index);
}

function editLine(
  file: string,
  lines: readonly string[],
  offset: number,
  length: number,
  text: string,
): readonly Edit[] {
  const index = lineAt(lines, offset);
  const before = lines[index] ?? '';
  const column = offset - lines.slice(0, index).reduce((sum, line) => sum + line.length + 1, 0);
  const after = `${before.slice(0, column)}${text}${before.slice(column + length)}`;
  return [{ document: 'hooks', path: [file, index], before, after }];
}
