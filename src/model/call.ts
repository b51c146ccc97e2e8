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
  /** `former` is what it was: the undo compares before it restores. */
  z.strictObject({
    kind: z.literal('set-desired-count'),
    cluster: z.string(),
    service: z.string(),
    desired: z.number().int().nonnegative(),
    former: z.number().int().nonnegative(),
  }),
  /** At most ten tasks; `minutes` is set short, so that a protection nobody lifts ends by itself. */
  z.strictObject({
    kind: z.literal('protect-tasks'),
    cluster: z.string(),
    tasks: z.array(z.string()).min(1).max(10),
    enabled: z.boolean(),
    minutes: z.number().int().positive().nullable(),
  }),
  z.strictObject({ kind: z.literal('force-deployment'), cluster: z.string(), service: z.string() }),
  z.strictObject({
    kind: z.literal('set-instance-state'),
    cluster: z.string(),
    instance: z.string(),
    status: z.enum(['ACTIVE', 'DRAINING']),
  }),
]);
export type Call = z.infer<typeof Call>;
export type CallOf<K extends Call['kind']> = Extract<Call, { kind: K }>;

/** Whether a call makes nothing stop by itself: a protection only steers what another call does. */
export function onlySteers(call: Call): boolean {
  return call.kind === 'protect-tasks';
}

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
  /** Of `not-found`: what is missing, where it is not the thing itself that was asked after. */
  missing: z.literal('organization').optional(),
  /** Milliseconds after which the service asks to be called again; null where it said nothing. */
  retryAfter: z.number().int().nullable(),
});
export type Trouble = z.infer<typeof Trouble>;

/** ok: it happened; refused: nothing happened; unknown: it may have. Nobody turns a time-out into a failure. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly certainty: 'refused' | 'unknown'; readonly trouble: Trouble };

/** Whether a call was held back before it was sent: an interruption came first, or what it rested on had been seen too long ago. */
export function neverLeft({
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
