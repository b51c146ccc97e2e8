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

/** What one call puts back, and how far it is still as we left it. */
export interface Restoring {
  readonly subjects: readonly Subject[];
  /** Read in the same requests, because they are compared next. */
  readonly alongside?: readonly Subject[];
  readonly isOurs: (subject: Subject) => boolean;
  /** The call that puts these back. */
  readonly makeBack: (ours: readonly Subject[]) => Call;
  /** Whether an undoing call was about this. */
  readonly isAbout: (call: Call) => boolean;
  /** What was read or sent before this shows nothing. */
  readonly after?: Instant;
}

/** Compare and restore one subject; what was read or sent before `after` shows nothing. */
export function restoreIfOurs(
  state: DrillState,
  back: Call,
  subject: Subject,
  isOurs: () => boolean,
  now: Instant,
  after: Instant = 0,
): Step | null {
  const isAbout = (call: Call): boolean => isSameCall(call, back);
  return restoreOurs(state, { subjects: [subject], isOurs, makeBack: () => back, isAbout, after }, now);
}

/** Compare and restore: look at the subjects after everything else, send the undoing call for those that still are as we left them; null where nothing is left to do. */
export function restoreOurs(state: DrillState, restoring: Restoring, now: Instant): Step | null {
  const { subjects, alongside = [], isOurs, makeBack, isAbout, after = 0 } = restoring;
  const sendings = listKnownSendings(state, isAbout).filter(({ intendedAt }) => intendedAt >= after);
  const last = sendings.at(-1);
  const since = Math.max(findUndoStart(state), last?.answeredAt ?? 0, after);
  const again = last === undefined ? since : since + (last.trouble?.retryAfter ?? AGAIN_MS);
  const mayRepeat = sendings.length < AT_MOST;
  const isRead = ({ kind, id }: Subject): boolean => hasReadSince(state, kind, id, again);
  const isOpen = (subject: Subject): boolean => !isRead(subject) && !isUnreadable(state, subject, now);
  return deliverCall(
    state,
    {
      sendings,
      retryAfter: AGAIN_MS,
      send() {
        if (now < again) return { do: 'observe', asks: [], by: again };
        if (subjects.some(isOpen)) return askNow(state, [...subjects, ...alongside].filter(isOpen), now);
        const ours = subjects.filter((subject) => isRead(subject) && isOurs(subject));
        return ours.length > 0 ? makeUndoStep(makeBack(ours)) : null;
      },
      isProvenBy: () => true,
      finish: () => null,
      // The outcome of a call without an answer is compared before it is sent again.
      look: () => ({ shows: 'nothing' }),
      mayRepeat: () => mayRepeat,
      refuse: () => null,
      giveUp: () => null,
    },
    now,
  );
}

/** When looks at what is to be undone begin to count: since the drill settles, or since a signal made it undo at once. */
function findUndoStart({ phaseSince, takenUpAt, undoingSince }: DrillState): Instant {
  return Math.max(phaseSince, takenUpAt, undoingSince ?? 0);
}

/** Of a call that an interruption held back, or that only its intent is known of, nothing is known: it is compared anew. */
function listKnownSendings(state: DrillState, isAbout: (call: Call) => boolean): readonly Sending[] {
  return state.undos.filter(
    ({ call, result, trouble }) => isAbout(call) && result !== null && trouble?.kind !== 'aborted',
  );
}

/** Whether a look at it has failed for so long, since the drill began to settle, that it is left as it is. */
function isUnreadable(state: DrillState, { kind, id }: Subject, now: Instant): boolean {
  const since = findUndoStart(state);
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
