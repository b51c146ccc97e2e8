import { z } from 'zod';
import { EcsInstant } from '../instants.ts';

/** What of a service's automatic scaling is suspended: scale-in and scale-out by policies, and scheduled actions. */
export const Suspension = z.strictObject({ in: z.boolean(), out: z.boolean(), scheduled: z.boolean() });
export type Suspension = z.infer<typeof Suspension>;

/** The words by which AWS calls them (SuspendedState). */
const SUSPENDED_WORDS = { in: 'scale-in', out: 'scale-out', scheduled: 'scheduled actions' } as const;

/** `scale-in, scheduled actions`, or `nothing`. */
export function formatSuspension(suspended: Suspension): string {
  const words = (['in', 'out', 'scheduled'] as const).filter((key) => suspended[key]);
  return words.length === 0 ? 'nothing' : words.map((key) => SUSPENDED_WORDS[key]).join(', ');
}

/** Whether nothing scales the service by itself. */
export function isAllSuspended({ in: scaleIn, out, scheduled }: Suspension): boolean {
  return scaleIn && out && scheduled;
}

/** How a service is registered with Application Auto Scaling. */
export const ScalableTarget = z.strictObject({
  min: z.int().nonnegative(),
  max: z.int().nonnegative(),
  suspended: Suspension,
});
export type ScalableTarget = z.infer<typeof ScalableTarget>;

/** Whether and how a service is registered; null: it is not. */
export const Registration = z.strictObject({ target: ScalableTarget.nullable() });
export type Registration = z.infer<typeof Registration>;

/** A scaling policy, and which ways it scales. */
export const ScalingPolicy = z.strictObject({
  name: z.string(),
  /** `TargetTrackingScaling`, `StepScaling` or `PredictiveScaling`. */
  type: z.string(),
  scalesIn: z.boolean(),
  scalesOut: z.boolean(),
});
export type ScalingPolicy = z.infer<typeof ScalingPolicy>;

/** A scheduled action; a capacity that it does not set is null. */
export const ScheduledAction = z.strictObject({
  name: z.string(),
  /** `at(...)`, `rate(...)` or `cron(...)`. */
  schedule: z.string(),
  min: z.int().nonnegative().nullable(),
  max: z.int().nonnegative().nullable(),
});
export type ScheduledAction = z.infer<typeof ScheduledAction>;

/** All that may change the desired count of a service by itself, as far as it could be read. */
export const Scaling = z.strictObject({
  target: ScalableTarget.nullable(),
  policies: z.array(ScalingPolicy),
  scheduled: z.array(ScheduledAction),
  /** Why it was not read; null where all of it was. */
  unknown: z.string().nullable(),
});
export type Scaling = z.infer<typeof Scaling>;

/** What may change the desired count of a service again once it was set to `count`, each as a clause. */
export function listRivals({ target, policies, scheduled }: Scaling, count: number): readonly string[] {
  if (target === null) return [];
  const { min, suspended } = target;
  const raising = suspended.out ? [] : policies.filter(({ scalesOut }) => scalesOut);
  const least = min > count ? `, to the minimum capacity ${String(min)} at least` : '';
  return [
    ...raising.map(({ name, type }) => `policy ${name} (${type}) may raise the desired count again${least}`),
    ...(suspended.scheduled ? [] : scheduled.map(describeScheduled)),
    ...(min > count
      ? [
          `the minimum capacity is ${String(min)}: whoever changes how the service is registered brings the count back there`,
        ]
      : []),
  ];
}

function describeScheduled({ name, schedule, min, max }: ScheduledAction): string {
  const bounds = [
    ...(min === null ? [] : [`minimum capacity ${String(min)}`]),
    ...(max === null ? [] : [`maximum capacity ${String(max)}`]),
  ];
  return `scheduled action ${name} sets ${bounds.join(' and ')} at its time, ${schedule}`;
}

/** One thing that Application Auto Scaling did. */
export const ScalingActivity = z.strictObject({
  id: z.string(),
  startedAt: EcsInstant,
  /** The desired count that it set; null where its description names none. */
  count: z.int().nonnegative().nullable(),
  cause: z.string(),
});
export type ScalingActivity = z.infer<typeof ScalingActivity>;

/** What it did lately, the newest first. */
export const ScalingActivities = z.strictObject({ activities: z.array(ScalingActivity) });
