import type { EcsRig } from './ecs/rig.ts';
import { messageOf, RigFailure } from './failure.ts';
import type { ReadRigFile } from './file.ts';
import type { RigFile } from './file-schema.ts';
import type { RigLog } from './log.ts';

interface Surroundings {
  readonly options: NonNullable<RigFile['autoscaler']>;
  readonly cluster: string;
  readonly ecs: EcsRig;
  /** The rig's Buildkite, asked for its metrics over HTTP as any scaler asks. */
  readonly buildkite: { readonly url: string; readonly agentToken: string };
  readonly log: RigLog;
}

interface Metrics {
  readonly jobs: { readonly scheduled: number; readonly running: number };
}

/**
 * Scales a service by the jobs that are queued or running, from zero, as Buildkite's scalers do. More workers come at once;
 * they go only when nothing has been queued or running for `scaleInAfter`, so that none but idle ones are taken.
 */
class Autoscaler {
  readonly #around: Surroundings;
  readonly #timer: NodeJS.Timeout;
  #idleSince: number | undefined;
  #isAsking = false;

  constructor(around: Surroundings) {
    this.#around = around;
    this.#timer = setInterval(() => void this.#look(), around.options.every);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      this.#scaleTo(await this.#countJobs());
    } catch (error) {
      this.#around.log.add({
        at: Date.now(),
        event: 'autoscaler-failed',
        half: 'rig',
        said: messageOf(error),
      });
    } finally {
      this.#isAsking = false;
    }
  }

  async #countJobs(): Promise<number> {
    const { url, agentToken } = this.#around.buildkite;
    const answer = await fetch(`${url}/v3/metrics`, { headers: { authorization: `Token ${agentToken}` } });
    const { jobs } = (await answer.json()) as Metrics;
    return jobs.scheduled + jobs.running;
  }

  #scaleTo(jobs: number): void {
    const { ecs, cluster, options } = this.#around;
    const { service, min, max, scaleInAfter } = options;
    const desired = ecs.state.findService(service)?.desiredCount;
    if (desired === undefined) return;
    this.#idleSince = jobs > 0 ? undefined : (this.#idleSince ?? Date.now());
    const wanted = Math.min(max, Math.max(min, jobs));
    const mayShrink = this.#idleSince !== undefined && Date.now() - this.#idleSince >= scaleInAfter;
    if (wanted > desired || (wanted < desired && mayShrink))
      ecs.request('UpdateService', { cluster, service, desiredCount: wanted });
  }
}

/** Starts the autoscaler that the rig file asks for, and gives what ends it. */
export function startAutoscaler(
  { rig, path }: ReadRigFile,
  parts: Pick<Surroundings, 'buildkite' | 'ecs' | 'log'>,
): () => void {
  const { autoscaler: options, cluster } = rig;
  if (options === undefined) return () => undefined;
  if (parts.ecs.state.findService(options.service) === undefined)
    throw new RigFailure('bad-input', `${path}: autoscaler: no service "${options.service}" in "services"`);
  const autoscaler = new Autoscaler({ ...parts, options, cluster });
  return () => {
    autoscaler.close();
  };
}
