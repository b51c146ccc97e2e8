import type { Cluster, Instance, Protection, Service, Task, TaskDefinition } from '../model/entities/task.ts';
import type { ClockOffset, RecentStops } from '../model/entities/surroundings.ts';
import type { PlainDocument } from '../model/entities/document.ts';
import type { Answer, EcsCall, Outcome } from '../model/call.ts';
import type { Fact } from '../model/world.ts';

/** What a drill asks of Amazon ECS, in our words. */
export interface Ecs {
  /** One cluster by name or ARN, with its tags. */
  cluster(name: string, signal: AbortSignal): Promise<Answer<Cluster>>;
  /** One service with its tags. */
  service(cluster: string, name: string, signal: AbortSignal): Promise<Answer<Service>>;
  /** Tasks by ARN (at most 100) with their tags. One that ECS does not know is absent from the answer (`failures: MISSING`). */
  tasks(cluster: string, arns: readonly string[], signal: AbortSignal): Promise<Answer<readonly Task[]>>;
  taskDefinition(arn: string, signal: AbortSignal): Promise<Answer<TaskDefinition>>;
  /** The registered definition as ECS gives it, for those who look at all of it; the latest one of a family without a revision. */
  taskDefinitionDocument(arn: string, signal: AbortSignal): Promise<Answer<PlainDocument>>;
  /** The service as ECS gives it. */
  serviceDocument(cluster: string, name: string, signal: AbortSignal): Promise<Answer<PlainDocument>>;
  /** Capacity providers by their names, as ECS gives them. */
  capacityProviders(names: readonly string[], signal: AbortSignal): Promise<Answer<readonly PlainDocument[]>>;
  /** Tasks of the service or family that are stopped or stopping, as far as ECS still shows them. */
  recentStops(
    cluster: string,
    of: { service?: string; family?: string },
    signal: AbortSignal,
  ): Promise<Answer<RecentStops>>;
  /**
   * Sends one call that changes something, exactly once: no retry of the SDK's. The value is what ECS's own answer shows: the
   * task, service, instance or protections. Refused where ECS names a failure for any part of it.
   */
  send(call: EcsCall, signal: AbortSignal): Promise<Outcome<readonly Fact[]>>;
  /**
   * Tasks of the service or family that ECS wants to run, with their tags; with `stopped` those that have stopped or are told
   * to, which it shows for about an hour. Not `complete`: there are more than can be looked through.
   */
  tasksOf(
    cluster: string,
    of: { service?: string; family?: string; stopped?: boolean },
    signal: AbortSignal,
  ): Promise<Answer<{ readonly tasks: readonly Task[]; readonly complete: boolean }>>;
  /** Tasks on one container instance that shall run, whoever's they are. */
  tasksOn(
    cluster: string,
    instance: string,
    signal: AbortSignal,
  ): Promise<Answer<{ readonly tasks: readonly Task[]; readonly complete: boolean }>>;
  instance(cluster: string, arn: string, signal: AbortSignal): Promise<Answer<Instance>>;
  /** Scale-in protection of one service task. */
  protection(cluster: string, taskArn: string, signal: AbortSignal): Promise<Answer<Protection>>;
  /** The server's clock against ours as of the latest answer; null before the first one or where it sends no `Date`. */
  clock(): ClockOffset | null;
}
