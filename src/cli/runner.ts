import { createJsonReporter } from '../report/json.ts';
import type { Reporter } from '../report/reporter.ts';
import type { ReporterName } from '../report/reporters.ts';
import type { Screen } from '../report/screen.ts';
import { errorLines } from '../report/summary.ts';
import type { Store } from '../store/port.ts';
import { finishWith } from './exit-codes.ts';
import type { Answer } from './exit-codes.ts';
import type { Environment, Output } from './output.ts';
import type { Clients } from './wire.ts';

/** What a command hands to its service. */
export interface Runner {
  readonly environment: Environment;
  readonly output: Output;
  /** gameday's own version. */
  readonly version: string;
  readonly json: boolean;
  /** Whether all that is known of a drill is printed before its card. */
  readonly verbose: boolean;
  /** The reporters of the command. */
  readonly reporting: Reporting;
  /** Where each drill is added at its end; null: nowhere. */
  readonly ledger: Store | null;
  /** Builds clients; loads them when called. */
  readonly clients: Clients;
  /**
   * Ends the command: sets the exit code, then writes the JSON document if one is asked for, else the output of `print` and
   * the errors. Called once.
   */
  finish(answer: Answer, print?: (stdout: Screen) => void): void;
}

/** The reporters that a command was given. */
export interface Reporting {
  /** Shows progress on stderr; null: live if a person watches, else lines. */
  readonly progress: ReporterName | null;
  /** Whether one of them answers on stdout, in place of the results. */
  readonly ownsStdout: boolean;
  /** Those that write elsewhere: to a file of their own, or one document on stdout. */
  readonly own: readonly OwnReporter[];
  /** Get the command's answer, whatever the outcome. */
  readonly answers: Required<Reporter> | null;
  /** The files that could not be written. */
  readonly lost: () => readonly string[];
}

export interface OwnReporter {
  readonly reporter: Reporter;
  /** Where the reporter's results go as well, if it shows progress. */
  readonly results: Screen | null;
}

/** Whether these arguments ask for one JSON document on stdout. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const args = end === -1 ? argv : argv.slice(0, end);
  return args.some(
    (arg, index) =>
      arg === '--json' || arg === '--reporter=json' || (arg === '--reporter' && args[index + 1] === 'json'),
  );
}

/** Ends a command: first the exit code, so that a closed stdout does not change it; then the output. */
export function writeAnswer(
  answer: Answer,
  json: boolean,
  { stdout, stderr }: Output,
  print?: (stdout: Screen) => void,
): void {
  finishWith(answer.exitCode);
  if (json) return createJsonReporter(stdout).onAnswer(answer);
  print?.(stdout);
  for (const line of errorLines(answer.errors ?? [], stderr.colors)) stderr.write(`${line}\n`);
}

/** The default of `--out`. */
export const DEFAULT_OUT = '.gameday';
