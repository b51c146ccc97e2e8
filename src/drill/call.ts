import { z } from 'zod';

/** A call that changes something outside, as data in our words. `perform` is the only place that sends one. */
export const Call = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('create-build'),
    pipeline: z.string(),
    pipelineNodeId: z.string(),
    branch: z.string(),
    commit: z.string(),
    message: z.string(),
    env: z.record(z.string(), z.string()),
    metaData: z.record(z.string(), z.string()),
  }),
  z.strictObject({ kind: z.literal('cancel-build'), buildId: z.string(), buildNodeId: z.string() }),
  z.strictObject({
    kind: z.literal('stop-task'),
    cluster: z.string(),
    taskArn: z.string(),
    reason: z.string(),
  }),
]);
export type Call = z.infer<typeof Call>;

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
    'unwritable',
  ]),
  /** One line for people, redacted. */
  message: z.string(),
  /** Milliseconds after which the service asks to be called again; null where it said nothing. */
  retryAfter: z.number().int().nullable(),
});
export type Trouble = z.infer<typeof Trouble>;

/** ok: it happened; refused: nothing happened; unknown: it may have. Nobody turns a time-out into a failure. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly certainty: 'refused' | 'unknown'; readonly trouble: Trouble };

/** What a read gave. */
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly trouble: Trouble };
