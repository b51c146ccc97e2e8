import { viewScript } from './shell.ts';
import type { ScriptView } from './shell.ts';

/** Shells by what they do with `-c 'one command'`; `sh` is any of them, depending on the image. */
export type ShellKind = 'dash' | 'bash' | 'busybox' | 'unknown' | 'other';

/** A shell that runs a script given on its command line. */
export interface ShellStart {
  readonly kind: ShellKind;
  /** The shell as written: `/bin/sh`. */
  readonly name: string;
  /** Indexes of the shell's own word and of the script. */
  readonly at: number;
  readonly scriptAt: number;
  readonly script: string;
  readonly view: ScriptView;
}

/** The way from a container's command line to its program. */
export interface Start {
  /** Inits before the program: tini, dumb-init ... */
  readonly inits: readonly string[];
  readonly shell: ShellStart | null;
  /** A script file that a shell runs, or that is started itself; its content is not in any document. */
  readonly scriptFile: string | null;
  /** The words of the program at the end of the way. */
  readonly program: readonly string[];
}

const INITS: ReadonlySet<string> = new Set([
  'tini',
  'tini-static',
  'dumb-init',
  'docker-init',
  'catatonit',
  's6-svscan',
  'runit',
]);
/** Programs that prepare and then exec the words after them, with the number of their own arguments. */
const PREPARES: Readonly<Record<string, number>> = {
  env: 0,
  nice: 0,
  ionice: 0,
  stdbuf: 0,
  setpriv: 0,
  nohup: 0,
  gosu: 1,
  'su-exec': 1,
  chpst: 0,
  exec: 0,
};
/** Options of these programs whose value is a separate word. */
const WITH_VALUE: ReadonlySet<string> = new Set(['-n', '-c', '-p', '-u', '-C', '-S']);
const SHELLS: Readonly<Record<string, ShellKind>> = {
  sh: 'unknown',
  dash: 'dash',
  bash: 'bash',
  ash: 'busybox',
  zsh: 'other',
  ksh: 'other',
  mksh: 'other',
};

export function readBaseName(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}

/** Whether the words start a Buildkite agent. */
export function isAgentStart(words: readonly string[]): boolean {
  return words.some((word) => /^buildkite-agent(?:-entrypoint)?$/.test(readBaseName(word)));
}

/** Follows a command line through inits and preparing programs to its shell or program. */
export function startOf({ words }: { readonly words: readonly string[] }): Start {
  const inits: string[] = [];
  let at = 0;
  for (;;) {
    const name = readBaseName(words[at] ?? '');
    if (INITS.has(name)) {
      inits.push(name);
      at = skipOptions(
        words,
        at + 1,
        name === 'tini' || name === 'tini-static' ? new Set(['-e', '-p']) : new Set(),
      );
    } else if (Object.hasOwn(PREPARES, name))
      at = skipOptions(words, at + 1, WITH_VALUE) + (PREPARES[name] ?? 0);
    else break;
  }
  return { inits, ...readProgram(words, at) };
}

function skipOptions(words: readonly string[], from: number, valued: ReadonlySet<string>): number {
  let at = from;
  for (let word = words[at]; word !== undefined; word = words[at]) {
    if (word === '--') return at + 1;
    if (!word.startsWith('-') && !/^[A-Za-z_]\w*=/.test(word)) return at;
    at += valued.has(word) ? 2 : 1;
  }
  return at;
}

function readProgram(words: readonly string[], at: number): Omit<Start, 'inits'> {
  const name = readBaseName(words[at] ?? '');
  const busybox = name === 'busybox' && ['sh', 'ash'].includes(words[at + 1] ?? '');
  const kind = busybox ? 'busybox' : Object.hasOwn(SHELLS, name) ? SHELLS[name] : undefined;
  if (kind === undefined) {
    const scriptFile =
      /\.(?:sh|bash)$/.test(name) || (/entrypoint/.test(name) && name !== 'buildkite-agent-entrypoint')
        ? (words[at] ?? null)
        : null;
    return { shell: null, scriptFile, program: words.slice(at) };
  }
  let option = at + (busybox ? 2 : 1);
  while (/^[-+]/.test(words[option] ?? '') && !isCommandOption(words[option] ?? '')) {
    // `-o pipefail`: the option's own word follows.
    option += /^[-+]\w*o$/.test(words[option] ?? '') ? 2 : 1;
  }
  if (!isCommandOption(words[option] ?? ''))
    return { shell: null, scriptFile: words[option] ?? null, program: words.slice(at) };
  const scriptAt = words.findIndex((word, index) => index > option && !/^[-+]/.test(word));
  const script = scriptAt === -1 ? '' : (words[scriptAt] ?? '');
  const view = viewScript(script, isAgentStart);
  const shell = { kind, name: words[at] ?? '', at, scriptAt, script, view };
  return { shell, scriptFile: null, program: view.words };
}

/** `-c`, also as one of several letters: `-ec`, `-lc`. */
function isCommandOption(word: string): boolean {
  return /^-[a-zA-Z]*c[a-zA-Z]*$/.test(word);
}

/** Whether the shell stays before the agent: it execs neither the agent nor another shell that does. */
export function isShellStaying(shell: ShellStart): boolean {
  if (!shell.view.replaces) return true;
  const inner = startOf({ words: shell.view.words }).shell;
  return inner !== null && isShellStaying(inner);
}
