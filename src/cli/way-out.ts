import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { EXIT_CODES } from '../model/reasons.ts';

/**
 * The one place that decides with which code the process ends. It begins with the code of a defect: only whoever has
 * finished a document, or an answer of its own, changes that. So an event loop that runs empty in the middle of something
 * never looks like a pass.
 */
let isFinished = false;
let onUnfinished: (() => void) | null = null;
let undelivered: string | null = null;

/** From here on the process fails unless something is finished, and no stream that breaks ends it. */
export function guardTheWayOut(): void {
  process.exitCode = EXIT_CODES.internal;
  guardStreams();
  const terminals = STREAMS.filter((fd) => isatty(fd));
  process.on('exit', () => {
    if (!isFinished) onUnfinished?.();
    leaveClosed(terminals);
    if (undelivered === null) return;
    // What nobody could read must not let a pipeline go on.
    if (process.exitCode === 0) process.exitCode = EXIT_CODES['could-not-run'];
    writeSafely(process.stderr, `${undelivered}\n`);
  });
}

const STREAMS = [0, 1, 2];

/** Node gives every terminal its first settings back at the end, and aborts where one is gone: what is closed it leaves alone. */
function leaveClosed(terminals: readonly number[]): void {
  for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
}

/** A command has begun; `tell` is asked for its last words should it end without an answer. */
export function beginCommand(tell: () => void): void {
  onUnfinished = tell;
  // The commands brought oclif's own listener with them, which throws every error that it gets.
  guardStreams();
}

/** Something was finished: a document, a help page, a list. The process ends with this code when nothing is left to do. */
export function finishWith(code: number): void {
  isFinished = true;
  process.exitCode = code;
}

/** What the process ends with should nothing be finished any more. */
export function failWith(code: number): void {
  if (!isFinished) process.exitCode = code;
}

/** Ends the process at once. */
export function leaveWith(code: number): never {
  finishWith(code);
  process.exit(code);
}

/** Whether this process has begun a command: a help page or a version has none. */
export function hasBegun(): boolean {
  return onUnfinished !== null || isFinished;
}

/** Writes, whatever the stream is like: a full disk throws at once, a closed terminal tells it later. */
export function writeSafely(stream: NodeJS.WriteStream, text: string): void {
  try {
    stream.write(text);
  } catch (error) {
    lost(stream === process.stdout ? 'stdout' : 'stderr', error);
  }
}

function guardStreams(): void {
  guardStream('stdout', process.stdout);
  guardStream('stderr', process.stderr);
}

function guardStream(name: 'stdout' | 'stderr', stream: NodeJS.WriteStream): void {
  stream.removeAllListeners('error');
  stream.on('error', (error) => lost(name, error));
}

/** A reader who closes stdout has read enough (`| head -1`); any other failure there loses the answer. */
function lost(name: 'stdout' | 'stderr', error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (name === 'stderr' || code === 'EPIPE') return;
  const why = error instanceof Error ? error.message : String(error);
  undelivered ??= `stdout could not be written: ${why}. The answer is not there; that of a drill is in its result.json.`;
}
