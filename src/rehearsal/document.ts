import { z } from 'zod';
import { DRILLS } from './drills.ts';

const Milliseconds = z.int().nonnegative();

/** One drill as the rehearsal tells of it; all of it is in the result.json beside its journal. */
export const DrillLine = z.strictObject({
  drill: z.enum(DRILLS),
  /** The scenario file, which can be run again. */
  scenario: z.string(),
  /** How often it was played: what is disturbed and proves nothing is played again; this is the last time. */
  played: z.int().min(1),
  outcome: z.string(),
  reason: z.string(),
  exitCode: z.int(),
  said: z.string(),
  /** What it came of, as far as the evidence carries: the first of its ranked causes; null where it did not fail. */
  cause: z.strictObject({ name: z.string(), weight: z.string(), said: z.string() }).nullable(),
  /** From the stop to the agent's disconnect; null where none was measured, as of a worker that was killed. */
  drain: Milliseconds.nullable(),
  journal: z.string().nullable(),
});
export type DrillLine = z.infer<typeof DrillLine>;

const FindingLine = z.strictObject({
  rule: z.string(),
  severity: z.enum(['error', 'warning', 'note']),
  seen: z.string(),
  todo: z.string(),
});

/** What one definition came to. */
export const Arm = z.strictObject({
  outcome: z.string(),
  exitCode: z.int(),
  /** Between stop signal and SIGKILL of the agent's container. */
  window: Milliseconds,
  findings: z.array(FindingLine),
  drills: z.array(DrillLine),
});
export type Arm = z.infer<typeof Arm>;

/** What `gameday rehearse` came to; under `rehearsal` in its one document. Times are milliseconds. */
export const Rehearsal = z.strictObject({
  file: z.string(),
  container: z.string(),
  launch: z.string(),
  /** Holds the scenario and rig files of every drill. */
  folder: z.string(),
  step: z.string(),
  job: z.strictObject({ ms: Milliseconds, why: z.string() }),
  /** How the rig ran the workers, and with which agent; null where no drill came so far. */
  executor: z.string().nullable(),
  agent: z.string().nullable(),
  /** All in which this was not ECS, and the copy not the definition. */
  differs: z.array(z.string()),
  given: Arm,
  mended: Arm.extend({
    /** The definition with the advice taken. */
    file: z.string(),
    rules: z.array(z.string()),
    diff: z.array(z.string()),
  }).nullable(),
  /** What is left to say where a drill failed: why nothing was mended, or why it fails all the same. */
  advice: z.string().nullable(),
});
export type Rehearsal = z.infer<typeof Rehearsal>;
