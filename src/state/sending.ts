import { isHeldBack, type Trouble } from '../model/answer.ts';
import { type Call } from '../model/call.ts';
import type { Instant } from '../model/instants.ts';
import type { Task } from '../model/entities/task.ts';

/** A call that went out, or may have. `result` is null while only the intent is written. */
export interface Sending {
  readonly call: Call;
  readonly intendedAt: Instant;
  readonly sentAt: Instant | null;
  readonly answeredAt: Instant | null;
  readonly result: 'ok' | 'refused' | 'unknown' | null;
  readonly trouble: Trouble | null;
  /** The task as StopTask's own answer showed it. */
  readonly task: Task | null;
}

/** A call of which only the intent is written. */
export function makeSending(call: Call, at: Instant): Sending {
  return { call, intendedAt: at, sentAt: null, answeredAt: null, result: null, trouble: null, task: null };
}

/** The last of the calls with its answer. */
export function addAnswer(
  sendings: readonly Sending[],
  answer: Pick<Sending, 'sentAt' | 'answeredAt' | 'result' | 'trouble'>,
  task: Task | null,
): readonly Sending[] {
  const last = sendings.at(-1);
  if (last === undefined) return sendings;
  const { sentAt, answeredAt, result, trouble } = answer;
  return [...sendings.slice(0, -1), { ...last, sentAt, answeredAt, result, trouble, task }];
}

/** The first call that went out, or may have; where none did, the last one that was intended. */
export function findFirstSent(sendings: readonly Sending[]): Sending | undefined {
  return sendings.find((one) => !isHeldBack(one)) ?? sendings.at(-1);
}
