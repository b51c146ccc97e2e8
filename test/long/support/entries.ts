import { EXEC } from '../../e2e/support/files.ts';

/** What `sh` is in a container. */
export type Shell = 'dash' | 'bash' | 'busybox';

/** What comes of SIGTERM. */
export type Fate =
  'graceful' | 'unshown' | 'eaten' | 'trapped' | 'wrapper-dies' | 'ends-143' | 'canceled' | 'out-of-memory';

/** One way to start an agent in a container, and what has to come of its stop. */
export interface Entry {
  /** As a task definition has it; `agent` stands for the agent's own command line, in a script as well. */
  readonly argv: readonly string[];
  readonly shell: Shell;
  readonly init?: true;
  readonly stopSignal?: string;
  readonly memory?: number;
  readonly fate: Fate;
}

const sh = (script: string): readonly string[] => ['/bin/sh', '-c', script];
const tini = ['/usr/bin/tini', '--'] as const;
const TRAP_FIRST = `trap 'echo T' TERM; agent`;
const TRAP_WRAPPER = `trap 'kill $p; wait $p' TERM; agent & p=$!; wait $p`;
const [ECHO, REDIRECTED] = ['agent; echo bye', 'agent > /dev/stdout'] as const;
const [GREETING, PIPELINE] = ['echo hi; agent', 'agent | cat'] as const;

/** The table: every way to start an agent that people use, or have lost jobs with. */
export const entries: readonly Entry[] = [
  { argv: ['agent'], shell: 'dash', fate: 'graceful' },
  { argv: sh('agent'), shell: 'dash', fate: 'eaten' },
  { argv: sh('agent'), shell: 'bash', fate: 'unshown' },
  { argv: sh('agent'), shell: 'busybox', fate: 'unshown' },
  { argv: sh('exec agent'), shell: 'dash', fate: 'graceful' },
  { argv: sh(GREETING), shell: 'dash', fate: 'eaten' },
  { argv: sh(GREETING), shell: 'bash', fate: 'unshown' },
  { argv: sh(GREETING), shell: 'busybox', fate: 'unshown' },
  { argv: sh(PIPELINE), shell: 'bash', fate: 'eaten' },
  { argv: sh(ECHO), shell: 'bash', fate: 'eaten' },
  { argv: sh(ECHO), shell: 'busybox', fate: 'eaten' },
  { argv: sh(REDIRECTED), shell: 'bash', fate: 'eaten' },
  { argv: sh(REDIRECTED), shell: 'busybox', fate: 'unshown' },
  { argv: sh(TRAP_FIRST), shell: 'dash', fate: 'trapped' },
  { argv: sh(TRAP_WRAPPER), shell: 'dash', fate: 'ends-143' },
  { argv: sh(TRAP_WRAPPER), shell: 'bash', fate: 'ends-143' },
  { argv: sh(TRAP_WRAPPER), shell: 'busybox', fate: 'ends-143' },
  { argv: ['agent'], shell: 'dash', init: true, fate: 'graceful' },
  { argv: sh('agent'), shell: 'dash', init: true, fate: 'wrapper-dies' },
  { argv: sh('agent'), shell: 'bash', init: true, fate: 'unshown' },
  { argv: sh('agent'), shell: 'busybox', init: true, fate: 'unshown' },
  { argv: sh(ECHO), shell: 'bash', init: true, fate: 'wrapper-dies' },
  { argv: [...tini, 'agent'], shell: 'dash', fate: 'graceful' },
  { argv: [...tini, ...sh('agent')], shell: 'dash', fate: 'wrapper-dies' },
  { argv: [...tini, ...sh('exec agent')], shell: 'dash', fate: 'graceful' },
  { argv: [...tini, ...sh(ECHO)], shell: 'bash', fate: 'wrapper-dies' },
  { argv: ['/usr/bin/tini', '-g', '--', ...sh('agent')], shell: 'dash', fate: 'wrapper-dies' },
  { argv: [...tini, 'agent'], shell: 'dash', init: true, fate: 'graceful' },
  { argv: ['agent'], shell: 'dash', stopSignal: 'SIGQUIT', fate: 'canceled' },
  { argv: ['agent'], shell: 'dash', memory: 128, fate: 'out-of-memory' },
];

/** Whether only a real engine can show it: signals and limits of an image. */
export function needsEngine({ stopSignal, memory }: Entry): boolean {
  return stopSignal !== undefined || memory !== undefined;
}

/** The image that a row runs. */
export function imageOf({ shell, stopSignal }: Entry): string {
  return `gameday-test:${stopSignal === undefined ? shell : `${shell}-${stopSignal.toLowerCase()}`}`;
}

/** The row's entry point with the agent in it; where there are no images, the shell goes by its own name. */
export function argvOf({ argv, shell }: Entry, executor: 'container' | 'namespace'): readonly string[] {
  const named = shell === 'busybox' ? ['busybox', 'sh'] : [shell];
  return argv.flatMap((word, index) => {
    if (word === 'agent' && argv[index - 1] !== '-c') return EXEC;
    if (word === '/bin/sh' && executor === 'namespace') return named;
    return [word.replace(/\bagent\b/, EXEC.join(' '))];
  });
}

/** The row's entry point in short. */
export function entryOf({ argv }: Entry): string {
  return argv.map((word) => (/[ ;$]/.test(word) ? `"${word}"` : word.replace(/^.*\//, ''))).join(' ');
}

/** What else decides. */
export function settingOf({ argv, shell, init, stopSignal, memory }: Entry): string {
  return [
    argv.includes('/bin/sh') ? `sh is ${shell}` : '',
    init === true ? 'initProcessEnabled' : '',
    stopSignal === undefined ? '' : `STOPSIGNAL ${stopSignal}`,
    memory === undefined ? '' : `${String(memory)} MiB, used up during the drain`,
  ]
    .filter((word) => word !== '')
    .join(', ');
}

/** What a row is called. */
export function nameOf(entry: Entry): string {
  const setting = settingOf(entry);
  return `${entryOf(entry)}${setting === '' ? '' : ` (${setting})`}`;
}
