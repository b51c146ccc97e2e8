import { endReleases, say, type Service } from './service.ts';
import type { EcsTask } from './task.ts';

/** "a minimum threshold of 3 and a maximum threshold of 200" (API, ServiceDeploymentCircuitBreaker). */
const bounds = { least: 3, most: 200 };

/** How many failed tasks a deployment may have before its circuit breaker ends it; Infinity without one. */
function thresholdOf({ options, desiredCount }: Service): number {
  const breaker = options.deploymentCircuitBreaker;
  if (breaker?.enable !== true) return Infinity;
  const { type, value } = breaker.thresholdConfiguration ?? { type: 'BOUNDED_PERCENT', value: 50 };
  if (type === 'COUNT') return value;
  const share = Math.ceil((value * desiredCount) / 100);
  return type === 'UNBOUNDED_PERCENT' ? share : Math.min(Math.max(share, bounds.least), bounds.most);
}

/** Counts a task of the newest deployment that could not start, or that failed its health checks (ECS-94). */
export function noteFailure(service: Service, task: EcsTask): void {
  const primary = service.deployments[0];
  if (primary?.id !== task.seed.deploymentId || primary?.rolloutState !== 'IN_PROGRESS') return;
  const isFailure =
    task.stopCode === 'TaskFailedToStart' || task.stoppedReason?.startsWith('Task failed') === true;
  if (!isFailure) return;
  primary.failedTasks += 1;
  if (primary.failedTasks >= thresholdOf(service)) fail(service);
}

/** A healthy task begins the count anew, unless the breaker counts all failures of a deployment. */
export function noteHealthy(service: Service): void {
  const primary = service.deployments[0];
  if (primary && service.options.deploymentCircuitBreaker?.resetOnHealthyTask !== false)
    primary.failedTasks = 0;
}

/** The deployment has failed: it starts no more tasks, and with `rollback` the last one that completed is the primary again. */
function fail(service: Service): void {
  const [failed] = service.deployments;
  if (!failed) return;
  failed.rolloutState = 'FAILED';
  failed.rolloutReason = 'ECS deployment circuit breaker: tasks failed to start.';
  failed.updatedAt = Date.now();
  say(service, `(deployment ${failed.id}) deployment failed: tasks failed to start.`);
  const last = service.deployments.find(({ rolloutState }) => rolloutState === 'COMPLETED');
  if (service.options.deploymentCircuitBreaker?.rollback !== true || !last) {
    endReleases(service);
    return;
  }
  failed.release.status = 'ROLLBACK_IN_PROGRESS';
  last.rolloutState = 'IN_PROGRESS';
  last.rolloutReason = `ECS deployment circuit breaker: rolling back to deploymentId ${last.id}.`;
  last.updatedAt = Date.now();
  service.deployments = [last, ...service.deployments.filter((each) => each !== last)];
  say(service, `rolling back to deployment ${last.id}.`);
}
