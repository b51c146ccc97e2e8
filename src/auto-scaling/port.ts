import type { Answer, Hold, Outcome } from '../model/answer.ts';
import type { ScalingCall } from '../model/call.ts';
import type {
  ScalableTarget,
  ScalingActivity,
  ScalingPolicy,
  ScheduledAction,
} from '../model/entities/scaling.ts';
import type { Fact } from '../model/world.ts';

/** The port to Application Auto Scaling, for the desired count of one service of Amazon ECS. The cluster is given by name or ARN. */
export interface AutoScaling {
  /** How the service is registered; null where it is not, or where there is no such service. */
  target(cluster: string, service: string, signal: AbortSignal): Promise<Answer<ScalableTarget | null>>;
  policies(cluster: string, service: string, signal: AbortSignal): Promise<Answer<readonly ScalingPolicy[]>>;
  scheduledActions(
    cluster: string,
    service: string,
    signal: AbortSignal,
  ): Promise<Answer<readonly ScheduledAction[]>>;
  /** The latest 50, newest first. */
  activities(
    cluster: string,
    service: string,
    signal: AbortSignal,
  ): Promise<Answer<readonly ScalingActivity[]>>;
  /** Sends one mutating call, exactly once; `hold` as for ECS. Its answer shows nothing of the target. */
  send(call: ScalingCall, signal: AbortSignal, hold?: Hold): Promise<Outcome<readonly Fact[]>>;
}
