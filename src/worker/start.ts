import { viewScript } from './shell.ts';
import type { ScriptView } from './shell.ts';

/** Shells by what they do with `-c 'one command'`; `sh` alone is whatever the image links it to. */
export type ShellKind = 'dash' | 'bash' | 'busybox' | 'unknown' | 'other';

/** A shell that runs a script given on its command line. */
export interface ShellStart {
  readonly kind: ShellKind;
  /** As it is written: `/bin/sh`. */
  readonly name: string;
  /** Number of the shell's own word, and of the script. */
  readonly at: number;
  readonly scriptAt: number;
  readonly script: string;
  readonly view: ScriptView;
}

/** How a container's command line comes to its program. */
export interface Start {
  /** Inits that stand before it: tini, dumb-init ... */
  readonly inits: readonly string[];
  readonly shell: ShellStart | null;
  /** A script file that a shell runs, or that is started itself: what it does is not in any document. */
  readonly scriptFile: string | null;
  /** The words of the program that is reached in the end. */
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
/** Programs that only prepare and then exec what follows; the number of own words that are no options. */
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
/** Options of the above that take a value in a word of its own. */
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

export function baseName(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}

/** Whether the words start a Buildkite agent. */
export function startsAgent(words: readonly string[]): boolean {
  return words.some((word) => /^buildkite-agent(?:-entrypoint)?$/.test(baseName(word)));
}

/** Follows a command line through inits and preparing programs to the shell or program behind them. */
export function startOf({ words }: { readonly words: readonly string[] }): Start {
  const inits: string[] = [];
  let at = 0;
  for (;;) {
    const name = baseName(words[at] ?? '');
    if (INITS.has(name)) {
      inits.push(name);
      at = afterOptions(
        words,
        at + 1,
        name === 'tini' || name === 'tini-static' ? new Set(['-e', '-p']) : new Set(),
      );
    } else if (Object.hasOwn(PREPARES, name))
      at = afterOptions(words, at + 1, WITH_VALUE) + (PREPARES[name] ?? 0);
    else break;
  }
  return { inits, ...reached(words, at) };
}

function afterOptions(words: readonly string[], from: number, valued: ReadonlySet<string>): number {
  let at = from;
  for (let word = words[at]; word !== undefined; word = words[at]) {
    if (word === '--') return at + 1;
    if (!word.startsWith('-') && !/^[A-Za-z_]\w*=/.test(word)) return at;
    at += valued.has(word) ? 2 : 1;
  }
  return at;
}

function reached(words: readonly string[], at: number): Omit<Start, 'inits'> {
  const name = baseName(words[at] ?? '');
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
  const view = viewScript(script, startsAgent);
  const shell = { kind, name: words[at] ?? '', at, scriptAt, script, view };
  return { shell, scriptFile: null, program: view.words };
}

/** `-c`, also as one of several letters: `-ec`, `-lc`. */
function isCommandOption(word: string): boolean {
  return /^-[a-zA-Z]*c[a-zA-Z]*$/.test(word);
}

/** Whether the shell stands in the agent's way: it neither execs the agent, nor execs another shell that does. */
export function shellStays(shell: ShellStart): boolean {
  if (!shell.view.replaces) return true;
  const inner = startOf({ words: shell.view.words }).shell;
  return inner !== null && shellStays(inner);
}
