import type { NewEvent } from '../journal/events.ts';
import type { Journal } from '../journal/journal.ts';
import type { Surroundings } from '../surroundings/port.ts';
import { GamedayError } from '../model/errors.ts';
import { mayHaveInjected, type DrillState } from '../state/state.ts';
import type { Append } from './perform.ts';

/**
 * Appends to the journal, and to memory alone from where the journal cannot be written: what the drill changed must still be
 * undone. Only the first event and the verdict are refused then: without the one there is no drill, and the other must follow
 * from what is on the disk.
 */
export function makeOutlastingAppend(journal: Journal): Append {
  return async (event, durable) => {
    try {
      return await journal.append(event, durable);
    } catch (error) {
      if (!isUnwritable(error) || journal.events.length === 0) throw error;
      journal.keepInMemory(error);
      if (event.code === 'GD_JUDGED') throw error;
      return journal.append(event, false);
    }
  };
}

function isUnwritable(error: unknown): error is GamedayError {
  return error instanceof GamedayError && error.reason === 'journal-unwritable';
}

/**
 * The same, but nothing is sent whose intent is not on the disk, and its checksum in the machine's state: `hold` is told before
 * the call would go out.
 */
export function makeWrittenOnlyAppend(
  append: Append,
  { journal, surroundings }: { readonly journal: Journal; readonly surroundings: Surroundings },
  hold: () => void,
): Append {
  return async (event, durable) => {
    const written = await append(event, durable);
    if (event.code !== 'GD_BUILD_INTENDED' && event.code !== 'GD_FAULT_INTENDED') return written;
    const kept =
      journal.findWriteError() === null ? await surroundings.remember(written.drill, written.sum) : null;
    if (kept?.ok === false)
      journal.keepInMemory(new GamedayError('journal-unwritable', kept.trouble.message));
    if (journal.findWriteError() !== null) hold();
    return written;
  };
}

/** How a drill ends whose journal cannot be written: it sends nothing new and settles; null where it can be written, or settles already for another reason. */
export function makeCutShortEvent(state: DrillState, why: GamedayError | null): NewEvent | null {
  if (why === null || state.halted !== null) return null;
  return mayHaveInjected(state)
    ? { code: 'GD_WATCH_ENDED', payload: { why: 'gap', said: why.message } }
    : { code: 'GD_HALTED', payload: { reason: why.reason, said: why.message } };
}

/** A rig that lived in the runner's process died with it, and the evidence with the rig. */
export function makeRigGoneEvent(state: DrillState): NewEvent {
  const said = 'the rig of this drill ended with its runner, so what happened after that cannot be read';
  return mayHaveInjected(state)
    ? { code: 'GD_WATCH_ENDED', payload: { why: 'gap', said } }
    : { code: 'GD_HALTED', payload: { reason: 'observation-gap', said } };
}
