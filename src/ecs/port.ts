import type { Cluster, Service, Task, TaskDefinition } from '../drill/entities/task.ts';
import type { ClockOffset, RecentStops } from '../drill/entities/surroundings.ts';
import type { Answer, Call, Outcome } from '../drill/call.ts';

/** What a drill asks of Amazon ECS, in our words. */
export interface Ecs {
  /** One cluster by name or ARN, with its tags. */
  cluster(name: string, signal: AbortSignal): Promise<Answer<Cluster>>;
  /** One service with its tags. */
  service(cluster: string, name: string, signal: AbortSignal): Promise<Answer<Service>>;
  /** Tasks by ARN (at most 100) with their tags. One that ECS does not know is absent from the answer (`failures: MISSING`). */
  tasks(cluster: string, arns: readonly string[], signal: AbortSignal): Promise<Answer<readonly Task[]>>;
  taskDefinition(arn: string, signal: AbortSignal): Promise<Answer<TaskDefinition>>;
  /** Tasks of the service or family that are stopped or stopping, as far as ECS still shows them. */
  recentStops(
    cluster: string,
    of: { service?: string; family?: string },
    signal: AbortSignal,
  ): Promise<Answer<RecentStops>>;
  /** Tasks of the service or family that ECS wants to run. Not `complete`: there are more than can be looked through. */
  tasksOf(
    cluster: string,
    of: { service?: string; family?: string },
    signal: AbortSignal,
  ): Promise<Answer<{ tasks: readonly Task[]; complete: boolean }>>;
  /** StopTask, sent exactly once: no retry of the SDK's. The value is the task as StopTask's own answer shows it. */
  stopTask(call: Extract<Call, { kind: 'stop-task' }>, signal: AbortSignal): Promise<Outcome<Task>>;
  /** The server's clock against ours as of the latest answer; null before the first one or where it sends no `Date`. */
  clock(): ClockOffset | null;
}
