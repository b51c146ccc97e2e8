import { z } from 'zod';

/** What a rule saw as data, where a cause is drawn from it: no text is ever read back. Durations in milliseconds. */
export const FindingData = z.discriminatedUnion('about', [
  /** How long a step takes, by its own `sleep`s, by its passed jobs, or at most, by its time-out. */
  z.strictObject({
    about: z.literal('step-length'),
    keys: z.array(z.string()),
    ms: z.number(),
    by: z.enum(['sleep', 'history', 'time-out']),
  }),
  /** The automatic retries of a step; `matches`: whether one of them repeats a lost attempt. */
  z.strictObject({
    about: z.literal('lost-agent-retry'),
    keys: z.array(z.string()),
    hasRules: z.boolean(),
    matches: z.enum(['no', 'unknown']),
  }),
  /** One stop signal is enough for the agent to cancel its job; `sure`: also where its version counts. */
  z.strictObject({ about: z.literal('canceling-stop'), by: z.string(), sure: z.boolean() }),
  z.strictObject({ about: z.literal('sidecar'), container: z.string() }),
]);
export type FindingData = z.infer<typeof FindingData>;

/** What a look at the definition told before anything was started: findings, the worst first, and what nobody could see. */
export const Preflight = z.strictObject({
  /** The container that was taken for the agent's; null where it could not be told, and no rule was asked. */
  container: z.string().nullable(),
  findings: z.array(
    z.strictObject({
      rule: z.string(),
      severity: z.enum(['error', 'warning', 'note']),
      /** Document and path. */
      at: z.string(),
      seen: z.string(),
      todo: z.string(),
      /** Missing where no cause needs any, and in journals of older versions. */
      data: FindingData.optional(),
    }),
  ),
  unknown: z.array(z.strictObject({ rule: z.string(), said: z.string() })),
});
export type Preflight = z.infer<typeof Preflight>;

/** Its errors as words. */
export function errorsOf({ findings }: Preflight): readonly string[] {
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ rule, seen, todo }) => `${rule}: ${seen}. ${todo}`);
}
