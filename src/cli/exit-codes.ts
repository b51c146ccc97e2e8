import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { GamedayError } from '../model/errors.ts';
import { EXIT_CODES, exitCodeOf, rowOf } from '../model/reasons.ts';
import type { AnswerName } from '../model/reasons.ts';
import type { InputError } from '../scenario/problem.ts';
import type { GameDayDocument } from '../verdict/result.ts';
import { explainUsage } from './usage-errors.ts';
import type { Typed } from './usage-errors.ts';

/** The answer of a command: the document of `--json`. The outcome is from a closed list and decides the exit code. */
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
 * The one place that decides the exit code of the process. It starts as the code of a defect, and only a finished answer
 * changes it. So an event loop that runs empty too early never looks like a pass.
 */
let isFinished = false;
let onUnfinished: (() => void) | null = null;
let undelivered: string | null = null;

/** From here on the process fails unless something is finished, and a broken stream does not end it. */
export function guardExit(): void {
  process.exitCode = EXIT_CODES.internal;
  guardStreams();
  const terminals = STREAMS.filter((fd) => isatty(fd));
  process.on('exit', () => {
    if (!isFinished) onUnfinished?.();
    closeLostTerminals(terminals);
    if (undelivered === null) return;
    // If the answer could not be written, a pipeline must not go on.
    if (process.exitCode === 0) process.exitCode = EXIT_CODES['could-not-run'];
    writeSafely(process.stderr, `${undelivered}\n`);
  });
}

const STREAMS = [0, 1, 2];

/** Closes terminals that are gone: at its end Node restores their settings and would abort; closed ones it leaves alone. */
function closeLostTerminals(terminals: readonly number[]): void {
  for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
}

/** Marks that a command has begun; `tell` reports its end if it ends without an answer. */
export function beginCommand(tell: () => void): void {
  onUnfinished = tell;
  // oclif's own listener throws every stream error that it gets.
  guardStreams();
}

/** Marks an answer as finished: a document, a help page, a list. The process will exit with this code. */
export function finishWith(code: number): void {
  isFinished = true;
  process.exitCode = code;
}

/** Sets the exit code for an end without a further answer. */
export function failWith(code: number): void {
  if (!isFinished) process.exitCode = code;
}

/** Ends the process at once. */
export function leaveWith(code: number): never {
  finishWith(code);
  process.exit(code);
}

/** How long the reader of an answer may take at a forced end, milliseconds. */
const TOLD_WITHIN_MS = 1_000;

let isLeaving = false;

/** Whether all is told, and the process only waits for the reader of its answer. */
export function isOnlyLeaving(): boolean {
  return isLeaving;
}

/** Ends the process as soon as the answer is out, and says no more: a pipe takes 64 KiB at once, and an exit loses the rest. */
export function leaveOnceTold(
  code: number,
  stdout: Pick<NodeJS.WriteStream, 'writableLength' | 'write'>,
  leave: (code: number) => void,
): void {
  isLeaving = true;
  if (stdout.writableLength === 0) return leave(code);
  setTimeout(() => leave(code), TOLD_WITHIN_MS).unref();
  stdout.write('', () => leave(code));
}

/** Whether this process has begun a command; a help page and the version begin none. */
export function hasBegun(): boolean {
  return onUnfinished !== null || isFinished;
}

/** Writes and ignores failures: a full disk throws at once, a closed terminal emits an error later. */
export function writeSafely(stream: NodeJS.WriteStream, text: string): void {
  if (isLeaving) return;
  try {
    stream.write(text);
  } catch (error) {
    noteLostAnswer(stream === process.stdout ? 'stdout' : 'stderr', error);
  }
}

function guardStreams(): void {
  guardStream('stdout', process.stdout);
  guardStream('stderr', process.stderr);
}

function guardStream(name: 'stdout' | 'stderr', stream: NodeJS.WriteStream): void {
  stream.removeAllListeners('error');
  stream.on('error', (error) => noteLostAnswer(name, error));
}

/** If the reader closes stdout (`| head -1`), that is no error; any other failure there loses the answer. */
function noteLostAnswer(name: 'stdout' | 'stderr', error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (name === 'stderr' || code === 'EPIPE') return;
  const why = error instanceof Error ? error.message : String(error);
  undelivered ??= `stdout could not be written: ${why}. The answer is lost; a drill's result is in its result.json.`;
}

const MEANING: Readonly<Record<keyof typeof EXIT_CODES, string>> = {
  passed: 'passed: the stop landed in flight and the worker drained because of it',
  planned:
    'planned: a dry run; baseline: nothing was injected; not-lost: no stop was shown; outlasted: a one-shot agent finished its job; aborted: nothing of the drill is left (none of them is evidence of a drain)',
  baseline: '',
  'not-lost': '',
  outlasted: '',
  aborted: '',
  failed: 'failed: the stop landed, and a check that must hold does not; never retry it',
  inconclusive: 'inconclusive: the drill ran and proves nothing; run it again',
  'bad-input': 'bad input: an argument, a file or a setting is wrong; nothing was started',
  refused: 'refused: a safety rule or a person refused',
  'could-not-run': 'could not run: credentials, network, rate limit, no such pipeline, ...',
  internal: 'internal: a defect of gameday itself',
  interrupted:
    'interrupted by SIGINT (143: by SIGTERM, 129: by SIGHUP, a closed terminal); the journal is closed and can be resumed',
};

/** The table of exit codes for `--help`, made from the table that decides them. */
export function exitCodesHelp(): string {
  const rows = Object.entries(MEANING)
    .filter(([, meaning]) => meaning !== '')
    .map(([outcome, meaning]) => ({ code: EXIT_CODES[outcome as keyof typeof EXIT_CODES], meaning }))
    .sort((a, b) => a.code - b.code);
  return ['Exit codes:', ...rows.map(({ code, meaning }) => `${String(code).padStart(5)}  ${meaning}`)].join(
    '\n',
  );
}

/** An error as shown to people, and the stack of a defect of gameday. */
export interface Explained {
  readonly document: GameDayDocument;
  readonly stack: string | null;
}

/** An error as oclif's parser throws it: a wrong use of the command line. */
interface UsageError {
  readonly message: string;
  readonly oclif: { readonly exit: number };
}

/** Turns anything that was thrown into the one document. */
export function explainThrown(thrown: unknown, typed: Typed = { command: 'gameday', flags: [] }): Explained {
  if (thrown instanceof GamedayError) {
    const error = {
      message: withoutHints(thrown.message),
      at: thrown.at,
      next: thrown.next ?? rowOf(thrown.reason).next,
    };
    return { document: documentOf(thrown.reason, [error]), stack: null };
  }
  if (isUsageError(thrown)) {
    const told = explainUsage(shortenUsageError(thrown.message), typed);
    return { document: documentOf('bad-input', [{ ...told, at: null }]), stack: null };
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

/** The message of a flag that refuses its value, without the words that oclif puts around it. */
function withoutHints(message: string): string {
  return message.replace(/^Parsing --\S+ \n\t/, '').replace(/\nSee more help with --help$/, '');
}

/** The message without the hints that oclif appends. */
function shortenUsageError(message: string): string {
  return message
    .replace(/\nNote: --[\s\S]*$/, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('See more help'))
    .map((line) => line.trim())
    .join(' ');
}
