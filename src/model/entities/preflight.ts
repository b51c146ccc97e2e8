import { z } from 'zod';

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
