import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Buildkite, BuildWithJobs } from '../../src/buildkite/port.ts';
import type { Answer } from '../../src/model/call.ts';
import type { Job } from '../../src/model/entities/job.ts';
import { makeMetaData } from '../../src/model/entities/mark.ts';
import { until } from '../support/until.ts';

/** One Buildkite with organization `acme`, pipeline `canary` and its step `integration`, which runs for a while and
 * whose last jobs took 10 s, nothing and 12.5 s (the newest). */
export interface BuildkiteBench {
  readonly buildkite: Buildkite;
  /** Lets an agent take the build's job; what happens by itself needs nothing. */
  start(build: BuildWithJobs): void;
  close(): Promise<void>;
}

const never = new AbortController().signal;
const NOBODY = '018f0000-0000-4000-8000-00000000dead';

/** The value of an answer, which must be one. */
export function valueOf<T>(answer: Answer<T>): T {
  if (!answer.ok) throw new Error(`${answer.trouble.kind}: ${answer.trouble.message}`);
  return answer.value;
}

/** What every Buildkite port must do: the fake and the client alike. */
export function buildkiteContract(name: string, setUp: () => Promise<BuildkiteBench>): void {
  describe(`Buildkite port: ${name}`, () => {
    let bench: BuildkiteBench;
    let buildkite: Buildkite;
    let created: BuildWithJobs;
    beforeAll(async () => {
      bench = await setUp();
      buildkite = bench.buildkite;
    }, 120_000);
    afterAll(() => bench.close());

    async function running(): Promise<Job> {
      return until('the job to run', async () => {
        const { jobs } = valueOf(await buildkite.build(created.build.id, never));
        return jobs.find((job) => job.state === 'running' && job.agentId !== null);
      });
    }

    test('the steps of a pipeline are given as its YAML', async () => {
      const steps = valueOf(await buildkite.pipelineSteps('acme', 'canary', never));
      expect(steps).toContain('key: integration');
      for (const [organization, slug] of [
        ['nobody', 'canary'],
        ['acme', 'nothing'],
      ] as const)
        expect(await buildkite.pipelineSteps(organization, slug, never)).toMatchObject({
          trouble: { kind: 'not-found' },
        });
    });

    test('a pipeline is found; an unknown organization and an unknown pipeline are told apart', async () => {
      const pipeline = valueOf(await buildkite.pipeline('acme', 'canary', 'main', never));
      expect(pipeline).toMatchObject({ slug: 'canary', stepKeys: ['integration'], dynamic: false });
      expect(pipeline.openBuilds).toEqual([]);
      expect(await buildkite.pipeline('nobody', 'canary', 'main', never)).toMatchObject({
        trouble: {
          kind: 'not-found',
          missing: 'organization',
          message: expect.stringContaining('organization "nobody"') as string,
        },
      });
      expect(await buildkite.pipeline('acme', 'nothing', 'main', never)).toMatchObject({
        trouble: { kind: 'not-found', message: expect.stringContaining('pipeline "nothing"') as string },
      });
    });

    test('the history of a step is what its last passed jobs took, newest first, as many as are wanted', async () => {
      const all = await buildkite.stepHistory('acme', 'canary', 'integration', 500, never);
      expect(valueOf(all)).toEqual({ durations: [12_500, 0, 10_000] });
      const last = await buildkite.stepHistory('acme', 'canary', 'integration', 2, never);
      expect(valueOf(last)).toEqual({ durations: [12_500, 0] });
      const other = await buildkite.stepHistory('acme', 'canary', 'nothing', 500, never);
      expect(valueOf(other)).toEqual({ durations: [] });
      expect(await buildkite.stepHistory('acme', 'nothing', 'integration', 5, never)).toMatchObject({
        trouble: { kind: 'not-found', message: expect.stringContaining('pipeline "nothing"') as string },
      });
    });

    test("a pipeline's past jobs are those with an end, newest first, each with its step and times", async () => {
      const { jobs, next } = valueOf(await buildkite.pastJobs('acme', 'canary', null, never));
      expect(next).toBeNull();
      expect(jobs.map(({ step, passed }) => [step, passed])).toEqual(Array(3).fill(['integration', true]));
      const took = jobs.map(({ startedAt, finishedAt }) => (finishedAt ?? 0) - (startedAt ?? 0));
      expect(took).toEqual([12_500, 0, 10_000]);
      expect(await buildkite.pastJobs('acme', 'nothing', null, never)).toMatchObject({
        trouble: { kind: 'not-found' },
      });
    });

    test('a build is created with its meta-data and found by it', async () => {
      const { nodeId } = valueOf(await buildkite.pipeline('acme', 'canary', 'main', never));
      const outcome = await buildkite.createBuild(
        {
          kind: 'create-build',
          pipeline: 'canary',
          pipelineNodeId: nodeId,
          branch: 'main',
          commit: 'HEAD',
          message: 'contract',
          env: { A: '1' },
          metaData: { 'gameday-drill': 'drill-1' },
        },
        never,
      );
      created = valueOf(outcome);
      expect(created.build).toMatchObject({ organization: 'acme', pipeline: 'canary', branch: 'main' });
      expect(created.build.metaData).toMatchObject({ 'gameday-drill': 'drill-1' });
      const found = valueOf(
        await buildkite.buildOfDrill('acme', 'canary', { drill: 'drill-1', nth: null }, never),
      );
      expect(found?.build.id).toBe(created.build.id);
      expect(
        valueOf(await buildkite.buildOfDrill('acme', 'canary', { drill: 'drill-2', nth: null }, never)),
      ).toBeNull();
    });

    test("the branch's open builds name the drill; another branch has none", async () => {
      const { number } = created.build;
      const ours = valueOf(await buildkite.pipeline('acme', 'canary', 'main', never));
      expect(ours.openBuilds).toMatchObject([{ number, drill: 'drill-1' }]);
      const other = valueOf(await buildkite.pipeline('acme', 'canary', 'other', never));
      expect(other.openBuilds).toEqual([]);
    });

    test('a build is read by slug and by UUID, with its jobs but without their histories', async () => {
      const slug = `acme/canary/${String(created.build.number)}`;
      const bySlug = valueOf(await buildkite.build(slug, never));
      const byUuid = valueOf(await buildkite.build(created.build.id, never));
      expect(bySlug.build.id).toBe(byUuid.build.id);
      expect(byUuid.build.jobsComplete).toBe(true);
      expect(byUuid.build.jobs).toEqual(byUuid.jobs.map((job) => job.id));
      expect(byUuid.jobs).toMatchObject([
        { stepKey: 'integration', events: null, buildId: created.build.id, buildSlug: slug },
      ]);
    });

    test('several builds are read together, each with its own answer', async () => {
      const [whole, nobody] = await buildkite.builds([created.build.id, NOBODY], never);
      const alone = valueOf(await buildkite.build(created.build.id, never));
      expect(whole).toMatchObject({ ok: true, value: { build: { id: alone.build.id } } });
      expect(whole?.ok === true && whole.value.jobs.map(({ id }) => id)).toEqual(alone.build.jobs);
      expect(nobody).toMatchObject({ ok: false, trouble: { kind: 'not-found' } });
      expect(await buildkite.builds([], never)).toEqual([]);
      const [aborted] = await buildkite.builds([created.build.id], AbortSignal.abort());
      expect(aborted).toMatchObject({ ok: false, trouble: { kind: 'aborted' } });
    });

    test('of several builds of one drill each is found by its own mark', async () => {
      const { nodeId } = valueOf(await buildkite.pipeline('acme', 'canary', 'main', never));
      const marks = [1, 2].map((nth) => ({ drill: 'drill-9', nth }));
      const ids: string[] = [];
      for (const mark of marks) {
        const call = {
          kind: 'create-build',
          pipeline: 'canary',
          pipelineNodeId: nodeId,
          branch: 'marked',
          commit: 'HEAD',
          message: 'contract',
          env: {},
          metaData: makeMetaData(mark),
        } as const;
        ids.push(valueOf(await buildkite.createBuild(call, never)).build.id);
      }
      const found = await Promise.all(
        [...marks, { drill: 'drill-9', nth: 3 }].map(async (mark) =>
          valueOf(await buildkite.buildOfDrill('acme', 'canary', mark, never)),
        ),
      );
      expect(found.map((one) => one?.build.id ?? null)).toEqual([...ids, null]);
    });

    test('the running job leads to its agent, its agent to the task, the tag back to the agent', async () => {
      bench.start(created);
      const listed = await running();
      const job = valueOf(await buildkite.job(listed.id, never));
      expect(job).toMatchObject({ stepKey: 'integration', buildId: created.build.id, exitStatus: null });
      expect(job.buildSlug).toBe(`acme/canary/${String(created.build.number)}`);
      expect(Array.isArray(job.events)).toBe(true);
      const { agent, jobs } = valueOf(await buildkite.agent('acme', listed.agentId ?? '', never));
      expect(agent).toMatchObject({ connection: 'connected', lostAt: null });
      expect(agent.jobs).toContain(job.id);
      expect(jobs.find((one) => one.id === job.id)?.buildId).toBe(created.build.id);
      const tag = `ecs:task-arn=${agent.tags['ecs:task-arn'] ?? ''}`;
      const tagged = valueOf(await buildkite.agentsWithTag('acme', tag, never));
      expect(tagged).toMatchObject({ agents: [{ id: agent.id }], complete: true });
      const none = valueOf(await buildkite.agentsWithTag('acme', 'ecs:task-arn=nothing', never));
      expect(none).toEqual({ agents: [], complete: true });
      const there = valueOf(await buildkite.agentsOnHost('acme', [agent.hostname ?? ''], never));
      expect(there.complete).toBe(true);
      expect(there.agents.map(({ id }) => id)).toContain(agent.id);
      const nobody = valueOf(await buildkite.agentsOnHost('acme', ['ip-192-0-2-1'], never));
      expect(nobody).toEqual({ agents: [], complete: true });
    });

    test('what does not exist is not found', async () => {
      expect(await buildkite.build('acme/canary/4711', never)).toMatchObject({
        trouble: { kind: 'not-found' },
      });
      expect(await buildkite.build(NOBODY, never)).toMatchObject({ trouble: { kind: 'not-found' } });
      expect(await buildkite.job(NOBODY, never)).toMatchObject({ trouble: { kind: 'not-found' } });
      expect(await buildkite.agent('acme', NOBODY, never)).toMatchObject({ trouble: { kind: 'not-found' } });
    });

    test('an aborted call is not sent', async () => {
      expect(await buildkite.job(NOBODY, AbortSignal.abort())).toMatchObject({
        trouble: { kind: 'aborted' },
      });
      const { id, nodeId } = created.build;
      const call = { kind: 'cancel-build', buildId: id, buildNodeId: nodeId } as const;
      expect(await buildkite.cancelBuild(call, AbortSignal.abort())).toMatchObject({
        ok: false,
        certainty: 'refused',
      });
      expect(valueOf(await buildkite.build(id, never)).build.state).not.toMatch(/cancel/);
    });

    test('a job that runs is no history yet', async () => {
      await running();
      const { durations } = valueOf(await buildkite.stepHistory('acme', 'canary', 'integration', 500, never));
      expect(durations).toHaveLength(3);
    });

    test('a build is canceled', async () => {
      const { id, nodeId } = created.build;
      const call = { kind: 'cancel-build', buildId: id, buildNodeId: nodeId } as const;
      expect(await buildkite.cancelBuild(call, never)).toEqual({ ok: true, value: null });
      const { build } = valueOf(await buildkite.build(id, never));
      expect(['canceling', 'canceled']).toContain(build.state);
    });
  });
}
