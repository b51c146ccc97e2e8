import { setTimeout as wait } from 'node:timers/promises';
import { appendDocument, type Appended } from '../ledger/append.ts';
import { documentOf, isOver } from '../ledger/from-journal.ts';
import type { DrillEvent } from '../journal/events.ts';
import type { Store } from '../store/port.ts';
import type { DrillResult } from '../verdict/result.ts';
import { DEFAULT_OUT } from './runner.ts';
import type { Runner } from './runner.ts';
import type { Interruption } from './signals.ts';

/** How long a ledger may take at a drill's end, milliseconds. */
const WITHIN_MS = 15_000;
/** The same after a signal, when the process has half a second in all. */
const WITHIN_AFTER_SIGNAL_MS = 250;

/** The end of one drill. */
interface Ended {
  readonly events: readonly DrillEvent[];
  readonly out: string;
  readonly runner: Pick<Runner, 'ledger' | 'output' | 'version'>;
  readonly interruption: Pick<Interruption, 'signal'>;
}

/**
 * Adds a drill to the ledger, if there is one. The verdict stays as it is whatever comes of that; what went wrong is said at once
 * and stands in the notes of the result.
 */
export async function enterInLedger(result: DrillResult, ended: Ended): Promise<DrillResult> {
  const { ledger, output, version } = ended.runner;
  if (ledger === null || ended.events.length === 0) return result;
  const cut = isOver(ended.events) ? null : result.reason;
  const document = documentOf(ended.events, version, { cut });
  if (document === null) return result;
  const appended = await within(ended.interruption.signal, (signal) =>
    appendDocument(ledger, document, signal),
  );
  const note = sayTrouble(appended, ledger, result.drill, ended.out);
  if (note === null) return result;
  output.stderr.write(`${note}\n`);
  return { ...result, notes: [...result.notes, note] };
}

/** The note of a drill whose end left no time for the ledger. */
export function sayNotEntered(ledger: Store, drill: string, out: string): string {
  return `THE LEDGER ${ledger.name} DOES NOT HAVE THIS DRILL: there was no time to write it. To add it: ${sayAdd(ledger, drill, out)}`;
}

/** Null: it took too long. What the store does after that harms nobody, as adding the same again is no error. */
async function within(
  interrupted: AbortSignal,
  work: (signal: AbortSignal) => Promise<Appended>,
): Promise<Appended | null> {
  const over = new AbortController();
  const stop = async (ms: number): Promise<null> => {
    await wait(ms, undefined, { signal: over.signal });
    return null;
  };
  const onSignal = new Promise<null>((resolve) => {
    const end = (): void => void stop(WITHIN_AFTER_SIGNAL_MS).then(resolve, () => undefined);
    if (interrupted.aborted) end();
    else interrupted.addEventListener('abort', end, { once: true, signal: over.signal });
  });
  try {
    return await Promise.race([work(over.signal), stop(WITHIN_MS), onSignal]);
  } finally {
    over.abort();
  }
}

function sayTrouble(appended: Appended | null, ledger: Store, drill: string, out: string): string | null {
  const begin = `THE LEDGER ${ledger.name}`;
  if (appended === null) return sayNotEntered(ledger, drill, out);
  switch (appended.is) {
    case 'added':
    case 'known':
      return null;
    case 'different':
      return `${begin} HAS ANOTHER DOCUMENT OF THIS DRILL, which was left as it is: ${appended.key}; ${appended.said}. Look at it with: gameday ledger verify ${out} --ledger ${ledger.name}`;
    case 'failed':
      return `${begin} DOES NOT HAVE THIS DRILL: ${appended.error.message}. ${appended.error.next} Then add it: ${sayAdd(ledger, drill, out)}`;
  }
}

function sayAdd(ledger: Store, drill: string, out: string): string {
  return `gameday ledger add ${drill} --ledger ${ledger.name}${out === DEFAULT_OUT ? '' : ` --out ${out}`}`;
}
