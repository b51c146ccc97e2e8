import { z } from 'zod';
import { DRILLS } from './drills.ts';

const Milliseconds = z.int().nonnegative();

/** One drill in the rehearsal's document; its full result is in the result.json beside its journal. */
export const DrillLine = z.strictObject({
  drill: z.enum(DRILLS),
  /** The scenario file; it can be run again. */
  scenario: z.string(),
  /** How many times the drill was run: a disturbed drill is repeated. The result is that of the last run. */
  played: z.int().min(1),
  outcome: z.string(),
  reason: z.string(),
  exitCode: z.int(),
  said: z.string(),
  /** The cause of a failure: the first of the ranked causes; null if the drill did not fail. */
  cause: z.strictObject({ name: z.string(), weight: z.string(), said: z.string() }).nullable(),
  /** Time from the stop to the agent's disconnect; null where none was measured, as for a killed worker. */
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

/** The result of one definition. */
export const Arm = z.strictObject({
  outcome: z.string(),
  exitCode: z.int(),
  /** Time between stop signal and SIGKILL of the agent's container. */
  window: Milliseconds,
  findings: z.array(FindingLine),
  drills: z.array(DrillLine),
});
export type Arm = z.infer<typeof Arm>;

/** The result of `gameday rehearse`, under `rehearsal` in its document. Times are milliseconds. */
export const Rehearsal = z.strictObject({
  file: z.string(),
  container: z.string(),
  launch: z.string(),
  /** The folder with the scenario and rig files of every drill. */
  folder: z.string(),
  step: z.string(),
  job: z.strictObject({ ms: Milliseconds, why: z.string() }),
  /** How the rig ran the workers, and with which agent; null if no drill ran. */
  executor: z.string().nullable(),
  agent: z.string().nullable(),
  /** How the rehearsal differs from ECS, and the copy from the definition. */
  differs: z.array(z.string()),
  given: Arm,
  fixed: Arm.extend({
    /** The definition with the advice applied. */
    file: z.string(),
    rules: z.array(z.string()),
    diff: z.array(z.string()),
  }).nullable(),
  /** Advice after a failed drill: why nothing was fixed, or why the fixed definition fails too. */
  advice: z.string().nullable(),
});
export type Rehearsal = z.infer<typeof Rehearsal>;
