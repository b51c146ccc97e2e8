/** What runs as the main process of one container. */
export interface ProcessSpec {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly outputFile: string;
  /** What the container sees as its host's name; the machine's own where there is none, or no way to give it one. */
  readonly hostname?: string | undefined;
}

/** How a container's main process ended: its exit code as Docker gives it, 128+n for a signal. */
export interface Exit {
  readonly code: number;
  readonly at: number;
}

/** The signals that the rig sends into a container. */
export type SignalName = 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2' | 'SIGKILL';

/** One running container. */
export interface ContainerProcess {
  /** The main process's id as the host sees it. */
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Signals the main process alone, as a container runtime does; false when it is gone. */
  signal(name: SignalName): boolean;
  /** Host ids of everything that lives in the container, the main process first. */
  processes(): readonly number[];
  /** Runs a command inside the container, as a health check does, and gives its exit code; 126 where there is no way to. */
  execute?(argv: readonly string[], timeoutMs: number): Promise<number>;
}

/** A way to run containers as processes of this machine. */
export interface Executor {
  readonly kind: 'namespace' | 'process';
  /** Whether a container's main process has a real PID 1's semantics. */
  readonly pid1: boolean;
  start(spec: ProcessSpec): Promise<ContainerProcess>;
  /** Kills what is left and waits until it is gone. */
  close(): Promise<void>;
}
