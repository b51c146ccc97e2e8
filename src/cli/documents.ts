import { GamedayError } from '../model/errors.ts';
import { exitCodeOf, rowOf } from '../model/reasons.ts';
import type { InputError } from '../scenario/problem.ts';
import type { GameDayDocument } from '../verdict/result.ts';

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
    const error = { message: thrown.message, at: thrown.at, next: thrown.next ?? rowOf(thrown.reason).next };
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

/** oclif adds hints to the message that are longer than it. */
function firstLines(message: string): string {
  return message
    .replace(/\nNote: --[\s\S]*$/, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('See more help'))
    .map((line) => line.trim())
    .join(' ');
}
