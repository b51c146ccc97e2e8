import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { GamedayError } from '../model/errors.ts';
import { EXIT_CODES, exitCodeOf, rowOf } from '../model/reasons.ts';
import type { AnswerName } from '../model/reasons.ts';
import type { InputError } from '../scenario/problem.ts';
import type { GameDayDocument } from '../verdict/result.ts';

/** What a command ends with: the document of `--json`. The outcome is one of the closed list, and the exit code follows from it. */
export interface Answer {
  readonly version: 1;
  readonly outcome: AnswerName;
  readonly exitCode: number;
  readonly errors?: readonly InputError[];
  readonly [more: string]: unknown;
}

/** The answer of a command that runs no drill. */
export function answerOf<T extends object>(outcome: AnswerName, rest: T): Answer & T {
  return { version: 1, outcome, exitCode: exitCodeOf(outcome), ...rest };
}

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

const MEANING: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  passed: 'passed: the stop landed in flight and the worker drained because of it',
  planned:
    'planned: a dry run; baseline: nothing was injected; not-lost: no stop was shown; outlasted: a one-shot agent finished its job (none of them is proof of a drain)',
  baseline: '',
  'not-lost': '',
  outlasted: '',
  failed: 'failed: the stop landed and something that must hold does not; never retry it',
  inconclusive: 'inconclusive: it ran and proves nothing; it may be run again',
  'bad-input': 'bad input: an argument, a file or a setting is wrong; nothing was started',
  refused: 'refused: a safety rule or a person said no',
  'could-not-run': 'could not run: credentials, network, rate limit, no such pipeline, ...',
  internal: 'internal: a defect of gameday itself',
  interrupted:
    'interrupted by SIGINT (143: by SIGTERM, 129: by SIGHUP, a closed terminal); the journal is closed and can be resumed',
};

/** The table of exit codes for `--help`, from the one table that decides them. */
export function exitCodesHelp(): string {
  const rows = Object.entries(MEANING)
    .filter(([, meaning]) => meaning !== '')
    .map(([outcome, meaning]) => ({ code: EXIT_CODES[outcome as keyof typeof EXIT_CODES], meaning }))
    .sort((a, b) => a.code - b.code);
  return ['Exit codes:', ...rows.map(({ code, meaning }) => `${String(code).padStart(5)}  ${meaning}`)].join(
    '\n',
  );
}

/** What an error is to its reader: whose move it is, and where. A defect of ours keeps its stack. */
export interface Explained {
  readonly document: GameDayDocument;
  readonly stack: string | null;
}

/** An error as oclif's parser throws it: a wrong use of the command line. */
interface UsageError {
  readonly message: string;
  readonly oclif: { readonly exit: number };
}

/** Turns whatever was thrown into the one document. */
export function explain(thrown: unknown): Explained {
  if (thrown instanceof GamedayError) {
    const error = {
      message: withoutHints(thrown.message),
      at: thrown.at,
      next: thrown.next ?? rowOf(thrown.reason).next,
    };
    return { document: documentOf(thrown.reason, [error]), stack: null };
  }
  if (isUsageError(thrown)) {
    const message = firstLines(thrown.message);
    return { document: documentOf('bad-input', [{ message, at: null, next: 'See --help.' }]), stack: null };
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const told = { message: `${error.name}: ${error.message}`, at: null, next: rowOf('internal').next };
  return { document: documentOf('internal', [told]), stack: error.stack ?? error.message };
}

/** A document without drills: nothing was started. */
export function documentOf(reason: GamedayError['reason'], errors: readonly InputError[]): GameDayDocument {
  const { outcome } = rowOf(reason);
  return {
    version: 1,
    outcome,
    reason,
    exitCode: exitCodeOf(outcome),
    counts: {},
    errors: [...errors],
    drills: [],
  };
}

function isUsageError(thrown: unknown): thrown is UsageError {
  if (!(thrown instanceof Error) || !('oclif' in thrown)) return false;
  const { oclif } = thrown;
  return typeof oclif === 'object' && oclif !== null && 'exit' in oclif && oclif.exit === 2;
}

/** oclif puts its own words around the message of a flag that refuses its value. */
function withoutHints(message: string): string {
  return message.replace(/^Parsing --\S+ \n\t/, '').replace(/\nSee more help with --help$/, '');
}

/** oclif adds hints to the message that are longer than it. */
function firstLines(message: string): string {
  return message
    .replace(/\nNote: --[\s\S]*$/, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('See more help'))
    .map((line) => line.trim())
    .join(' ');
}
