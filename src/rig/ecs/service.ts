import { randomInt } from 'node:crypto';

import type { TaskDefinition } from './definition.ts';

/** One deployment of a service; the first of the list is the primary one. */
export interface Deployment {
  readonly id: string;
  readonly definition: TaskDefinition;
  readonly createdAt: number;
  updatedAt: number;
  rolloutState: 'IN_PROGRESS' | 'COMPLETED';
  rolloutReason: string;
  failedTasks: number;
}

/** A service as it was asked for, and where its scheduler stands. */
export interface Service {
  readonly name: string;
  readonly arn: string;
  readonly launchType: string;
  readonly capacityProvider: string | undefined;
  readonly createdAt: number;
  readonly propagatesTags: boolean;
  tags: Readonly<Record<string, string>>;
  desiredCount: number;
  minimumHealthyPercent: number;
  maximumPercent: number;
  deployments: readonly Deployment[];
  readonly events: { readonly id: string; readonly at: number; readonly message: string }[];
  /** After tasks that ended soon after their start, ECS waits longer and longer before the next one. */
  notBefore: number;
  quickFailures: number;
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
  };
}
