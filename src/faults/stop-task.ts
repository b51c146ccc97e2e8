import type { Call } from '../drill/call.ts';
import type { Scenario } from '../drill/plan.ts';
import type { Target } from '../journal/events.ts';

/** The reason under which our stop is found again in ECS (`stoppedReason`). */
export function stopReason(drill: string): string {
  return `gameday ${drill}`;
}

/** Fault `stop-task`: one StopTask for the task that hosts the job. It has no undo: a service starts another task by itself. */
export function stopTask(target: Target, cluster: Scenario['cluster'], drill: string): Call {
  return { kind: 'stop-task', cluster: cluster.name, taskArn: target.taskArn, reason: stopReason(drill) };
}
