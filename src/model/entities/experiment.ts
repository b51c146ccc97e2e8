import { z } from 'zod';
import { EcsInstant } from '../instants.ts';

/** When a FIS experiment is stopped: the ARN of an alarm of CloudWatch. */
const StopConditions = z.array(z.string());

/** A template of AWS Fault Injection Service, as far as it tells what it would do. */
export const FisTemplate = z.strictObject({
  id: z.string(),
  stopConditions: StopConditions,
  actions: z.array(z.strictObject({ name: z.string(), action: z.string(), targets: z.array(z.string()) })),
  targets: z.array(
    z.strictObject({
      name: z.string(),
      type: z.string(),
      arns: z.array(z.string()),
      parameters: z.record(z.string(), z.string()),
      /** Whether tags or filters choose among resources that are not named. */
      open: z.boolean(),
      selection: z.string(),
    }),
  ),
});
export type FisTemplate = z.infer<typeof FisTemplate>;

/** A FIS experiment. Its instants are by AWS's clock, as those of ECS are. */
export const Experiment = z.strictObject({
  id: z.string(),
  status: z.string(),
  reason: z.string().nullable(),
  actions: z.array(
    z.strictObject({
      name: z.string(),
      action: z.string(),
      status: z.string(),
      reason: z.string().nullable(),
      startedAt: EcsInstant.nullable(),
    }),
  ),
});
export type Experiment = z.infer<typeof Experiment>;

/** What FIS holds of one drill, by the drill's tag: its templates and its experiments. */
export const FisOfDrill = z.strictObject({
  templates: z.array(z.string()),
  experiments: z.array(z.strictObject({ id: z.string(), status: z.string() })),
});
export type FisOfDrill = z.infer<typeof FisOfDrill>;

/** The switch of an account in a region that keeps FIS from injecting anything. */
export const SafetyLever = z.strictObject({ status: z.string(), reason: z.string().nullable() });
export type SafetyLever = z.infer<typeof SafetyLever>;

/** States after which nothing of an experiment goes on (API reference, ExperimentState). */
const ENDED: ReadonlySet<string> = new Set(['completed', 'stopped', 'failed', 'cancelled']);

/** Whether nothing of it goes on any more. */
export function hasExperimentEnded({ status }: { readonly status: string }): boolean {
  return ENDED.has(status);
}
