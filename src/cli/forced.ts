import type { Reporter } from '../report/reporter.ts';
import type { DrillResult } from '../verdict/result.ts';
import { resultOf } from './drive.ts';
import type { Drive } from './drive.ts';
import type { StopSignal } from './signals.ts';

/** The drill that did not end in time after a signal: its journal gets its last line here, is judged as it stands, and is told of. */
export function forced(
  current: Pick<Drive, 'journal' | 'folder' | 'out' | 'plan' | 'died'> | null,
  signal: StopSignal,
  reporter: Pick<Required<Reporter>, 'onResult'>,
): readonly DrillResult[] {
  if (current === null || current.journal.events.length === 0) return [];
  const last = current.journal.events.at(-1);
  if (last?.code !== 'GD_INTERRUPTED') {
    // The line is written before append first waits; only the sync of the disk is not waited for.
    current.journal.append({ code: 'GD_INTERRUPTED', payload: { signal } }, false).catch(() => undefined);
  }
  const result = resultOf(current, null);
  reporter.onResult(result);
  return [result];
}
