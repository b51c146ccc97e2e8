import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Buildkite, BuildWithJobs } from '../../src/buildkite/port.ts';
import type { Answer } from '../../src/model/answer.ts';
import type { Job } from '../../src/model/entities/job.ts';
import { makeMetaData } from '../../src/model/entities/mark.ts';
import { until } from '../support/until.ts';

/** One Buildkite with organization `acme`, pipeline `canary` and its step `integration`, which runs for a while and
 * labelled `:test_tube: Integration`,
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

    test('every answer tells what is left of the budget, and what it took; that is asked without a request', async () => {
      const before = buildkite.budget();
      valueOf(await buildkite.pipeline('acme', 'canary', 'main', never));
      const { user, organization, points, requests, recent, lowest } = buildkite.budget();
      expect(requests).toBe(before.requests + 1);
      expect(points).toBeGreaterThan(before.points);
      expect(recent).toBeLessThanOrEqual(points);
      expect(user?.limit).toBe(5_000);
      expect(organization?.limit).toBe(20_000);
      expect(user?.remaining).toBeLessThan(5_000);
      expect(lowest).toEqual({ user: user?.remaining, organization: organization?.remaining });
      expect(user?.resetsIn).toBeLessThanOrEqual(300_000);
      expect(buildkite.budget().requests).toBe(requests);
    });

    async function running(): Promise<Job> {
      return until('the job to run', async () => {
        const { jobs } = valueOf(await buildkite.build(created.build.id, 'all', never));
        return jobs.find((job) => job.state === 'running' && job.agentId !== null);
      });
    }

    test('the user of the token is named', async () => {
      expect(valueOf(await buildkite.viewer(never))).toEqual({
        name: expect.stringMatching(/./) as string,
        email: expect.stringContaining('@') as string,
      });
    });

    test("an organization's pipelines are listed by their slugs, and an unknown one is not found", async () => {
      expect(valueOf(await buildkite.pipelineSlugs('acme', never))).toContain('canary');
      expect(await buildkite.pipelineSlugs('nobody', never)).toMatchObject({
        trouble: { kind: 'not-found', missing: 'organization' },
      });
    });

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
      for (const step of ['int*', { label: ':test_tube: Integration' }, { label: '*Integration' }])
        expect(valueOf(await buildkite.stepHistory('acme', 'canary', step, 500, never))).toEqual(
          valueOf(all),
        );
      for (const step of ['*Integration', { label: 'integration' }, { label: 'Integration' }])
        expect(valueOf(await buildkite.stepHistory('acme', 'canary', step, 500, never))).toEqual({
          durations: [],
        });
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

    test('without a branch, the default branch of the pipeline is taken, with its open builds', async () => {
      const call = {
        kind: 'create-build',
        pipeline: 'nightly',
        commit: 'HEAD',
        message: 'm',
        env: {},
      } as const;
      const { nodeId, branch } = valueOf(await buildkite.pipeline('acme', 'nightly', null, never));
      expect(branch).toBe('trunk');
      const metaData = { 'gameday-drill': 'drill-4' };
      await buildkite.createBuild({ ...call, pipelineNodeId: nodeId, branch, metaData }, never);
      const { openBuilds } = valueOf(await buildkite.pipeline('acme', 'nightly', null, never));
      expect(openBuilds).toMatchObject([{ drill: 'drill-4' }]);
      expect(valueOf(await buildkite.pipeline('acme', 'nightly', 'main', never))).toMatchObject({
        branch: 'main',
        defaultBranch: 'trunk',
        openBuilds: [],
      });
      expect(valueOf(await buildkite.pipeline('acme', 'canary', null, never)).branch).toBe('main');
    });

    test('the builds that trigger steps started are known by their UUIDs', async () => {
      const call = {
        kind: 'create-build',
        pipeline: 'parent',
        commit: 'HEAD',
        message: 'm',
        env: {},
      } as const;
      const parent = valueOf(await buildkite.pipeline('acme', 'parent', null, never));
      expect(parent.triggers).toEqual([{ pipeline: 'nightly', branch: null }]);
      const more = { pipelineNodeId: parent.nodeId, branch: 'main', metaData: {} };
      const { build } = valueOf(await buildkite.createBuild({ ...call, ...more }, never));
      const [child, ...others] = valueOf(await buildkite.triggeredBuilds(build.id, never));
      expect(others).toEqual([]);
      const started = valueOf(await buildkite.build(child ?? '', 'all', never)).build;
      expect(started).toMatchObject({ pipeline: 'nightly', branch: 'trunk' });
      expect(valueOf(await buildkite.triggeredBuilds(started.id, never))).toEqual([]);
      expect(await buildkite.triggeredBuilds(NOBODY, never)).toMatchObject({
        trouble: { kind: 'not-found' },
      });
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
      const bySlug = valueOf(await buildkite.build(slug, 'all', never));
      const byUuid = valueOf(await buildkite.build(created.build.id, 'all', never));
      expect(bySlug.build.id).toBe(byUuid.build.id);
      expect(byUuid.build.jobsComplete).toBe(true);
      expect(byUuid.build.jobs).toEqual(byUuid.jobs.map((job) => job.id));
      expect(byUuid.jobs).toMatchObject([
        { stepKey: 'integration', events: null, buildId: created.build.id, buildSlug: slug },
      ]);
    });

    test('of some steps only their jobs are listed; of none, the build is read alone', async () => {
      const { id, number } = created.build;
      const whole = valueOf(await buildkite.build(id, 'all', never));
      const step = valueOf(await buildkite.build(id, ['integration'], never));
      // The rig's agent works on meanwhile: what the job is doing may differ, not which one it is.
      const still = ({ id, stepKey, label, buildId }: Job) => ({ id, stepKey, label, buildId });
      expect(step.jobs.map(still)).toEqual(whole.jobs.map(still));
      expect(step.build).toMatchObject({ number, organization: 'acme', pipeline: 'canary' });
      expect(step.build).toMatchObject({ jobs: null, jobsComplete: false, metaData: null });
      const both = valueOf(await buildkite.build(id, ['other', 'integration'], never));
      expect(both.jobs.map(still)).toEqual(whole.jobs.map(still));
      expect(valueOf(await buildkite.build(id, ['other'], never)).jobs).toEqual([]);
      const alone = valueOf(await buildkite.build(`acme/canary/${String(number)}`, [], never));
      expect(alone.jobs).toEqual([]);
      const { state, rawState, startedAt } = alone.build;
      const doing = { state, rawState, startedAt };
      expect(alone.build).toEqual({ ...whole.build, ...doing, jobs: null, jobsComplete: false });
      const [one, nobody] = await buildkite.builds([id, NOBODY], ['integration'], never);
      expect(one).toMatchObject({
        ok: true,
        value: { build: { jobs: null }, jobs: [{ id: step.jobs[0]?.id }] },
      });
      expect(nobody).toMatchObject({ trouble: { kind: 'not-found' } });
    });

    test('several builds are read together, each with its own answer', async () => {
      const [whole, nobody] = await buildkite.builds([created.build.id, NOBODY], 'all', never);
      const alone = valueOf(await buildkite.build(created.build.id, 'all', never));
      expect(whole).toMatchObject({ ok: true, value: { build: { id: alone.build.id } } });
      expect(whole?.ok === true && whole.value.jobs.map(({ id }) => id)).toEqual(alone.build.jobs);
      expect(nobody).toMatchObject({ ok: false, trouble: { kind: 'not-found' } });
      expect(await buildkite.builds([], 'all', never)).toEqual([]);
      const [aborted] = await buildkite.builds([created.build.id], 'all', AbortSignal.abort());
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
      const all = valueOf(await buildkite.agents('acme', never));
      expect(all.complete).toBe(true);
      expect(all.agents.map(({ id }) => id)).toContain(agent.id);
      expect(await buildkite.agents('nobody', never)).toMatchObject({
        trouble: { kind: 'not-found', missing: 'organization' },
      });
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
      expect(valueOf(await buildkite.build(id, 'all', never)).build.state).not.toMatch(/cancel/);
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
      const { build } = valueOf(await buildkite.build(id, 'all', never));
      expect(['canceling', 'canceled']).toContain(build.state);
    });
  });
}
