import type { Cluster, Instance, Protection, Service, Task, TaskDefinition } from '../model/entities/task.ts';
import type { Caller, ClockOffset, Credentials, RecentStops } from '../model/entities/surroundings.ts';
import type { PlainDocument } from '../model/entities/document.ts';
import type { Answer, Hold, Outcome } from '../model/answer.ts';
import type { EcsCall, AwsOperation } from '../model/call.ts';
import type { Fact } from '../model/world.ts';

/** A deployment of a service as ECS keeps it for 90 days; instants are epoch milliseconds by ECS's clock. */
export interface ServiceDeployment {
  /** The last part of its ARN, as the console shows it; not the `ecs-svc/...` of tasks and events. */
  readonly id: string;
  readonly createdAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly status: string;
}

/** Deployments of a listing; not `complete`: there are more than could be read. */
export interface ListedDeployments {
  readonly deployments: readonly ServiceDeployment[];
  readonly complete: boolean;
}

/** The port to Amazon ECS. */
export interface Ecs {
  /** One cluster by name or ARN, with its tags. */
  cluster(name: string, signal: AbortSignal): Promise<Answer<Cluster>>;
  /** Names of the region's clusters, the first 500. */
  clusterNames(signal: AbortSignal): Promise<Answer<readonly string[]>>;
  /** Names of a cluster's services, the first 500. */
  serviceNames(cluster: string, signal: AbortSignal): Promise<Answer<readonly string[]>>;
  /** One service with its tags. */
  service(cluster: string, name: string, signal: AbortSignal): Promise<Answer<Service>>;
  /** Tasks by ARN (at most 100) with their tags. A task that ECS does not know (MISSING) is absent from the answer. */
  tasks(cluster: string, arns: readonly string[], signal: AbortSignal): Promise<Answer<readonly Task[]>>;
  taskDefinition(arn: string, signal: AbortSignal): Promise<Answer<TaskDefinition>>;
  /** The full registered definition as ECS returns it; for a family without a revision its latest one. */
  taskDefinitionDocument(arn: string, signal: AbortSignal): Promise<Answer<PlainDocument>>;
  /** The full service as ECS returns it. */
  serviceDocument(cluster: string, name: string, signal: AbortSignal): Promise<Answer<PlainDocument>>;
  /** Deployments that were created since then; ECS takes no time before the last three months. */
  serviceDeployments(
    cluster: string,
    service: string,
    since: number,
    signal: AbortSignal,
  ): Promise<Answer<ListedDeployments>>;
  /** Capacity providers by name, as ECS returns them. */
  capacityProviders(
    cluster: string,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<Answer<readonly PlainDocument[]>>;
  /** Stopped and stopping tasks of the service or family, as far as ECS still shows them (about an hour). */
  recentStops(
    cluster: string,
    of: { service?: string; family?: string },
    signal: AbortSignal,
  ): Promise<Answer<RecentStops>>;
  /**
   * Sends one mutating call, exactly once, without the SDK's retries. The value is from ECS's answer: the task, service,
   * instance or protections. Refused if ECS reports a failure for any part of the call. `hold` is asked when the call is
   * signed and its connection stands: what it says keeps the call from being sent (refused, `outdated`).
   */
  send(call: EcsCall, signal: AbortSignal, hold?: Hold): Promise<Outcome<readonly Fact[]>>;
  /**
   * Tasks of the service or family with desired status RUNNING, with their tags; with `stopped` those that are stopped or
   * stopping, which ECS shows for about an hour. Not `complete` if there are more than can be read.
   */
  tasksOf(
    cluster: string,
    of: { service?: string; family?: string; stopped?: boolean },
    signal: AbortSignal,
  ): Promise<Answer<{ readonly tasks: readonly Task[]; readonly complete: boolean }>>;
  /** Tasks with desired status RUNNING on one container instance, of any service. */
  tasksOn(
    cluster: string,
    instance: string,
    signal: AbortSignal,
  ): Promise<Answer<{ readonly tasks: readonly Task[]; readonly complete: boolean }>>;
  instance(cluster: string, arn: string, signal: AbortSignal): Promise<Answer<Instance>>;
  /** Scale-in protection of service tasks, at most 100. A task that ECS does not know (MISSING) is absent from the answer. */
  protections(
    cluster: string,
    taskArns: readonly string[],
    signal: AbortSignal,
  ): Promise<Answer<readonly Protection[]>>;
  /** Our credentials. Fetched where there are none yet, and anew where they expire soon; calls use what is kept. */
  credentials(signal: AbortSignal): Promise<Answer<Credentials>>;
  /** Whom AWS takes our credentials for, by STS. */
  caller(signal: AbortSignal): Promise<Answer<Caller>>;
  /** Offset of the server's clock from ours at the latest answer; null before the first one or without a `Date` header. */
  clock(): ClockOffset | null;
  /**
   * How long reads that are repeated are to rest, milliseconds, so that half of ECS's token buckets is left to the account's
   * other clients, and longer after ECS has throttled one. A read that cannot wait is sent all the same.
   */
  restFor(operations: readonly AwsOperation[]): number;
}
