import type { EcsRig } from './ecs/rig.ts';
import { messageOf, RigFailure } from './failure.ts';
import type { ReadRigFile } from './file.ts';
import type { RigFile } from './file-schema.ts';
import { watchJobs, type MetricsSource } from './jobs-metric.ts';
import type { RigLog } from './log.ts';

interface Parts {
  readonly ecs: EcsRig;
  readonly buildkite: MetricsSource;
  readonly log: RigLog;
}

/** How often the policies of Application Auto Scaling are looked at, milliseconds; CloudWatch's alarms look once a minute. */
const lookEveryMs = 200;

/** Starts what scales the services that the rig file names, and gives what ends it. */
export function startAutoscaler(file: ReadRigFile, parts: Parts): () => void {
  const closers = [startBuildkiteScaler(file, parts), startScalingPolicies(file, parts)];
  return () => {
    for (const close of closers) close();
  };
}

/**
 * Scales a service by the jobs that are queued or running, from zero, as Buildkite's scalers do. More workers come at once;
 * they go only when nothing has been queued or running for `scaleInAfter`, so that none but idle ones are taken.
 */
function startBuildkiteScaler({ rig, path }: ReadRigFile, { ecs, buildkite, log }: Parts): () => void {
  const { autoscaler: options, cluster } = rig;
  if (options === undefined) return () => undefined;
  if (ecs.state.findService(options.service) === undefined)
    throw new RigFailure('bad-input', `${path}: autoscaler: no service "${options.service}" in "services"`);
  const { service, min, max, scaleInAfter, every } = options;
  let idleSince: number | undefined;
  return watchJobs(buildkite, every, log, (jobs) => {
    const desired = ecs.state.findService(service)?.desiredCount;
    if (desired === undefined) return;
    idleSince = jobs > 0 ? undefined : (idleSince ?? Date.now());
    const wanted = Math.min(max, Math.max(min, jobs));
    const mayShrink = idleSince !== undefined && Date.now() - idleSince >= scaleInAfter;
    if (wanted > desired || (wanted < desired && mayShrink))
      ecs.request('UpdateService', { cluster, service, desiredCount: wanted });
  });
}

/** Registers the file's services with Application Auto Scaling, whose policies then follow the jobs for each worker. */
function startScalingPolicies({ rig, path }: ReadRigFile, { ecs, buildkite, log }: Parts): () => void {
  if (rig.scalableTargets.length === 0) return () => undefined;
  for (const one of rig.scalableTargets) register(path, one, ecs);
  return watchJobs(buildkite, lookEveryMs, log, (jobs) => {
    ecs.scaling.look(jobs);
  });
}

function register(path: string, target: RigFile['scalableTargets'][number], ecs: EcsRig): void {
  const { service, scheduled, ...rest } = target;
  const now = Date.now();
  try {
    ecs.scaling.register(service, {
      ...rest,
      scheduled: scheduled.map(({ name, after, min, max }) => ({ name, at: now + after, min, max })),
    });
  } catch (error) {
    throw new RigFailure('bad-input', `${path}: scalableTargets: ${messageOf(error)}`);
  }
}
