import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Outcome, Trouble } from '../model/answer.ts';
import type { CommandRun } from '../model/entities/command.ts';
import type { StopSignal } from '../model/reasons.ts';
import { splitLines } from './lines.ts';
import type { Command, EndedBy, UserCommand } from './port.ts';

type OutputName = 'stdout' | 'stderr';

/** Where a command runs, and who hears what it says. */
export interface UserCommandOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  /** Gets each line of its output. */
  readonly onLine: (line: string, from: OutputName) => void;
  /** Called once, when it has ended and all of its output was read. */
  readonly onEnd?: () => void;
  /** Between its stop signal and SIGKILL, milliseconds. */
  readonly grace?: number;
  /** What it reads on its standard input; by default nothing. */
  readonly input?: string;
}

/** Milliseconds between the stop signal and SIGKILL. */
export const COMMAND_GRACE_MS = 5_000;
/** A process that does not even end by SIGKILL (a zombie that nobody reaps) is waited for so long, milliseconds. */
const KILLED_WITHIN_MS = 2_000;
/** Output that still comes after the end is read for so long: a process that left the group may hold the pipes for ever, milliseconds. */
const LAST_OUTPUT_MS = 1_000;
/** Time between two looks at the process group, milliseconds. */
const LOOK_EVERY_MS = 50;

/** Starts the command as a process of this machine. */
export function createUserCommand(options: UserCommandOptions): UserCommand {
  let running: Running | null = null;
  return {
    async start({ command, limit }) {
      const startedAt = options.now();
      const started = await startProcess(command, options);
      if (!started.ok) return started;
      running = follow(started.value, startedAt, limit, options);
      return { ok: true, value: running.read() };
    },
    read: () => running?.read() ?? null,
    end: async (why, signal) => (await running?.end(why, signal)) ?? null,
  };
}

async function startProcess(
  [file = '', ...args]: Command['command'],
  { environment, input }: UserCommandOptions,
): Promise<Outcome<ChildProcess & { readonly pid: number }>> {
  try {
    const child = spawn(file, args, {
      env: environment,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // A session of its own: Ctrl-C at the terminal reaches gameday alone, which then ends the whole group.
      detached: true,
    });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    // One that ends without reading all of it shows by its exit code whether that was an error.
    child.stdin?.on('error', () => undefined).end(input);
    return { ok: true, value: child as ChildProcess & { readonly pid: number } };
  } catch (error) {
    return { ok: false, certainty: 'refused', trouble: troubleOf(error as NodeJS.ErrnoException, file) };
  }
}

function troubleOf({ code, message }: NodeJS.ErrnoException, file: string): Trouble {
  const retryAfter = null;
  if (code === 'ENOENT')
    return {
      kind: 'not-found',
      message: `there is no program ${file}, or its interpreter is missing`,
      retryAfter,
    };
  if (code === 'EACCES' || code === 'EPERM')
    return { kind: 'denied', message: `${file} may not be executed (${code})`, retryAfter };
  return { kind: 'refused', message, retryAfter };
}

interface Running {
  read(): CommandRun;
  end(why: EndedBy, signal: StopSignal): Promise<CommandRun>;
}

function follow(
  child: ChildProcess & { readonly pid: number },
  startedAt: number,
  limit: number,
  { now, onLine, onEnd, grace = COMMAND_GRACE_MS }: UserCommandOptions,
): Running {
  const group = openGroup(child.pid, grace);
  let run: CommandRun = {
    ...{ state: 'running', startedAt, endedAt: null, exitCode: null, signal: null },
    ...{ endedBy: null, leftProcesses: false },
  };
  const outputs = (['stdout', 'stderr'] as const).map((from) =>
    readOutput(child[from], (line) => onLine(line, from)),
  );
  const stop = (endedBy: NonNullable<CommandRun['endedBy']>, signal: StopSignal): Promise<void> => {
    if (run.state === 'running') run = { ...run, endedBy: run.endedBy ?? endedBy };
    return group.clear(signal);
  };
  const timer = setTimeout(() => void stop('limit', 'SIGTERM'), limit);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      clearTimeout(timer);
      const leftProcesses = run.endedBy === null && group.isAlive();
      run = { ...run, state: 'ended', endedAt: now(), exitCode, signal, leftProcesses };
      void group.clear('SIGTERM');
      void Promise.race([Promise.all(outputs.map(({ closed }) => closed)), pause(LAST_OUTPUT_MS)]).then(
        () => {
          for (const output of outputs) output.close();
          resolve();
          onEnd?.();
        },
      );
    });
  });
  return {
    read: () => run,
    async end(why, signal) {
      await Promise.all([stop(why, signal), ended]);
      return run;
    },
  };
}

interface Group {
  isAlive(): boolean;
  /** Ends all of its processes; the first call's signal counts. */
  clear(signal: StopSignal): Promise<void>;
}

/** The process group that a process leads. Once it was seen to be gone its number is never used again: it may be a stranger's by then. */
function openGroup(leader: number, grace: number): Group {
  let isGone = false;
  let clearing: Promise<void> | null = null;
  const send = (signal: NodeJS.Signals | 0): void => {
    if (isGone) return;
    try {
      process.kill(-leader, signal);
    } catch (error) {
      // EPERM: somebody is there whom we may not signal.
      isGone = (error as NodeJS.ErrnoException).code === 'ESRCH';
      if (isGone) process.off('exit', kill);
    }
  };
  const isAlive = (): boolean => {
    send(0);
    return !isGone;
  };
  const kill = (): void => send('SIGKILL');
  const awaitEnd = async (within: number): Promise<boolean> => {
    for (let waited = 0; waited < within && isAlive(); waited += LOOK_EVERY_MS) await pause(LOOK_EVERY_MS);
    return !isAlive();
  };
  // However gameday ends by itself, nothing of the command stays.
  process.once('exit', kill);
  return {
    isAlive,
    clear(signal) {
      clearing ??= (async () => {
        send(signal);
        if (await awaitEnd(grace)) return;
        kill();
        await awaitEnd(KILLED_WITHIN_MS);
      })();
      return clearing;
    },
  };
}

function readOutput(
  stream: (NodeJS.ReadableStream & { destroy?(): unknown }) | null,
  onLine: (line: string) => void,
): { readonly closed: Promise<unknown>; close(): void } {
  if (stream === null) return { closed: Promise.resolve(), close: () => undefined };
  const lines = splitLines(onLine);
  stream.setEncoding('utf8').on('data', lines.take);
  const closed = new Promise((resolve) => stream.once('close', resolve));
  return {
    closed,
    close() {
      stream.removeAllListeners('data');
      stream.destroy?.();
      lines.flush();
    },
  };
}
