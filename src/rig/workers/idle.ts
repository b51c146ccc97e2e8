import type { ContainerProcess, Executor, Exit, ProcessSpec, SignalName } from './executor.ts';

/** An agent that only registered: it takes no job, and leaves when it is told to. */
export interface IdleAgent {
  leave(): void;
  /** Falls silent without a word, as one that is killed does. */
  fallSilent(): void;
}

/** How an idle agent registers: with the tags of its task, on the host of its container. */
export type JoinIdly = (who: { readonly tags: readonly string[]; readonly hostname: string }) => IdleAgent;

/** By this tag anybody can tell that an agent of the rig is none that could run a job. */
export const idleTag = 'gameday-rig=idle-agent';

/** The exit codes of a container that is told to stop, and of one that is killed. */
const exitCodes = { stopped: 0, killed: 137 } as const;

/**
 * A way to run many workers on one machine: no process stands behind a container, only an agent that registers and idles
 * inside the rig itself. An argument list with words starts such an agent, with the words as its tags; an empty one starts
 * a container that does nothing.
 */
export function createIdleExecutor(join: JoinIdly): Executor {
  return {
    kind: 'process',
    pid1: false,
    start: (spec) => Promise.resolve(startIdly(spec, join)),
    close: () => Promise.resolve(),
  };
}

function startIdly({ argv, hostname }: ProcessSpec, join: JoinIdly): ContainerProcess {
  const agent = argv.length === 0 ? undefined : join({ tags: argv, hostname: hostname ?? 'localhost' });
  let isOver = false;
  let finish: (exit: Exit) => void = () => undefined;
  const exited = new Promise<Exit>((resolve) => {
    finish = resolve;
  });
  const end = (code: number): void => {
    isOver = true;
    if (code === exitCodes.killed) agent?.fallSilent();
    else agent?.leave();
    finish({ code, at: Date.now() });
  };
  return {
    pid: 0,
    exited,
    signal: (name: SignalName) => {
      if (isOver) return false;
      if (name === 'SIGKILL') end(exitCodes.killed);
      if (name === 'SIGTERM' || name === 'SIGINT' || name === 'SIGQUIT') end(exitCodes.stopped);
      return true;
    },
    processes: () => [],
  };
}
