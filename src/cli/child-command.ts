import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Environment } from './output.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

/** Milliseconds that an interrupted command gets to close its journal and its rig; it needs far less. */
const END_WITHIN_MS = 15_000;

/** What a command gave. */
export interface Ended {
  readonly stdout: string;
  /** The last lines of stderr. */
  readonly tail: readonly string[];
  /** Null where a signal ended it. */
  readonly code: number | null;
}

/**
 * Runs one command of gameday in a process of its own and resolves when it is gone. Aborted, it is interrupted as by Ctrl-C. It ends
 * too if this process dies: the channel to it then closes, which `main` watches.
 */
export async function runCommand(
  words: readonly string[],
  environment: Environment,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<Ended> {
  signal.throwIfAborted();
  const child = fork(PROGRAM, [...words], {
    env: { ...environment, NO_COLOR: '1' },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const [stdout, tail]: [string[], string[]] = [[], []];
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => stdout.push(chunk));
  if (child.stderr !== null)
    createInterface({ input: child.stderr }).on('line', (line) => {
      tail.push(line);
      if (tail.length > 20) tail.shift();
      onLine(line);
    });
  let force: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    child.kill('SIGINT');
    force = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
  };
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    return { stdout: stdout.join(''), tail, code };
  } finally {
    clearTimeout(force);
    signal.removeEventListener('abort', interrupt);
  }
}

/** Resolves when whoever speaks over stdin is gone, or a signal asks this process to end. */
export async function awaitGoneClient(): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => resolve();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
    process.stdin.once('end', end).once('close', end);
  });
}
