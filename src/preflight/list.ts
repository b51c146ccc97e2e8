import type { Rule } from './finding.ts';
import { shellForm } from './rules/shell-form.ts';
import { stopTimeoutMissing } from './rules/stop-timeout-missing.ts';
import { stopTimeoutShort } from './rules/stop-timeout-short.ts';
import { stopTimeoutOverCeiling } from './rules/stop-timeout-over-ceiling.ts';
import { stopTimeoutHostDefault } from './rules/stop-timeout-host-default.ts';
import { stepOverWindow } from './rules/step-over-window.ts';
import { initWithShell } from './rules/init-with-shell.ts';
import { pidMode } from './rules/pid-mode.ts';
import { kubernetesExec } from './rules/kubernetes-exec.ts';
import { stopSignal } from './rules/stop-signal.ts';
import { agentNotEssential } from './rules/agent-not-essential.ts';
import { agentVersion } from './rules/agent-version.ts';
import { fargateSpotNotice } from './rules/fargate-spot-notice.ts';
import { stopChainOverSpot } from './rules/stop-chain-over-spot.ts';
import { deploymentPercentages } from './rules/deployment-percentages.ts';
import { missingStepKey } from './rules/missing-step-key.ts';
import { entryPointBypassesInit } from './rules/entry-point-bypasses-init.ts';
import { sidecarBeforeAgent } from './rules/sidecar-before-agent.ts';
import { sidecarFlush } from './rules/sidecar-flush.ts';
import { noEcsTags } from './rules/no-ecs-tags.ts';
import { spawnMany } from './rules/spawn-many.ts';
import { cancelGraceOverStop } from './rules/cancel-grace-over-stop.ts';
import { restartPolicy } from './rules/restart-policy.ts';
import { healthCheckGrace } from './rules/health-check-grace.ts';
import { memoryTight } from './rules/memory-tight.ts';
import { managedDraining } from './rules/managed-draining.ts';
import { ownTaskInCluster } from './rules/own-task-in-cluster.ts';
import { retryMissesLostAgent } from './rules/retry-misses-lost-agent.ts';
import { retryMasksLoss } from './rules/retry-masks-loss.ts';
import { cancelGraceNoDrain } from './rules/cancel-grace-no-drain.ts';
import { idleTimeout } from './rules/idle-timeout.ts';
import { disconnectAfterJob } from './rules/disconnect-after-job.ts';
import { fargateCeiling } from './rules/fargate-ceiling.ts';
import { slowRollout } from './rules/slow-rollout.ts';
import { zoneRebalancing } from './rules/zone-rebalancing.ts';
import { daemonService } from './rules/daemon-service.ts';
import { breakerWithoutRollback } from './rules/breaker-without-rollback.ts';
import { execSessions } from './rules/exec-sessions.ts';
import { managedInstances } from './rules/managed-instances.ts';
import { scaleInProtection } from './rules/scale-in-protection.ts';
import { protectionExpiry } from './rules/protection-expiry.ts';
import { protectionNotLifted } from './rules/protection-not-lifted.ts';
import { protectionAndDrain } from './rules/protection-and-drain.ts';

/** Every rule; findings of equal severity are shown in this order. A new rule is one file and one line here. */
export const RULES: readonly Rule[] = [
  shellForm,
  stopTimeoutMissing,
  stopTimeoutShort,
  stopTimeoutOverCeiling,
  stopTimeoutHostDefault,
  stepOverWindow,
  initWithShell,
  pidMode,
  kubernetesExec,
  stopSignal,
  agentNotEssential,
  agentVersion,
  fargateSpotNotice,
  stopChainOverSpot,
  deploymentPercentages,
  missingStepKey,
  entryPointBypassesInit,
  sidecarBeforeAgent,
  sidecarFlush,
  noEcsTags,
  spawnMany,
  cancelGraceOverStop,
  restartPolicy,
  healthCheckGrace,
  memoryTight,
  managedDraining,
  ownTaskInCluster,
  retryMissesLostAgent,
  retryMasksLoss,
  cancelGraceNoDrain,
  idleTimeout,
  disconnectAfterJob,
  fargateCeiling,
  scaleInProtection,
  protectionExpiry,
  protectionNotLifted,
  protectionAndDrain,
  slowRollout,
  zoneRebalancing,
  daemonService,
  breakerWithoutRollback,
  execSessions,
  managedInstances,
];
