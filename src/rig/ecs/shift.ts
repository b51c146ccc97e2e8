import { bakeMinutesOf, stages, type Stage } from './deployment-options.ts';
import type { Deployment, Service } from './service.ts';

/** What a look at a deployment needs to know. */
interface Look {
  /** The new tasks are as many as are wanted, and healthy. */
  readonly isUp: boolean;
  readonly minuteMs: number;
  readonly wakeAt: (at: number) => void;
}

/**
 * Moves a blue/green, linear or canary deployment through its stages as far as it can go now. Its new tasks run beside the
 * old ones until CLEAN_UP (ECS-93); a rolling deployment, and a service's first one, has no old ones to keep.
 */
export function advanceShift(service: Service, primary: Deployment, look: Look): void {
  while (hasEnded(service, primary, look)) {
    primary.stage = stages[stages.indexOf(primary.stage) + 1] ?? 'CLEAN_UP';
    primary.stageSince = Date.now();
    primary.updatedAt = Date.now();
  }
}

function hasEnded(service: Service, primary: Deployment, { isUp, minuteMs, wakeAt }: Look): boolean {
  const { stage } = primary;
  if (stage === 'CLEAN_UP') return false;
  if (service.options.strategy === 'ROLLING' || service.deployments.length === 1) return true;
  if (stage === 'SCALE_UP') return isUp;
  if (stage !== 'BAKE_TIME') return !isPaused(service, primary);
  const until = primary.stageSince + bakeMinutesOf(service.options) * minuteMs;
  if (until > Date.now()) wakeAt(until);
  return until <= Date.now();
}

/** Whether a PAUSE hook holds the deployment at its stage; ContinueServiceDeployment, or the rig's verb for it, lets it go on. */
export function isPaused(service: Service, { stage, continued }: Deployment): boolean {
  const hooked = (service.options.lifecycleHooks ?? []).some(({ lifecycleStages }) =>
    (lifecycleStages as readonly Stage[]).includes(stage),
  );
  return hooked && !continued.includes(stage);
}

/** Whether the new tasks may be started. */
export function mayScaleUp({ stage }: Deployment): boolean {
  return stages.indexOf(stage) >= stages.indexOf('SCALE_UP');
}
