import { neverLeft, onlySteers, type Call } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import { aimAfterLate, aimAgain, endWatch } from '../state/inject.ts';
import { outdated } from '../state/last-look.ts';
import { markOf, readSince, type DrillState, type Sending } from '../state/state.ts';
import { fresh, halt, paced, type Step } from '../state/step.ts';
import { keyOf, type Subject } from '../model/world.ts';
import { reasonOfTrouble } from '../state/trouble.ts';
import { inject } from './fault.ts';

/** One call of a fault that needs several: what to read to see whether it happened, and how that looks. */
export interface Move {
  readonly call: Call;
  readonly seenIn: readonly Subject[];
  readonly happened: (state: DrillState) => boolean;
  /** What shows that somebody else's change stands there now, so that the call must not be sent again; null where nothing does. */
  readonly overtaken: (state: DrillState) => string | null;
  /** Sending it twice does no more than sending it once: then an unknown outcome may be tried again. */
  readonly idempotent: boolean;
}

/** How long an unknown outcome is looked into, milliseconds. */
const LOOK_FOR = 15_000;
/** A call that is harmless twice is sent again when it has not been seen to happen for so long, milliseconds. */
const SURE_AFTER = 5_000;
/** Time between two looks, milliseconds. */
const LOOK_EVERY = 1_000;
/** How often a call is sent in all. */
const AT_MOST = 2;

/** The next step through the moves of a fault; null when all of them have happened. */
export function nextMove(state: DrillState, moves: readonly Move[], now: Instant): Step | null {
  for (const move of moves) {
    const sending = state.strikes.findLast((one) => same(one.call, move.call));
    if (sending === undefined) return send(state, move, now);
    if (sending.result === 'ok') continue;
    const step =
      sending.result === 'refused'
        ? afterRefusal(state, move, sending, now)
        : lookInto(state, move, sending, now);
    if (step !== null) return step;
  }
  return null;
}

/** A process that took the drill over, or that spent its time on other calls, aims again before it sends one: what the guards saw is not known to hold. */
function send(state: DrillState, move: Move, now: Instant): Step {
  return outdated(state, now) === null ? inject(move.call) : aimAgain(state);
}

/** Refused means that nothing happened: what was held back is aimed again, a throttled call once more, anything else could not run. */
function afterRefusal(state: DrillState, move: Move, { trouble, answeredAt }: Sending, now: Instant): Step {
  if (trouble?.kind === 'outdated') return aimAfterLate(state, trouble.message);
  if (trouble?.kind === 'aborted') return send(state, move, now);
  if (trouble?.kind === 'rate-limited' && timesSent(state, move) < AT_MOST) {
    const again = (answeredAt ?? now) + (trouble.retryAfter ?? LOOK_EVERY);
    return now < again ? { do: 'observe', asks: [], by: again } : send(state, move, now);
  }
  const said = `${move.call.kind} was refused: ${trouble?.message ?? 'no reason given'}`;
  const [subject] = move.seenIn;
  if (trouble === null || subject === undefined || trouble.kind === 'refused' || trouble.kind === 'not-found')
    return halt('fault-refused', said);
  return halt(reasonOfTrouble(subject, trouble), said);
}

function timesSent({ strikes }: DrillState, { call }: Move): number {
  return strikes.filter((one) => same(one.call, call) && !neverLeft(one)).length;
}

/** After an unknown outcome the world is asked; what is not seen to have happened is sent once more where that does no harm. */
function lookInto(state: DrillState, move: Move, sending: Sending, now: Instant): Step | null {
  const since = Math.max(sending.answeredAt ?? sending.intendedAt, state.takenUpAt);
  const looked = move.seenIn.every(({ kind, id }) => readSince(state, kind, id, since));
  if (looked && move.happened(state)) return null;
  const overtaken = looked ? move.overtaken(state) : null;
  if (overtaken !== null) return endWatch('settled', overtaken);
  const waited = now - since;
  if (!looked && waited > LOOK_FOR) return unreadable(state, move);
  // A runner that died over its intent may never have sent it, and nothing of its is on the way any more.
  const mayRepeat = move.idempotent || sending.result === null;
  if (looked && waited >= (move.idempotent ? SURE_AFTER : LOOK_FOR)) {
    if (mayRepeat && timesSent(state, move) < AT_MOST) return send(state, move, now);
    return unseen(move, sending);
  }
  return look(state, move, since, now);
}

function look(state: DrillState, { seenIn }: Move, since: Instant, now: Instant): Step {
  const untried = seenIn.filter((subject) => (state.marks[keyOf(subject)]?.triedAt ?? 0) < since);
  if (untried.length > 0) return { do: 'observe', asks: untried.map(fresh), by: now };
  const asks = seenIn.map((subject) => paced(subject, LOOK_EVERY));
  return { do: 'observe', asks, by: now + LOOK_EVERY };
}

function unseen({ call }: Move, { trouble }: Sending): Step {
  const said = `${call.kind} was sent and is not seen to have happened: ${trouble?.message ?? 'the runner ended over it'}`;
  return onlySteers(call) ? halt('fault-refused', said) : endWatch('gap', said);
}

/** Protections alone strike nothing: a service that is away then is one that the drill cannot run with. */
function unreadable(state: DrillState, { call, seenIn }: Move): Step {
  const failing = seenIn.find(({ kind, id }) => markOf(state, kind, id)?.trouble != null);
  const trouble = failing === undefined ? null : (markOf(state, failing.kind, failing.id)?.trouble ?? null);
  const said = `after ${call.kind} it could not be read what became of it: ${trouble?.message ?? 'no answer'}`;
  if (!onlySteers(call) || failing === undefined || trouble === null) return endWatch('gap', said);
  return halt(reasonOfTrouble(failing, trouble), said);
}

function same(a: Call, b: Call): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
