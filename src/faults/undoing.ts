import { isSameCall, type Call, type CallOf } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import type { Subject } from '../model/world.ts';
import { markOf, hasReadSince, type DrillState, type Sending } from '../state/state.ts';
import { askNow, type Step } from '../state/step.ts';
import { isRefusal } from '../state/trouble.ts';
import { deliverCall } from './delivery.ts';
import { makeUndoStep } from './fault.ts';

/** A throttled undoing call, or one of unknown outcome, is sent so often at the most. */
const AT_MOST = 3;
/** Time between two of them, milliseconds. */
const AGAIN_MS = 2_000;
/** How long what shall be compared is asked after while the service is away, milliseconds. */
const PATIENCE_MS = 15_000;
const PATIENCE_WITH_REFUSALS_MS = 3_000;

/** A call of the fault that was sent, or may have been. */
export function listPossibleSendings<K extends Call['kind']>(
  state: DrillState,
  kind: K,
): readonly (Sending & { readonly call: CallOf<K> })[] {
  return state.injections.flatMap((one) =>
    isCallOfKind(one.call, kind) && one.result !== 'refused' ? [{ ...one, call: one.call }] : [],
  );
}

function isCallOfKind<K extends Call['kind']>(call: Call, kind: K): call is CallOf<K> {
  return call.kind === kind;
}

/** Compare and restore: look at the subject after everything else, send the undoing call where it still is as we left it; null where nothing is left to do. */
export function restoreIfOurs(
  state: DrillState,
  back: Call,
  subject: Subject,
  isOurs: () => boolean,
  now: Instant,
): Step | null {
  const sendings = listKnownSendings(state, back);
  const last = sendings.at(-1);
  const since = Math.max(state.phaseSince, state.takenUpAt, last?.answeredAt ?? 0);
  const again = last === undefined ? since : since + (last.trouble?.retryAfter ?? AGAIN_MS);
  const mayRepeat = sendings.length < AT_MOST;
  return deliverCall(
    state,
    {
      sendings,
      retryAfter: AGAIN_MS,
      send() {
        if (now < again) return { do: 'observe', asks: [], by: again };
        if (hasReadSince(state, subject.kind, subject.id, again)) return isOurs() ? makeUndoStep(back) : null;
        return isUnreadable(state, subject, now) ? null : askNow(state, [subject], now);
      },
      isProvenBy: () => true,
      finish: () => null,
      // What became of a call without an answer is compared before it is sent again.
      look: () => ({ shows: 'nothing' }),
      mayRepeat: () => mayRepeat,
      refuse: () => null,
      giveUp: () => null,
    },
    now,
  );
}

/** Of a call that an interruption held back, or that only its intent is known of, nothing is known: it is compared anew. */
function listKnownSendings(state: DrillState, back: Call): readonly Sending[] {
  return state.undos.filter(
    ({ call, result, trouble }) => isSameCall(call, back) && result !== null && trouble?.kind !== 'aborted',
  );
}

/** Whether a look at it has failed for so long, since the drill began to settle, that it is left as it is. */
function isUnreadable(state: DrillState, { kind, id }: Subject, now: Instant): boolean {
  const since = Math.max(state.phaseSince, state.takenUpAt);
  const mark = markOf(state, kind, id);
  if (mark?.trouble == null || mark.triedAt < since) return false;
  if (mark.trouble.kind === 'not-found') return true;
  const patience = isRefusal(mark.trouble) ? PATIENCE_WITH_REFUSALS_MS : PATIENCE_MS;
  return now - Math.max(mark.failingSince ?? now, since) >= patience;
}

/** Whether it was looked at since the drill began to settle. */
export function hasBeenCompared(state: DrillState, { kind, id }: Subject): boolean {
  return hasReadSince(state, kind, id, state.phaseSince);
}
