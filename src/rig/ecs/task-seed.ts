import type { PlacementConstraint, TaskDefinition } from './definition.ts';
import type { PlacementStrategy } from './strategies.ts';

/** A task's `lastStatus`, in the order of its life. */
export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

/** The `stopCode` values that the rig gives. */
export type StopCode =
  | 'TaskFailedToStart'
  | 'EssentialContainerExited'
  | 'UserInitiated'
  | 'ServiceSchedulerInitiated'
  | 'SpotInterruption'
  | 'TerminationNotice';

/** What a task is made of. */
export interface TaskSeed {
  readonly id: string;
  readonly arn: string;
  readonly clusterArn: string;
  readonly definition: TaskDefinition;
  readonly launchType: string;
  readonly capacityProvider?: string | undefined;
  readonly group: string;
  readonly startedBy?: string | undefined;
  readonly serviceName?: string | undefined;
  readonly deploymentId?: string | undefined;
  readonly placementStrategy?: readonly PlacementStrategy[] | undefined;
  readonly placementConstraints?: readonly PlacementConstraint[] | undefined;
  /** A load balancer sends to it: it is taken out there before it is signalled. */
  readonly behindLoadBalancer?: boolean | undefined;
  /** People may open a shell in its containers (ECS Exec). */
  readonly exec?: boolean | undefined;
  /** No process stands behind it: its agents only register and idle. */
  readonly isIdle?: boolean | undefined;
  /** Its agents take jobs and hear signals inside the rig, without a process. */
  readonly isInProcess?: boolean | undefined;
  readonly tags: Readonly<Record<string, string>>;
}
