import type { Call, CallOf } from '../drill/call.ts';
import { markOf, readSince, type DrillState, type Sending } from '../drill/state.ts';
import { fresh, type Step } from '../drill/step.ts';
import type { Subject } from '../drill/world.ts';

/** A call of the fault that was sent, or may have been. */
export function mayHaveHappened<K extends Call['kind']>(
  state: DrillState,
  kind: K,
): readonly (Sending & { readonly call: CallOf<K> })[] {
  return state.strikes.flatMap((one) =>
    isOf(one.call, kind) && one.result !== 'refused' ? [{ ...one, call: one.call }] : [],
  );
}

function isOf<K extends Call['kind']>(call: Call, kind: K): call is CallOf<K> {
  return call.kind === kind;
}

/** Whether an undoing call was tried already; it is tried once, and what came of it is told. */
export function tried(state: DrillState, call: Call): boolean {
  return state.undos.some((one) => JSON.stringify(one.call) === JSON.stringify(call) && one.result !== null);
}

/** Compare before restore: a look at the subject made while settling, or the step that makes it. */
export function compared(state: DrillState, subject: Subject): Step | 'unreadable' | 'read' {
  if (readSince(state, subject.kind, subject.id, state.phaseSince)) return 'read';
  const mark = markOf(state, subject.kind, subject.id);
  const failed = (mark?.triedAt ?? 0) >= state.phaseSince && mark?.trouble != null;
  return failed ? 'unreadable' : { do: 'observe', asks: [fresh(subject)], by: state.phaseSince };
}
