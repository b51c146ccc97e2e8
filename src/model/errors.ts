import type { Reason } from './reasons.ts';

/** An error that a user or an operator can act on: what failed, on what, whose move it is, what to do next. Never holds a secret. */
export class GamedayError extends Error {
  readonly reason: Reason;
  readonly next: string | null;
  /** `file:line:col` or another place, null where there is none. */
  readonly at: string | null;

  constructor(
    reason: Reason,
    message: string,
    options: { next?: string; at?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GamedayError';
    this.reason = reason;
    this.next = options.next ?? null;
    this.at = options.at ?? null;
  }
}

/** Ends a switch over a union: a new member is then a type error, not a silent fall-through. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
