import type { GameDayDocument } from '../verdict/result.ts';
import type { Environment, Output } from './output.ts';

/** What a command hands to the work behind it. */
export interface Runner {
  readonly environment: Environment;
  readonly output: Output;
  /** gameday's own version. */
  readonly version: string;
  readonly json: boolean;
  /** Prints the document and sets the exit code; called once. */
  finish(document: GameDayDocument): void;
}

/** Where the drills lie unless `--out` says otherwise. */
export const DEFAULT_OUT = '.gameday';
