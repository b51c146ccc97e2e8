import type { DrillResult } from '../verdict/result.ts';
import { resultOf } from './drive.ts';
import type { Drive } from './drive.ts';
import type { StopSignal } from './signals.ts';

/** The drill that did not end in time after a signal: its journal gets its last line here, and is judged as it stands. */
export function forced(
  current: Pick<Drive, 'journal' | 'folder' | 'out' | 'plan' | 'died'> | null,
  signal: StopSignal,
): readonly DrillResult[] {
  if (current === null || current.journal.events.length === 0) return [];
  const last = current.journal.events.at(-1);
  if (last?.code !== 'GD_INTERRUPTED') {
    // The line is written before append first waits; only the sync of the disk is not waited for.
    current.journal.append({ code: 'GD_INTERRUPTED', payload: { signal } }, false).catch(() => undefined);
  }
  return [resultOf(current, null)];
}
