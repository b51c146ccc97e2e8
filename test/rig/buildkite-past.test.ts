import { afterEach, describe, expect, it } from 'vitest';
import type { PlantedPast } from '../../src/rig/buildkite/past.ts';
import { openBench } from './buildkite-bench.ts';
import type { Bench } from './buildkite-bench.ts';

const STEPS = `steps:
  - { key: build, command: make }
  - { key: test, command: make test, retry: { automatic: [{ exit_status: -1, limit: 2 }] } }
  - { key: lint, command: make lint, soft_fail: true }
`;
const HOUR = 3_600_000;
const PAST: PlantedPast = {
  ...{ builds: 90, every: HOUR, took: 60_000, loss: 0.2, failure: 0, oddExit: 0, retriedByHand: 0 },
  ...{ disconnected: 0, spikes: [], versions: ['3.78.0', '4.0.3'], branches: ['main', 'feature'], seed: 5 },
};

interface Job {
  readonly id: string;
  readonly step_key: string;
  readonly state: string;
  readonly exit_status: number;
  readonly soft_failed: boolean;
  readonly retried: boolean;
  readonly retried_in_job_id: string | null;
  readonly retry_type: string | null;
  readonly started_at: string;
  readonly finished_at: string;
  readonly agent: { readonly id: string; readonly version: string; readonly lost_at: string | null };
}
interface Build {
  readonly state: string;
  readonly branch: string;
  readonly created_at: string;
  readonly jobs: readonly Job[];
}

describe('a past in which agents were lost (BK-69)', () => {
  let bench: Bench;
  afterEach(() => bench.close());

  async function lay(over: Partial<PlantedPast> = {}): Promise<Build[]> {
    bench = await openBench({ main: STEPS }, {}, { past: { ...PAST, ...over } });
    const url = `${bench.rig.url}/v2/organizations/acme/pipelines/main/builds?per_page=100&include_retried_jobs=true`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${bench.rig.apiToken}` } });
    return (await answer.json()) as Build[];
  }
  const jobsOf = (builds: readonly Build[]): readonly Job[] => builds.flatMap(({ jobs }) => jobs);
  const lostOf = (builds: readonly Build[]): readonly Job[] =>
    jobsOf(builds).filter(({ exit_status: status }) => status === -1);

  it('a job is lost with its agent, and Buildkite ends it three minutes after it would have ended', async () => {
    const lost = lostOf(await lay());
    expect(lost.length).toBeGreaterThan(20);
    for (const job of lost) {
      expect(job.finished_at).toBe(job.agent.lost_at);
      expect(Date.parse(job.finished_at) - Date.parse(job.started_at)).toBe(240_000);
    }
    // No agent has another job after it was lost.
    expect(new Set(lost.map(({ agent }) => agent.id)).size).toBe(lost.length);
  });

  it("the pipeline's own rules retry it, soft_fail keeps the build green, and the rest is red", async () => {
    const builds = await lay();
    const lost = lostOf(builds);
    const of = (key: string): readonly Job[] => lost.filter(({ step_key: step }) => step === key);
    expect(of('lint').every((job) => job.soft_failed && !job.retried)).toBe(true);
    expect(of('build').every((job) => !job.retried)).toBe(true);
    const jobs = new Map(jobsOf(builds).map((job) => [job.id, job]));
    for (const job of of('test').filter(({ retried }) => retried))
      expect(jobs.get(job.retried_in_job_id ?? '')).toMatchObject({
        step_key: 'test',
        retry_type: 'automatic',
      });
    for (const { jobs: own, state } of builds)
      expect(state).toBe(
        own.some((job) => job.exit_status !== 0 && !job.retried && !job.soft_failed) ? 'failed' : 'passed',
      );
  });

  it('people retry what no rule did', async () => {
    const lost = lostOf(await lay({ retriedByHand: 1 })).filter(({ step_key: step }) => step === 'build');
    expect(lost.length).toBeGreaterThan(5);
    expect(lost.every(({ retried }) => retried)).toBe(true);
  });

  it('the history of a job shows AGENT_LOST, AGENT_DISCONNECTED, or that its agent said -1 itself', async () => {
    for (const [over, type, actor] of [
      [{}, 'AGENT_LOST', 'SYSTEM'],
      [{ disconnected: 1 }, 'AGENT_DISCONNECTED', 'SYSTEM'],
      [{ loss: 0, oddExit: 0.2 }, 'FINISHED', 'AGENT'],
    ] as const) {
      const [job] = lostOf(await lay(over));
      const query = `{ job(uuid: "${job?.id ?? ''}") { ... on JobTypeCommand { events { edges { node { type actor { type } } } } } } }`;
      const { data } = await bench.query(query);
      expect(data).toMatchObject({
        job: { events: { edges: [{ node: { type, actor: { type: actor } } }] } },
      });
      if (type !== 'AGENT_LOST') expect(job?.agent.lost_at).toBeNull();
      await bench.close();
    }
    bench = await openBench({ main: STEPS });
  });

  it('the chance changes, builds of a spike come a second apart, and the same seed gives the same', async () => {
    const over = { loss: 0.5, change: { ago: 45 * HOUR, loss: 0 }, spikes: [{ ago: 10 * HOUR, builds: 4 }] };
    const builds = await lay(over);
    const [newer, older] = [builds.slice(0, 45 + 4), builds.slice(45 + 4)];
    expect(builds.length).toBe(94);
    expect(lostOf(older).length).toBeGreaterThan(40);
    const spike = newer.filter(({ jobs }) => jobs.some(({ exit_status: status }) => status === -1));
    expect(spike.length).toBe(4);
    const times = spike.map(({ created_at: at }) => Date.parse(at));
    expect(times[0]! - times[3]!).toBe(3000);
    expect(lostOf(spike).length).toBe(12);
    const states = builds.map(({ state }) => state);
    await bench.close();
    expect((await lay(over)).map(({ state }) => state)).toEqual(states);
  });
});
