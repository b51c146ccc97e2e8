import { z } from 'zod';
import { Scenario } from './schema.ts';

/** What a rig says of itself: shown, never trusted; it can only make an answer inconclusive. */
export const RigFacts = z.strictObject({
  executor: z.string(),
  pid1: z.boolean(),
  /** Why there is no real PID 1, and each way to get one. */
  noPid1: z.strictObject({ said: z.string(), ways: z.array(z.string()) }).optional(),
  agent: z.strictObject({ kind: z.string(), path: z.string().nullable(), version: z.string().nullable() }),
  shell: z.string().nullable(),
  knobs: z.record(z.string(), z.unknown()),
  lostAfterMs: z.number().nullable(),
});
export type RigFacts = z.infer<typeof RigFacts>;

/** All that one drill is about to do, fixed before anything is contacted. */
export const Plan = z.strictObject({
  scenario: Scenario,
  /** Path of the scenario file as the user gave it. */
  file: z.string(),
  /** SHA-256 of the resolved scenario, so that a resume refuses a changed one. */
  digest: z.string(),
  organization: z.string(),
  region: z.string(),
  /** `rig` where everything is a stand-in. */
  label: z.string().nullable(),
  rig: RigFacts.nullable(),
  /** Ends with the runner, so that the drill cannot be resumed after it. */
  embeddedRig: z.boolean(),
  /** `yes`: the person said so beforehand; `ask`: a terminal is asked at the last instant; `refuse`: nobody can be asked. */
  consent: z.enum(['yes', 'ask', 'refuse']),
  dryRun: z.boolean(),
  /** How long Buildkite may need to give up on a silent agent, milliseconds. */
  lostAfter: z.int().nonnegative(),
  /** Names the endpoints, account, region, cluster and service for lock and ledger. */
  lockKey: z.string(),
  /** gameday's own version. */
  runner: z.string(),
});
export type Plan = z.infer<typeof Plan>;
