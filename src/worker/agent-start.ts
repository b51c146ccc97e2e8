import type { ContainerDefinition } from '../model/entities/task.ts';
import type { KnownImage } from './image-config.ts';
import { commandLineOf, type CommandLine } from './argv.ts';
import { readBaseName, isShellStaying, startOf, isAgentStart, type ShellStart, type Start } from './start.ts';

/** Whether the stop signal of a container is known to reach the agent in it, and why. */
export interface SignalPath {
  readonly reaches: 'yes' | 'no' | 'unknown';
  /** The way from ECS to the agent, in words: `the container starts the agent itself`. */
  readonly said: string;
}

/** What stands between ECS and the agent, as far as the documents show. */
export type Between =
  /** Nothing: the signal reaches the agent. `sure`: no image can put a program before it; `shell`: a shell execs it. */
  | { readonly by: 'nothing'; readonly sure: boolean; readonly shell: boolean }
  /** A shell that stays; `mayPass`: it may exec the agent after all, or has a trap that may pass the signal on. */
  | { readonly by: 'shell'; readonly name: string; readonly mayPass: boolean }
  /** An init that starts a shell. */
  | { readonly by: 'init-and-shell'; readonly name: string; readonly mayPass: boolean }
  /** A script or program of the image, or an unread definition. */
  | { readonly by: 'unknown'; readonly name: string };

/** The signal path of an unread definition. */
export const UNREAD_PATH: SignalPath = { reaches: 'unknown', said: 'the task definition was not read' };
export const UNREAD_START: Between = {
  by: 'unknown',
  name: 'what the container starts, which was not read',
};

/** How a container starts its agent, and what that means for the stop signal. */
export interface AgentStart extends Start {
  readonly commandLine: CommandLine;
  /** Inits before the program: first that of the runtime, then those of the command line. */
  readonly allInits: readonly string[];
  /** Whether the command line begins with the agent itself. */
  readonly isAgentFirst: boolean;
  readonly between: Between;
  readonly path: SignalPath;
}

/** How the container starts its agent. ECS signals only PID 1, so that decides whether the agent gets the signal. */
export function readStart(definition: ContainerDefinition, imageConfig: KnownImage | null): AgentStart {
  const commandLine = commandLineOf(definition, imageConfig);
  const start = startOf(commandLine);
  const allInits = [...(definition.initProcess ? ['initProcessEnabled'] : []), ...start.inits];
  return {
    ...{ ...start, commandLine, allInits },
    isAgentFirst: readBaseName(commandLine.words[0] ?? '') === 'buildkite-agent',
    between: betweenOf(start, commandLine, allInits),
    path: pathOf(start, commandLine, allInits),
  };
}

function betweenOf(
  { shell, scriptFile, program }: Start,
  { words, isKnown }: CommandLine,
  inits: readonly string[],
): Between {
  if (shell !== null && isShellStaying(shell)) {
    const name = `${shell.name} -c ...`;
    const hasTrap = shell.view.made.includes('a trap');
    const [init] = inits;
    if (init !== undefined) return { by: 'init-and-shell', name: `${init}, ${name}`, mayPass: hasTrap };
    return { by: 'shell', name, mayPass: hasTrap || mayExecAlone(shell) };
  }
  if (shell !== null) return { by: 'nothing', sure: isKnown, shell: true };
  if (scriptFile !== null) return { by: 'unknown', name: `the script ${scriptFile}` };
  if (isAgentStart(program.slice(0, 1))) return { by: 'nothing', sure: isKnown, shell: false };
  return { by: 'unknown', name: words.length === 0 ? "the image's own entry point" : words.join(' ') };
}

/** Whether the shell execs a single plain command: bash and BusyBox do; which shell `sh` is depends on the image. */
function mayExecAlone({ kind, view }: ShellStart): boolean {
  return (kind === 'bash' || kind === 'busybox') && view.plain && !view.replaces;
}

function pathOf(start: Start, { isKnown }: CommandLine, inits: readonly string[]): SignalPath {
  if (start.shell !== null) return readShellPath(start.shell, inits);
  if (start.scriptFile !== null)
    return makeUnknownPath(
      `the container starts the script ${start.scriptFile}, and what that does is in the image`,
    );
  if (!isKnown)
    return makeUnknownPath("the image's own entry point starts the agent, and what that does is not known");
  return isAgentStart(start.program.slice(0, 1))
    ? makeDirectPath(start, inits)
    : makeUnknownProgramPath(start);
}

function makeDirectPath(start: Start, inits: readonly string[]): SignalPath {
  const name = start.program[0] ?? 'the agent';
  const behind = inits.length === 0 ? 'as PID 1' : `behind ${inits.join(', ')}`;
  return { reaches: 'yes', said: `the container starts ${name} itself, ${behind}` };
}
function makeUnknownProgramPath({ program }: Start): SignalPath {
  const name = program[0];
  return makeUnknownPath(
    name === undefined
      ? 'the definition does not say what the container starts'
      : `the container starts ${name}, and whether that passes the signal on is not known`,
  );
}

/**
 * A shell that execs the agent no longer exists when the signal comes. A shell that stays ignores the signal as PID 1; behind
 * an init it dies at once and the agent with it; a trap may pass the signal on. bash and BusyBox exec a single plain command,
 * dash does not; which of them `sh` is depends on the image (measured with dash 0.5.12, bash 5.2, BusyBox 1.37).
 */
function readShellPath(shell: ShellStart, inits: readonly string[]): SignalPath {
  const name = [...inits, `${shell.name} -c ...`].join(', ');
  if (!isShellStaying(shell))
    return { reaches: 'yes', said: `the container starts ${name}, which execs the agent` };
  const { followed, made } = shell.view;
  if (made.includes('a trap'))
    return makeUnknownPath(`the container starts ${name}, whose trap may pass the signal on`);
  if (shell.kind === 'dash' || followed)
    return { reaches: 'no', said: `the container starts ${name}, which stays and keeps the signal` };
  return makeUnknownPath(`the container starts ${name}, and whether that shell execs the agent is not known`);
}

function makeUnknownPath(said: string): SignalPath {
  return { reaches: 'unknown', said };
}
