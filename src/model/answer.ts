import { z } from 'zod';

/** Why a call or a read did not give what was asked. `kind` decides what it means for the drill. */
export const Trouble = z.strictObject({
  kind: z.enum([
    'unauthorized',
    'denied',
    'unreachable',
    'timeout',
    'rate-limited',
    'not-found',
    'refused',
    'garbage',
    'server-error',
    'aborted',
    'outdated',
    'unwritable',
  ]),
  /** One line for people, redacted. */
  message: z.string(),
  /** With `not-found`: what is missing, if it is not the thing that was asked for. */
  missing: z.literal('organization').optional(),
  /** Milliseconds after which the service asks to be called again; null where it said nothing. */
  retryAfter: z.number().int().nullable(),
});
export type Trouble = z.infer<typeof Trouble>;

/** ok: the call happened; refused: it did not; unknown: it may have. A time-out is unknown, never a failure. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly certainty: 'refused' | 'unknown'; readonly trouble: Trouble };

/** Says why a call must not be sent any more, as a clause; null where it may be. */
export type Hold = () => string | null;

/** Whether a call was held back before it was sent: an interruption came first, or what it rested on had been seen too long ago. */
export function isHeldBack({
  result,
  trouble,
}: {
  readonly result: string | null;
  readonly trouble: Trouble | null;
}): boolean {
  return result === 'refused' && (trouble?.kind === 'aborted' || trouble?.kind === 'outdated');
}

/** What a read gave. */
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly trouble: Trouble };
