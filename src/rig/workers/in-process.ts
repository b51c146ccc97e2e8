import type { ContainerProcess, Executor, Exit, ProcessSpec, SignalName } from './executor.ts';

/** An agent that lives inside the rig. */
export interface InProcessAgent {
  /** Resolves with its exit code; never, once it has vanished. */
  readonly ended: Promise<number>;
  hear(signal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP'): void;
  /** Does and says nothing any more, as one that is killed or frozen. */
  vanish(): void;
}

/** Starts such an agent with the words behind `buildkite-agent`. */
export type StartInProcess = (
  argv: readonly string[],
  its: { readonly environment: Readonly<Record<string, string>>; readonly hostname: string },
) => InProcessAgent;

const killedCode = 137;

/**
 * A way to run thousands of workers on one machine: the agent of a container speaks Buildkite's protocol inside the rig and
 * takes jobs, and no process stands behind it. An empty argument list is a container that waits for its end.
 */
export function createInProcessExecutor(startAgent: StartInProcess): Executor {
  const alive = new Set<ContainerProcess>();
  return {
    kind: 'process',
    pid1: false,
    start: (spec) => {
      const container = start(spec, startAgent);
      alive.add(container);
      void container.exited.then(() => alive.delete(container));
      return Promise.resolve(container);
    },
    close: () => {
      for (const container of alive) container.signal('SIGKILL');
      return Promise.resolve();
    },
  };
}

function start({ argv, environment, hostname }: ProcessSpec, startAgent: StartInProcess): ContainerProcess {
  const agent =
    argv.length === 0 ? undefined : startAgent(argv, { environment, hostname: hostname ?? 'localhost' });
  let isOver = false;
  let finish: (exit: Exit) => void = () => undefined;
  const exited = new Promise<Exit>((resolve) => {
    finish = resolve;
  });
  const end = (code: number): void => {
    isOver = true;
    finish({ code, at: Date.now() });
  };
  void agent?.ended.then(end);
  const signal = (name: SignalName): boolean => {
    if (isOver) return false;
    if (name === 'SIGKILL' || name === 'SIGSTOP') agent?.vanish();
    if (name === 'SIGKILL') end(killedCode);
    else if (name !== 'SIGSTOP' && name !== 'SIGUSR1' && name !== 'SIGUSR2') {
      if (agent !== undefined) agent.hear(name);
      else if (name !== 'SIGHUP') end(0);
    }
    return true;
  };
  return { pid: 0, exited, signal, processes: () => [] };
}
