import { messageOf } from './failure.ts';
import type { RigLog } from './log.ts';

/** The rig's Buildkite, asked for its metrics over HTTP as any scaler asks. */
export interface MetricsSource {
  readonly url: string;
  readonly agentToken: string;
}

interface Metrics {
  readonly jobs: { readonly scheduled: number; readonly running: number };
}

/** Tells at a pace how many jobs are queued or running, until the function that it gives is called. */
export function watchJobs(
  { url, agentToken }: MetricsSource,
  every: number,
  log: RigLog,
  onJobs: (jobs: number) => void,
): () => void {
  let isAsking = false;
  const look = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      const answer = await fetch(`${url}/v3/metrics`, { headers: { authorization: `Token ${agentToken}` } });
      const { jobs } = (await answer.json()) as Metrics;
      onJobs(jobs.scheduled + jobs.running);
    } catch (error) {
      log.add({ at: Date.now(), event: 'autoscaler-failed', half: 'rig', said: messageOf(error) });
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void look(), every);
  return () => {
    clearInterval(timer);
  };
}
