import { z } from 'zod';

/** One question to the real services, what was seen, and whether the rig behaves like that. */
const LiveAnswer = z.strictObject({
  question: z.string(),
  asks: z.string(),
  /** The knob of the rig that the answer decides; null: no knob, but a rule. */
  knob: z.string().nullable(),
  /** The rule of the rig's contract. */
  rule: z.string(),
  needs: z.enum(['reads', 'throw-away service']),
  /** `no-evidence`: nothing there could show it; `not-asked`: it needs a throw-away service; `failed`: the services did not answer. */
  state: z.enum(['answered', 'no-evidence', 'not-asked', 'failed']),
  /** What the rig does by default. */
  rig: z.unknown(),
  /** What the services do, in the words of the knob; null where it was not seen. */
  seen: z.unknown(),
  agrees: z.boolean().nullable(),
  /** The counts and times that the answer rests on. No ids, names or tokens. */
  evidence: z.record(z.string(), z.unknown()),
});
export type LiveAnswer = z.infer<typeof LiveAnswer>;

/** The file that the live bench writes. */
export const LiveDocument = z.strictObject({
  version: z.literal(1),
  at: z.string(),
  gameday: z.string(),
  /** Launch types of the tasks that were seen, and versions of the agents. */
  launchTypes: z.array(z.string()),
  agentVersions: z.array(z.string()),
  answers: z.array(LiveAnswer),
});
export type LiveDocument = z.infer<typeof LiveDocument>;

/** Masks what names somebody's account or things: account ids, ARNs, UUIDs, task ids, addresses of hosts. */
export function maskNames(text: string): string {
  return text
    .replaceAll(/arn:[^\s)"']+/g, 'ARN')
    .replaceAll(/\b[0-9a-f]{8}-[0-9a-f-]{27}\b/g, 'UUID')
    .replaceAll(/\b[0-9a-f]{32}\b/g, 'ID')
    .replaceAll(/\becs-svc\/\d+/g, 'ecs-svc/N')
    .replaceAll(/\bi-[0-9a-f]{8,17}\b/g, 'INSTANCE')
    .replaceAll(/\b\d{12}\b/g, 'ACCOUNT');
}
