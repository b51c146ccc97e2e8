/** What an executor that has images needs beside the command line. */
export interface ImageSpec {
  readonly reference: string;
  readonly init: boolean;
  readonly stopTimeoutMs: number;
  readonly memoryMiB?: number | undefined;
  readonly workingDirectory?: string | undefined;
  /** Folders of the machine that are shown inside, read-only. */
  readonly mounts: readonly { readonly from: string; readonly to: string }[];
}

/** What the rig needs to know of an image: what a task definition may leave to it. */
export interface ImageConfig {
  readonly entryPoint: readonly string[];
  readonly command: readonly string[];
}

/** What runs as the main process of one container. */
export interface ProcessSpec {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly outputFile: string;
  /** What the container sees as its host's name; the machine's own where there is none, or no way to give it one. */
  readonly hostname?: string | undefined;
  readonly image?: ImageSpec | undefined;
}

/** How a container's main process ended: its exit code as Docker gives it, 128+n for a signal. */
export interface Exit {
  readonly code: number;
  readonly at: number;
  /** What ECS would give as the container's reason. */
  readonly reason?: string | undefined;
}

/** The signals that the rig sends into a container. */
export type SignalName =
  'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2' | 'SIGSTOP' | 'SIGKILL';

/** One running container. */
export interface ContainerProcess {
  /** The main process's id as the host sees it. */
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Signals the main process alone, as a container runtime does; false when it is gone. */
  signal(name: SignalName): boolean;
  /** Asks it to end as its image wants to be asked; without this, SIGTERM is how. */
  stop?(): void;
  /** Host ids of everything that lives in the container, the main process first. */
  processes(): readonly number[];
  /** Runs a command inside the container, as a health check does, and gives its exit code; 126 where there is no way to. */
  execute?(argv: readonly string[], timeoutMs: number): Promise<number>;
}

/** A way to run containers as processes of this machine. */
export interface Executor {
  readonly kind: 'namespace' | 'process' | 'container';
  /** Whether a container's main process has a real PID 1's semantics. */
  readonly pid1: boolean;
  /** The configuration of an image, where images are run and there is such a one; the other executors run programs of the machine. */
  image?(reference: string): ImageConfig | undefined;
  start(spec: ProcessSpec): Promise<ContainerProcess>;
  /** Kills what is left and waits until it is gone. */
  close(): Promise<void>;
}
