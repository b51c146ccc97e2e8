import type { ContainerDefinition } from '../model/entities/task.ts';
import type { ImageConfig } from '../model/image-config.ts';
import { commandLineOf } from './argv.ts';
import { shellStays, startOf, startsAgent, type ShellStart, type Start } from './start.ts';

/** Whether the stop signal of a container is known to reach the agent in it, and why. */
export interface SignalPath {
  readonly reaches: 'yes' | 'no' | 'unknown';
  /** What stands between ECS and the agent, in words: `the container starts the agent itself`. */
  readonly said: string;
}

/** ECS signals PID 1 of the container alone: what a definition starts there decides whether the agent hears it. */
export function signalPathOf(
  definition: ContainerDefinition | null,
  imageConfig: ImageConfig | null,
): SignalPath {
  if (definition === null) return unknown('the task definition was not read');
  const { words, known } = commandLineOf(definition, imageConfig);
  const start = startOf({ words });
  const inits = [...(definition.initProcess ? ['initProcessEnabled'] : []), ...start.inits];
  if (start.shell !== null) return throughShell(start.shell, inits);
  if (start.scriptFile !== null)
    return unknown(`the container starts the script ${start.scriptFile}, and what that does is in the image`);
  if (!known) return unknown("the image's own entry point starts the agent, and what that does is not known");
  return startsAgent(start.program.slice(0, 1)) ? reaches(start, inits) : unknownProgram(start);
}

function reaches(start: Start, inits: readonly string[]): SignalPath {
  const name = start.program[0] ?? 'the agent';
  const behind = inits.length === 0 ? 'as PID 1' : `behind ${inits.join(', ')}`;
  return { reaches: 'yes', said: `the container starts ${name} itself, ${behind}` };
}

function unknownProgram({ program }: Start): SignalPath {
  const name = program[0];
  return unknown(
    name === undefined
      ? 'the definition does not say what the container starts'
      : `the container starts ${name}, and whether that passes the signal on is not known`,
  );
}

/**
 * A shell that execs the agent is gone when the signal comes. One that stays ignores the signal as PID 1, and behind an init
 * it dies of it at once and takes the agent along; a trap may pass the signal on. bash and BusyBox exec a single plain
 * command, dash does not, and which of them `sh` is stands in the image (seen with dash 0.5.12, bash 5.2, BusyBox 1.37).
 */
function throughShell(shell: ShellStart, inits: readonly string[]): SignalPath {
  const name = [...inits, `${shell.name} -c ...`].join(', ');
  if (!shellStays(shell))
    return { reaches: 'yes', said: `the container starts ${name}, which execs the agent` };
  const { followed, made } = shell.view;
  if (made.includes('a trap'))
    return unknown(`the container starts ${name}, whose trap may pass the signal on`);
  if (shell.kind === 'dash' || followed)
    return { reaches: 'no', said: `the container starts ${name}, which stays and keeps the signal` };
  return unknown(`the container starts ${name}, and whether that shell execs the agent is not known`);
}

function unknown(said: string): SignalPath {
  return { reaches: 'unknown', said };
}
