import { CALLS, type Call, nameOperation } from '../model/call.ts';
import { isHeldBack, type Trouble } from '../model/answer.ts';
import type { Instant } from '../model/instants.ts';
import { keyOf, type Subject } from '../model/world.ts';
import { isAlwaysLate } from '../state/last-look.ts';
import { mayHaveInjected, type DrillState, type Sending } from '../state/state.ts';
import { endWatch, fresh, haltDrill, paced, type Step } from '../state/step.ts';

/** What the services show of a call whose answer does not tell its outcome. */
export type Look =
  | { readonly shows: 'happened' }
  /** It did not happen, as surely as this can be known. */
  | { readonly shows: 'nothing' }
  /** Not known yet, or something that ends the drill: the step to take. */
  | { readonly shows: 'unclear'; readonly step: Step };

/** One call, and what decides whether it is sent, sent once more, or given up. A step of null: this call is over, go on. */
export interface Delivery {
  /** Each time that this call was sent, or was about to be, oldest first. */
  readonly sendings: readonly Sending[];
  /** Milliseconds before a throttled call is sent again where the service names no time. */
  readonly retryAfter: number;
  /** Sends it, or first makes sure again that it may be sent. */
  send(): Step | null;
  /** Whether the answer itself proves that it happened. */
  isProvenBy(sending: Sending): boolean;
  finish(sending: Sending): Step | null;
  look(sending: Sending): Look;
  /** Whether it may be sent once more at this instant: after a throttled call, or after a look that showed nothing. */
  mayRepeat(sending: Sending, at: Instant): boolean;
  /** The service refused it, and nothing happened. */
  refuse(sending: Sending): Step | null;
  /** It was sent, nothing of it is seen, and it may not be sent again. */
  giveUp(sending: Sending): Step | null;
}

/** How long a throttled call waits where the service names no time, milliseconds. */
export const RETRY_AFTER_MS = 1_000;

/**
 * The one way in which a call is sent: its intent is on the disk before it goes out; a refusal means that nothing happened;
 * after an unknown outcome the services are asked, and it is sent again only where that is known to do no harm. Injections,
 * what undoes them and the creation of builds all go this way.
 */
export function deliverCall(state: DrillState, delivery: Delivery, now: Instant): Step | null {
  const sending = delivery.sendings.at(-1);
  if (sending === undefined) return delivery.send();
  if (sending.result === 'refused') return retryOrRefuse(state, delivery, sending, now);
  if (sending.result === 'ok' && delivery.isProvenBy(sending)) return delivery.finish(sending);
  const look = delivery.look(sending);
  if (look.shows === 'unclear') return look.step;
  if (look.shows === 'happened') return delivery.finish(sending);
  return delivery.mayRepeat(sending, now) ? delivery.send() : delivery.giveUp(sending);
}

/** What was held back is sent after all, a throttled call once its time has come; anything else stands refused. */
function retryOrRefuse(state: DrillState, delivery: Delivery, sending: Sending, now: Instant): Step | null {
  const { trouble, answeredAt } = sending;
  if (trouble?.kind === 'outdated') return aimAfterLate(state, trouble.message);
  if (trouble?.kind === 'aborted') return delivery.send();
  if (trouble?.kind !== 'rate-limited') return delivery.refuse(sending);
  const again = (answeredAt ?? now) + (trouble.retryAfter ?? delivery.retryAfter);
  if (!delivery.mayRepeat(sending, Math.max(now, again))) return delivery.refuse(sending);
  return now < again ? { do: 'observe', asks: [], by: again } : delivery.send();
}

/** How often a call reached its service, or may have: one that was held back did not. */
export function countSent(sendings: readonly Sending[]): number {
  return sendings.filter((one) => !isHeldBack(one)).length;
}

/** When looks at what a call did begin to count: after its answer, and in this process. */
export function findLooksStart(state: DrillState, sending: Sending): Instant {
  return Math.max(sending.answeredAt ?? sending.intendedAt, state.takenUpAt);
}

/** Step: the subjects are read at once where nobody tried since then, else at a pace. */
export function readSubjectsAfter(
  state: DrillState,
  subjects: readonly Subject[],
  since: Instant,
  every: number,
  now: Instant,
): Step {
  const untried = subjects.filter((subject) => (state.marks[keyOf(subject)]?.triedAt ?? 0) < since);
  if (untried.length > 0) return { do: 'observe', asks: untried.map(fresh), by: now };
  return { do: 'observe', asks: subjects.map((subject) => paced(subject, every)), by: now + every };
}

/** Step: everything is read and every guard is asked again before a call goes out. */
export function aimAgain({ target, aims }: DrillState): Step {
  if (target === null) return haltDrill('internal', 'the target was lost');
  return { do: 'conclude', event: { code: 'GD_TARGET_CHOSEN', payload: { target, attempt: aims } } };
}

/** Step: the look was too old for a call to be sent, so the drill aims again; not for ever. */
export function aimAfterLate(state: DrillState, why: string): Step {
  if (!isAlwaysLate(state)) return aimAgain(state);
  const said = `the runner or the services are too slow to stop anything safely: ${why}, again and again`;
  return mayHaveInjected(state) ? endWatch('gap', said) : haltDrill('observation-gap', said);
}

const ACCESS = {
  denied: 'aws-denied',
  unauthorized: 'aws-unauthorized',
  unreachable: 'aws-unreachable',
} as const;

/** What to do about a mark that ECS did not take. */
function explainMark(kind: Trouble['kind']): string {
  const way =
    kind === 'denied'
      ? 'grant ecs:TagResource and ecs:UntagResource (`gameday iam`)'
      : 'whoever owns the service changes what ECS names';
  return `The service is marked before it is changed, so that any machine can put it back: ${way}, or set safety.mark: off in the scenario.`;
}

/** What a refused call left as it was. */
function describeKept(call: Call): string {
  switch (call.kind) {
    case 'stop-task':
      return ', so it stopped no task';
    case 'set-desired-count':
      return `, so service ${call.service} keeps its desired count of ${String(call.former)}`;
    case 'set-minimum-capacity':
      return `, so service ${call.service} keeps its minimum capacity of ${String(call.former)}`;
    case 'force-deployment':
      return `, so service ${call.service} was not deployed anew`;
    case 'mark-service':
      return `, so service ${call.service} was not changed`;
    default:
      return '';
  }
}

/** Step: the service refused a call of the injection, so nothing is injected. */
export function haltRefused(call: Call, trouble: Trouble | null): Step {
  if (call.kind === 'run-command')
    return haltDrill(
      'command-failed',
      `the command could not be started: ${trouble?.message ?? 'no reason given'}`,
    );
  const name = nameOperation(CALLS[call.kind].operation) ?? call.kind;
  const said = `${name} was refused${describeKept(call)}: ${trouble?.message ?? 'no reason given'}`;
  const kind = trouble?.kind ?? 'refused';
  const way = call.kind === 'mark-service' ? `. ${explainMark(kind)}` : '';
  return haltDrill(kind in ACCESS ? ACCESS[kind as keyof typeof ACCESS] : 'fault-refused', `${said}${way}`);
}
