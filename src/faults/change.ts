import { isOnlySteering, isSameCall, type Call } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import type { Subject } from '../model/world.ts';
import { explainOutdatedLook } from '../state/last-look.ts';
import { markOf, hasReadSince, type DrillState, type Sending } from '../state/state.ts';
import { endWatch, haltDrill, type Step } from '../state/step.ts';
import { reasonOfTrouble } from '../state/trouble.ts';
import {
  aimAgain,
  countSent,
  deliverCall,
  haltRefused,
  findLooksStart,
  readSubjectsAfter,
  RETRY_AFTER_MS,
  type Look,
} from './delivery.ts';
import { makeInjectStep } from './fault.ts';

/** One change that a fault makes to a service or host: its call, and what shows that it happened. */
export interface Change {
  readonly call: Call;
  readonly seenIn: readonly Subject[];
  readonly hasHappened: (state: DrillState) => boolean;
  /** What shows that somebody else's change stands there now, so that the call must not be sent again; null where nothing does. */
  readonly otherChange: (state: DrillState) => string | null;
  /** Sending it twice does no more than sending it once: then an unknown outcome may be tried again. */
  readonly idempotent: boolean;
  /** What was sent until then was undone again; by default nothing was. */
  readonly undoneAt?: Instant;
}

/** How long an unknown outcome is looked into, milliseconds. */
const LOOK_FOR_MS = 15_000;
/** A call that is harmless twice is sent again when it has not been seen to happen for so long, milliseconds. */
const SURE_AFTER_MS = 5_000;
/** Time between two looks, milliseconds. */
const LOOK_EVERY_MS = 1_000;
/** How often a call is sent in all. */
const AT_MOST = 2;

/** The next step through the changes of a fault; null when all of them have happened. */
export function makeChanges(state: DrillState, changes: readonly Change[], now: Instant): Step | null {
  for (const change of changes) {
    const step = makeChange(state, change, now);
    if (step !== null) return step;
  }
  return null;
}

function makeChange(state: DrillState, change: Change, now: Instant): Step | null {
  const { undoneAt = -Infinity } = change;
  const sendings = state.injections.filter(
    ({ call, intendedAt }) => isSameCall(call, change.call) && intendedAt > undoneAt,
  );
  const mayRepeat = ({ result }: Sending): boolean =>
    // A runner that died over its intent may never have sent it, and nothing of its is on the way any more.
    countSent(sendings) < AT_MOST && (result === 'refused' || result === null || change.idempotent);
  return deliverCall(
    state,
    {
      sendings,
      retryAfter: RETRY_AFTER_MS,
      // A process that took the drill over, or that spent its time on other calls, aims again first: what the guards saw is not known to hold.
      send: () => (explainOutdatedLook(state, now) === null ? makeInjectStep(change.call) : aimAgain(state)),
      isProvenBy: () => true,
      finish: () => null,
      look: (sending) => lookForChange(state, change, sending, now),
      mayRepeat,
      refuse: ({ trouble }) => haltRefused(change.call, trouble),
      giveUp: (sending) => endUnseenChange(change, sending),
    },
    now,
  );
}

function lookForChange(state: DrillState, change: Change, sending: Sending, now: Instant): Look {
  const since = findLooksStart(state, sending);
  const waited = now - since;
  const { seenIn } = change;
  if (seenIn.every(({ kind, id }) => hasReadSince(state, kind, id, since))) {
    if (change.hasHappened(state)) return { shows: 'happened' };
    const other = change.otherChange(state);
    if (other !== null) return { shows: 'unclear', step: endWatch('settled', other) };
    if (waited >= (change.idempotent ? SURE_AFTER_MS : LOOK_FOR_MS)) return { shows: 'nothing' };
  } else if (waited > LOOK_FOR_MS) {
    return { shows: 'unclear', step: endUnreadableChange(state, change) };
  }
  return { shows: 'unclear', step: readSubjectsAfter(state, seenIn, since, LOOK_EVERY_MS, now) };
}

function endUnseenChange({ call }: Change, { trouble }: Sending): Step {
  const said = `${call.kind} was sent, but nothing shows that it happened: ${trouble?.message ?? 'the runner ended over it'}`;
  return isOnlySteering(call) ? haltDrill('fault-refused', said) : endWatch('gap', said);
}

/** Protections alone stop nothing: a service that is away then is one that the drill cannot run with. */
function endUnreadableChange(state: DrillState, { call, seenIn }: Change): Step {
  const troubles = seenIn.map((subject) => ({
    subject,
    trouble: markOf(state, subject.kind, subject.id)?.trouble ?? null,
  }));
  const { subject, trouble } = troubles.find((one) => one.trouble !== null) ?? { trouble: null };
  const said = `after ${call.kind} its effect could not be read: ${trouble?.message ?? 'no answer'}`;
  return isOnlySteering(call) && trouble !== null && subject !== undefined
    ? haltDrill(reasonOfTrouble(subject, trouble), said)
    : endWatch('gap', said);
}
