import type { Exit, ProcessSpec } from './executor.ts';

/** How a container waits for another one at its start. */
export type DependencyCondition = 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY';

/** A command that is run inside a container again and again to learn whether it is well. */
export interface HealthCheck {
  readonly argv: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly startPeriodMs: number;
}

/** When a container that ended is started again in its place. */
export interface RestartPolicy {
  readonly ignoredExitCodes: readonly number[];
  readonly attemptPeriodMs: number;
}

/** One container of a task, ready to be run. */
export interface ContainerPlan {
  readonly name: string;
  readonly essential: boolean;
  readonly stopTimeoutMs: number;
  readonly dependsOn: readonly { readonly name: string; readonly condition: DependencyCondition }[];
  /** How long the containers that wait for this one wait; without it as long as it takes. */
  readonly startTimeoutMs?: number | undefined;
  readonly healthCheck?: HealthCheck | undefined;
  readonly restartPolicy?: RestartPolicy | undefined;
  readonly process: ProcessSpec;
}

/** What a container's health check says; UNKNOWN without one, and until it has said something. */
export type Health = 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';

/** What is known of one container. */
export interface ContainerState {
  readonly plan: ContainerPlan;
  readonly status: 'PENDING' | 'RUNNING' | 'STOPPED';
  readonly health: Health;
  readonly restarts: number;
  readonly exit?: Exit | undefined;
  readonly reason?: string | undefined;
  /** When the stop signal went to its main process. */
  readonly signaledAt?: number;
  /** SIGKILL was sent because the stop time-out was over. */
  readonly timedOut: boolean;
}
