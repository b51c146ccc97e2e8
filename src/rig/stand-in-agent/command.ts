import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** How a job's command ended. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly failedToRun: boolean;
}

/** A job's command, running in a process group of its own. */
export interface RunningCommand {
  readonly ended: Promise<CommandEnd>;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

/** A way to run a command of a job. */
export type RunCommand = (
  command: string,
  options: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly cwd: string;
    readonly onOutput: (data: Buffer) => void;
  },
) => RunningCommand;

// A grandchild that keeps the output open must not hold the job's end back for ever.
const OUTPUT_AFTER_EXIT_MS = 1000;

/** Runs a command as the real agent does by default: /bin/bash -e -c. */
export const runCommand: RunCommand = (command, options) => {
  const child = spawn('/bin/bash', ['-e', '-c', command], {
    cwd: options.cwd,
    env: { ...options.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', options.onOutput);
  child.stderr.on('data', options.onOutput);
  return { ended: endOf(child), signal: (name) => signalGroup(child, name) };
};

function endOf(child: ChildProcess): Promise<CommandEnd> {
  return new Promise((resolve) => {
    child.on('error', () => resolve({ code: null, signal: null, failedToRun: true }));
    child.on('exit', (code, signal) => {
      const end = { code, signal, failedToRun: false };
      const patience = setTimeout(() => resolve(end), OUTPUT_AFTER_EXIT_MS);
      child.on('close', () => {
        clearTimeout(patience);
        resolve(end);
      });
    });
  });
}

function signalGroup(child: ChildProcess, name: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // The group is gone already.
  }
}
