import type { EcsKnobs } from './ecs/knobs.ts';
import type { RigFile } from './file-schema.ts';

/** The knobs of ECS; what the file gives as a duration is milliseconds by now. */
export function ecsKnobs(knobs: RigFile['knobs']): EcsKnobs {
  return {
    ...knobs,
    clockOffsetMs: knobs.ecsClockOffset,
    instanceClockOffsetMs: knobs.instanceClockOffset,
    replicaLag: knobs.ecsReplicaLag,
    signalLagMs: knobs.signalLag,
    noticeLagMs: knobs.noticeLag,
    containerBatchMs: knobs.containerBatch,
    deregistrationMs: knobs.deregistrationDelay,
    protectionMinuteMs: knobs.protectionMinute,
    bakeMinuteMs: knobs.bakeMinute,
    healthyAfterMs: knobs.healthyAfter,
    provisioningMs: knobs.provisioning,
    imagePullMs: knobs.imagePull,
    spotNoticeMs: knobs.spotNotice,
    fisMinuteMs: knobs.fisMinute,
  };
}
