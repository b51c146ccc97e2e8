import { randomBytes, randomInt, randomUUID } from 'node:crypto';

import type { PlacementConstraint, TaskDefinition } from './definition.ts';
import type { DeploymentOptions, Stage } from './deployment-options.ts';
import type { PlacementStrategy } from './strategies.ts';

/** One deployment of a service; the first of the list is the primary one. */
export interface Deployment {
  readonly id: string;
  readonly definition: TaskDefinition;
  readonly createdAt: number;
  updatedAt: number;
  rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  rolloutReason: string;
  /** Tasks in a row that could not start or failed their health checks. */
  failedTasks: number;
  stage: Stage;
  stageSince: number;
  /** The stages at which it was paused and somebody let it go on. */
  readonly continued: Stage[];
  /** The same as ListServiceDeployments tells of it. */
  readonly release: Release;
}

/** What ECS keeps of a deployment under an id of its own. */
export interface Release {
  readonly id: string;
  status: 'IN_PROGRESS' | 'SUCCESSFUL' | 'STOPPED' | 'ROLLBACK_IN_PROGRESS' | 'ROLLBACK_SUCCESSFUL';
  finishedAt: number | null;
}

/** Who rolls a service's deployments. */
export type DeploymentController = 'ECS' | 'CODE_DEPLOY' | 'EXTERNAL';

/** What a service was created with and keeps. */
export interface ServiceOrder {
  readonly name: string;
  readonly arn: string;
  readonly launchType: string;
  readonly capacityProvider: string | undefined;
  readonly controller: DeploymentController;
  readonly propagatesTags: boolean;
  /** One task on each host instead of a count. */
  readonly isDaemon: boolean;
  readonly placementStrategy: readonly PlacementStrategy[] | undefined;
  readonly placementConstraints: readonly PlacementConstraint[];
  /** As they were given; whoever has one is taken out of it before it stops. */
  readonly loadBalancers: readonly Readonly<Record<string, unknown>>[];
  /** How long a task's health is not looked at after its start. */
  readonly gracePeriodMs: number;
}

/** A service as it was asked for, and where its scheduler stands. */
export interface Service extends ServiceOrder {
  readonly createdAt: number;
  tags: Readonly<Record<string, string>>;
  desiredCount: number;
  options: DeploymentOptions;
  /** Whether tasks are moved between zones until each has as many. */
  rebalances: boolean;
  isRebalancing: boolean;
  /** Whether its new tasks let people in (ECS Exec). */
  exec: boolean;
  deployments: readonly Deployment[];
  /** Every deployment that it had. */
  readonly history: Deployment[];
  readonly events: { readonly id: string; readonly at: number; readonly message: string }[];
  /** After tasks that ended soon after their start, ECS waits longer and longer before the next one. */
  notBefore: number;
  quickFailures: number;
  isSteady: boolean;
  /** The last task that was wanted found no room. */
  lacksRoom: boolean;
}

/** A deployment with the id that ECS would give it. */
export function newDeployment(definition: TaskDefinition): Deployment {
  const now = Date.now();
  const digits = Array.from({ length: 19 }, (_, index) => randomInt(index === 0 ? 1 : 0, 10)).join('');
  return {
    id: `ecs-svc/${digits}`,
    definition,
    createdAt: now,
    updatedAt: now,
    rolloutState: 'IN_PROGRESS',
    rolloutReason: `ECS deployment ecs-svc/${digits} in progress.`,
    failedTasks: 0,
    stage: 'RECONCILE_SERVICE',
    stageSince: now,
    continued: [],
    release: {
      id: randomBytes(16).toString('base64url').slice(0, 21),
      status: 'IN_PROGRESS',
      finishedAt: null,
    },
  };
}

/** Ends what is under way: one deployment has completed, or a newer one or a failure takes its place (ECS-103). */
export function endReleases(service: Service, completed?: Deployment): void {
  for (const deployment of service.history) {
    const { release } = deployment;
    if (release.finishedAt !== null) continue;
    release.finishedAt = Date.now();
    if (deployment === completed) release.status = 'SUCCESSFUL';
    else release.status = release.status === 'ROLLBACK_IN_PROGRESS' ? 'ROLLBACK_SUCCESSFUL' : 'STOPPED';
  }
}

/** Makes a new deployment the primary one; the others run out. */
export function startDeployment(service: Service, definition: TaskDefinition): Deployment {
  const deployment = newDeployment(definition);
  endReleases(service);
  service.history.push(deployment);
  service.deployments = [deployment, ...service.deployments];
  service.isSteady = false;
  service.isRebalancing = false;
  return deployment;
}

/** Adds a line to the events of a service, the newest first as ECS shows them. */
export function say(service: Service, text: string): void {
  const message = `(service ${service.name}) ${text}`;
  if (service.events[0]?.message === message) return;
  service.events.unshift({ id: randomUUID(), at: Date.now(), message });
  service.events.splice(100);
}
