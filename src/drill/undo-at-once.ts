import type { NewEvent } from '../journal/events.ts';
import type { Clock } from '../model/clock.ts';
import { isStopSignal, type StopSignal } from '../model/reasons.ts';
import type { DrillState } from '../state/state.ts';
import type { Step } from '../state/step.ts';
import { decideUndoAtOnce } from './finish.ts';

/** How long a signal waits for the undo of a marked change, milliseconds; with the closing of the journal it is less than 8 s. */
const UNDO_WITHIN_MS = 7_500;
/** How long it waits in that time for the answer of a call that is under way: what it did must be known to be put back, milliseconds. */
export const ANSWER_WITHIN_MS = 3_000;

/** Takes one step of the drill, for as long as the signal lets it. */
export type PerformStep = (step: Exclude<Step, { do: 'end' }>, signal: AbortSignal) => Promise<void>;

/** The signal that interrupted a run. */
export function signalOf({ reason }: AbortSignal): StopSignal {
  return isStopSignal(reason) ? reason : 'SIGINT';
}

/** The event that says that the undo comes first. */
export function makeUndoBegunEvent(interrupted: AbortSignal): NewEvent {
  return { code: 'GD_UNDO_BEGUN', payload: { signal: signalOf(interrupted), within: UNDO_WITHIN_MS } };
}

/** Puts back what the service is marked for, as far as it goes in the time since GD_UNDO_BEGUN; nothing where that was not written. */
export async function undoAtOnce(
  drill: { now(): DrillState },
  clock: Clock,
  perform: PerformStep,
): Promise<void> {
  const { undoingSince } = drill.now();
  if (undoingSince === null) return;
  const ends = undoingSince + UNDO_WITHIN_MS;
  const [limit, over] = [new AbortController(), new AbortController()];
  void clock.sleep(ends - clock.now(), over.signal).then(() => limit.abort());
  while (clock.now() < ends) {
    const step = decideUndoAtOnce(drill.now(), clock.now());
    if (step === null || step.do === 'end') break;
    await perform(step, limit.signal);
  }
  over.abort();
}
