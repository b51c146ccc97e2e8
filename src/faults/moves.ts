import type { Call } from '../drill/call.ts';
import type { Instant } from '../drill/entities/build.ts';
import { endWatch } from '../drill/inject.ts';
import { readSince, type DrillState, type Sending } from '../drill/state.ts';
import { fresh, halt, type Step } from '../drill/step.ts';
import type { Subject } from '../drill/world.ts';
import { reasonOfTrouble } from '../drill/trouble.ts';
import { inject } from './fault.ts';

/** One call of a fault that needs several: what to read to see whether it happened, and how that looks. */
export interface Move {
  readonly call: Call;
  readonly seenIn: Subject;
  readonly happened: (state: DrillState) => boolean;
  /** Sending it twice does no more than sending it once: then an unknown outcome may be tried again. */
  readonly idempotent: boolean;
}

/** How long an unknown outcome is looked into, milliseconds. */
const LOOK_FOR = 15_000;

/** The next step through the moves of a fault; null when all of them have happened. */
export function nextMove(state: DrillState, moves: readonly Move[], now: Instant): Step | null {
  for (const move of moves) {
    const sending = state.strikes.findLast((one) => same(one.call, move.call));
    if (sending === undefined) return first(state, move);
    if (sending.result === 'ok') continue;
    if (sending.result === 'refused') return refused(move, sending);
    const step = lookInto(state, move, sending, now);
    if (step !== null) return step;
  }
  return null;
}

/** A process that took the drill over aims again before it sends a move: what was read before it is not known to hold. */
function first(state: DrillState, move: Move): Step {
  const fresh = state.reverifiedAt !== null && state.reverifiedAt >= state.takenUpAt;
  if (fresh || state.target === null) return inject(move.call);
  return {
    do: 'conclude',
    event: { code: 'GD_TARGET_CHOSEN', payload: { target: state.target, attempt: state.aims } },
  };
}

function refused(move: Move, { trouble }: Sending): Step {
  const said = `${move.call.kind} was refused: ${trouble?.message ?? 'no reason given'}`;
  if (trouble === null || trouble.kind === 'refused' || trouble.kind === 'not-found')
    return halt('fault-refused', said);
  return halt(reasonOfTrouble(move.seenIn, trouble), said);
}

/** After an unknown outcome the world is asked; what is not seen to have happened is sent once more where that does no harm. */
function lookInto(state: DrillState, move: Move, sending: Sending, now: Instant): Step | null {
  const since = Math.max(sending.answeredAt ?? sending.intendedAt, state.takenUpAt);
  const { kind, id } = move.seenIn;
  if (readSince(state, kind, id, since)) {
    if (move.happened(state)) return null;
    const sent = state.strikes.filter((one) => same(one.call, move.call)).length;
    if (move.idempotent && sent < 2) return inject(move.call);
    return endWatch('gap', `${move.call.kind} was sent and is not seen to have happened`);
  }
  if (now - since > LOOK_FOR) return endWatch('gap', `after ${move.call.kind} the ${kind} could not be read`);
  const tried = state.marks[`${kind}:${id}`]?.triedAt ?? 0;
  if (tried >= since && now - tried < 1_000) return { do: 'observe', asks: [], by: tried + 1_000 };
  return { do: 'observe', asks: [fresh(move.seenIn)], by: now };
}

function same(a: Call, b: Call): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
