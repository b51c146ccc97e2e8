import { z } from 'zod';
import { UnusableAnswerError } from '../ecs/failure.ts';
import type {
  ScalableTarget,
  ScalingActivity,
  ScalingPolicy,
  ScheduledAction,
} from '../model/entities/scaling.ts';

const PageAnswer = z.object({
  items: z.array(z.unknown()).default([]),
  token: z.string().optional(),
});

const TargetAnswer = z.object({
  MinCapacity: z.number().int(),
  MaxCapacity: z.number().int(),
  SuspendedState: z
    .object({
      DynamicScalingInSuspended: z.boolean().default(false),
      DynamicScalingOutSuspended: z.boolean().default(false),
      ScheduledScalingSuspended: z.boolean().default(false),
    })
    .prefault({}),
});

const PolicyAnswer = z.object({
  PolicyName: z.string(),
  PolicyType: z.string(),
  TargetTrackingScalingPolicyConfiguration: z
    .object({ DisableScaleIn: z.boolean().default(false) })
    .optional(),
  StepScalingPolicyConfiguration: z
    .object({
      AdjustmentType: z.string().optional(),
      StepAdjustments: z.array(z.object({ ScalingAdjustment: z.number() })).default([]),
    })
    .optional(),
  PredictiveScalingPolicyConfiguration: z.object({ Mode: z.string().optional() }).optional(),
});

const ScheduledAnswer = z.object({
  ScheduledActionName: z.string(),
  Schedule: z.string(),
  ScalableTargetAction: z
    .object({ MinCapacity: z.number().int().optional(), MaxCapacity: z.number().int().optional() })
    .prefault({}),
});

const ActivityAnswer = z.object({
  ActivityId: z.string(),
  StartTime: z.date(),
  Description: z.string(),
  Cause: z.string(),
});

function parse<S extends z.ZodType>(shape: S, value: unknown, what: string): z.output<S> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UnusableAnswerError(`${what} without what is needed of it`);
}

/** One page of a list, whatever its member is called. */
export function pageOf(value: unknown): z.output<typeof PageAnswer> {
  return parse(PageAnswer, value, 'a list');
}

export function targetOf(value: unknown): ScalableTarget {
  const target = parse(TargetAnswer, value, 'a scalable target');
  const state = target.SuspendedState;
  return {
    min: target.MinCapacity,
    max: target.MaxCapacity,
    suspended: {
      in: state.DynamicScalingInSuspended,
      out: state.DynamicScalingOutSuspended,
      scheduled: state.ScheduledScalingSuspended,
    },
  };
}

/** A target-tracking policy scales both ways unless its scale-in is disabled; a step policy as its steps go; a forecast only out. */
export function policyOf(value: unknown): ScalingPolicy {
  const policy = parse(PolicyAnswer, value, 'a scaling policy');
  const named = { name: policy.PolicyName, type: policy.PolicyType };
  const tracking = policy.TargetTrackingScalingPolicyConfiguration;
  if (tracking !== undefined) return { ...named, scalesIn: !tracking.DisableScaleIn, scalesOut: true };
  const steps = policy.StepScalingPolicyConfiguration;
  if (steps !== undefined) {
    // ExactCapacity may lie on either side of what is there.
    const isExact = steps.AdjustmentType === 'ExactCapacity';
    const has = (test: (by: number) => boolean): boolean =>
      isExact || steps.StepAdjustments.some(({ ScalingAdjustment }) => test(ScalingAdjustment));
    return { ...named, scalesIn: has((by) => by < 0), scalesOut: has((by) => by > 0) };
  }
  const isForecastOnly = policy.PredictiveScalingPolicyConfiguration?.Mode !== 'ForecastAndScale';
  return { ...named, scalesIn: false, scalesOut: !isForecastOnly };
}

export function scheduledActionOf(value: unknown): ScheduledAction {
  const action = parse(ScheduledAnswer, value, 'a scheduled action');
  const { MinCapacity: min = null, MaxCapacity: max = null } = action.ScalableTargetAction;
  return { name: action.ScheduledActionName, schedule: action.Schedule, min, max };
}

export function activityOf(value: unknown): ScalingActivity {
  const activity = parse(ActivityAnswer, value, 'a scaling activity');
  const count = /^Setting desired count to (\d+)\./.exec(activity.Description)?.[1];
  return {
    id: activity.ActivityId,
    startedAt: activity.StartTime.getTime(),
    count: count === undefined ? null : Number(count),
    cause: activity.Cause,
  };
}
