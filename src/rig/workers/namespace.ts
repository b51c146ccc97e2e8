import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Readable } from 'node:stream';

import type { ContainerProcess, Executor, Exit, ProcessSpec, SignalName } from './executor.ts';
import { runProbe } from './probe.ts';
import { isDead, sendSignal, sharingNamespace } from './procfs.ts';

/** What the namespace executor needs to know of the machine. */
export interface NamespaceOptions {
  /** An unprivileged user gets a user namespace around the process-id namespace. */
  readonly userNamespace: boolean;
  /** `env --default-signal` exists: a background child of sh would otherwise ignore SIGINT and SIGQUIT. */
  readonly resetsSignals: boolean;
  /** A container can have a host name of its own. */
  readonly hostnames: boolean;
}

/**
 * Runs each container as PID 1 of a process-id namespace of its own. The shell stays outside: its first child is PID 1,
 * whose host id comes on fd 3, and it leaves with 128+n, which `unshare --fork` of util-linux 2.38 does not do.
 */
function wrapperScript(options: NamespaceOptions, hostname: string | undefined): string {
  const reset = options.resetsSignals ? 'env --default-signal=INT,QUIT ' : '';
  // PID 1 is a shell for as long as it takes to name the host, then becomes the container's own command.
  const named =
    hostname === undefined || !options.hostnames
      ? ''
      : `sh -c 'hostname "$0" 2>/dev/null || echo "$0" >/proc/sys/kernel/hostname; exec "$@"' '${hostname.replaceAll(/[^\w.-]/g, '-')}' `;
  return `setpriv --pdeathsig KILL unshare --mount-proc ${named}${reset}"$@" 3>&- & c=$!; echo "$c" >&3; exec 3>&-; wait $c; exit $?`;
}

/** The command line around a container's own argv. */
export function namespaceCommand(
  options: NamespaceOptions,
  argv: readonly string[],
  hostname?: string,
): readonly string[] {
  const user = options.userNamespace ? ['--user', '--map-root-user'] : [];
  const wrapper = [
    'setpriv',
    '--pdeathsig',
    'KILL',
    'unshare',
    ...user,
    ...(options.hostnames ? ['--uts'] : []),
    '--pid',
    'sh',
    '-c',
    wrapperScript(options, hostname),
  ];
  return [...wrapper, 'ns', ...argv];
}

/** The executor with a real PID 1 for every container. */
export function createNamespaceExecutor(options: NamespaceOptions): Executor {
  const running = new Set<ContainerProcess>();

  async function start(spec: ProcessSpec): Promise<ContainerProcess> {
    const child = spawnWrapper(namespaceCommand(options, spec.argv, spec.hostname), spec);
    const exited = exitOf(child);
    const pid = await Promise.race([pidFrom(child), exited.then(() => undefined)]);
    const started = containerProcess(pid, exited, enterer(options, spec));
    running.add(started);
    void exited.then(() => running.delete(started));
    return started;
  }

  async function close(): Promise<void> {
    const left = [...running];
    for (const each of left) each.signal('SIGKILL');
    await Promise.all(left.map((each) => each.exited));
  }

  return { kind: 'namespace', pid1: true, start, close };
}

function spawnWrapper(command: readonly string[], spec: ProcessSpec): ChildProcess {
  const output = openSync(spec.outputFile, 'a', 0o600);
  try {
    // Detached: a Ctrl-C in the rig's terminal must not reach the workers.
    return spawn(command[0] ?? '', command.slice(1), {
      cwd: spec.directory,
      env: spec.environment,
      detached: true,
      stdio: ['ignore', output, output, 'pipe'],
    });
  } finally {
    closeSync(output);
  }
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', () => {
      resolve({ code: 127, at: Date.now() });
    });
    child.once('exit', (code) => {
      // A wrapper that was itself killed took its namespace with it by SIGKILL.
      resolve({ code: code ?? 137, at: Date.now() });
    });
  });
}

function pidFrom(child: ChildProcess): Promise<number | undefined> {
  const channel = child.stdio[3] as Readable | null | undefined;
  if (!channel) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    let text = '';
    channel.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    channel.once('error', () => {
      resolve(undefined);
    });
    channel.once('close', () => {
      const pid = Number.parseInt(text, 10);
      resolve(Number.isNaN(pid) ? undefined : pid);
    });
  });
}

type Enter = (pid: number, argv: readonly string[], timeoutMs: number) => Promise<number>;

/** Runs commands in the namespaces of a container's main process. */
function enterer(options: NamespaceOptions, spec: ProcessSpec): Enter {
  const user = options.userNamespace ? ['--user', '--preserve-credentials'] : [];
  const uts = options.hostnames ? ['--uts'] : [];
  return (pid, argv, timeoutMs) => {
    const enter = ['nsenter', '--target', String(pid), ...user, ...uts, '--mount', '--pid'];
    // Entering a mount namespace leaves the folder that the command would begin in.
    const place = [`--wd=${spec.directory}`];
    return runProbe(['setpriv', '--pdeathsig', 'KILL', ...enter, ...place, '--', ...argv], spec, timeoutMs);
  };
}

function containerProcess(pid: number | undefined, exited: Promise<Exit>, enter: Enter): ContainerProcess {
  let over = pid === undefined;
  void exited.then(() => {
    over = true;
  });

  function signal(name: SignalName): boolean {
    if (over || pid === undefined || isDead(pid)) return false;
    return sendSignal(pid, name);
  }

  function processes(): readonly number[] {
    return over || pid === undefined ? [] : sharingNamespace(pid);
  }

  function execute(argv: readonly string[], timeoutMs: number): Promise<number> {
    return over || pid === undefined ? Promise.resolve(126) : enter(pid, argv, timeoutMs);
  }

  return { pid: pid ?? -1, exited, signal, processes, execute };
}
