import { noReplica, type ReplicaLag } from '../replica.ts';

/** Where ECS's behaviour is unverified, bends, or takes long: the values that the rig can take. */
export interface EcsKnobs {
  /** How far the control plane's clock is ahead of the real time. */
  readonly clockOffsetMs: number;
  /** How far the clocks of the EC2 instances are ahead of the real time. */
  readonly instanceClockOffsetMs: number;
  readonly containerBatchMs: number;
  readonly staleDescribe: number;
  /** How old the replica is that answers DescribeTasks. */
  readonly replicaLag: ReplicaLag;
  /** How long after `stoppingAt` the containers get their stop signal. */
  readonly signalLagMs: number;
  /** How long after a container's own end ECS notices it. */
  readonly noticeLagMs: number;
  readonly exitCode: 'present' | 'absent';
  readonly secondStopTask: 'keeps' | 'overwrites' | 'refused';
  readonly stopTask: 'ok' | 'ignored';
  /** Whether StopTask asks for protection, which no source says. */
  readonly stopProtected: 'stops' | 'refused';
  readonly agentTag: 'present' | 'absent' | 'first-only';
  /** How long a task behind a load balancer is DEACTIVATING before it is signalled. */
  readonly deregistrationMs: number;
  /** When `stoppingAt` is set for a task that is DEACTIVATING first. */
  readonly stoppingAtBehindElb: 'requested' | 'signaled';
  /** The length of a minute of protection, which ECS takes in whole minutes only. */
  readonly protectionMinuteMs: number;
  /** The length of a minute of bake time, which ECS takes in whole minutes only. */
  readonly bakeMinuteMs: number;
  /** How long a task without a health check has to run before a rollout counts on it. */
  readonly healthyAfterMs: number;
  /** How long a task with a network interface of its own is PROVISIONING. */
  readonly provisioningMs: number;
  /** How long a task is PENDING before its first container starts. */
  readonly imagePullMs: number;
  readonly scaleInVictim: 'balanced' | 'fullest-host' | 'oldest' | 'newest';
  /** How long before its end an EC2 Spot instance is told. */
  readonly spotNoticeMs: number;
  /** Whether a host that gets the notice drains: ECS's own Spot draining, or managed draining. */
  readonly spotDraining: 'on' | 'off';
  /** The length of a minute in the durations of FIS. */
  readonly fisMinuteMs: number;
  /** How an action of a FIS experiment goes. */
  readonly fisAction: 'runs' | 'fails' | 'ends-early';
  /** How the account's safety lever of FIS stands at first. */
  readonly safetyLever: 'disengaged' | 'engaged';
  /** What the account's other clients leave of ECS's token buckets, between 0 and 1. */
  readonly ecsRateShare: number;
}

/** The knobs where nothing was said. */
export const defaultEcsKnobs: EcsKnobs = {
  clockOffsetMs: 0,
  instanceClockOffsetMs: 0,
  containerBatchMs: 0,
  staleDescribe: 0,
  replicaLag: noReplica,
  signalLagMs: 0,
  noticeLagMs: 0,
  exitCode: 'present',
  secondStopTask: 'keeps',
  stopTask: 'ok',
  stopProtected: 'stops',
  agentTag: 'present',
  deregistrationMs: 300_000,
  stoppingAtBehindElb: 'requested',
  protectionMinuteMs: 60_000,
  bakeMinuteMs: 60_000,
  healthyAfterMs: 0,
  provisioningMs: 0,
  imagePullMs: 0,
  scaleInVictim: 'balanced',
  spotNoticeMs: 120_000,
  spotDraining: 'on',
  fisMinuteMs: 60_000,
  fisAction: 'runs',
  safetyLever: 'disengaged',
  ecsRateShare: 1,
};
