import { afterEach, describe, expect, it } from 'vitest';
import { field, openBench, someText, textWith, until } from './buildkite-bench.ts';
import type { Bench } from './buildkite-bench.ts';
import { handAgent } from './buildkite-hand-agent.ts';
import type { HandAgent, HandJob } from './buildkite-hand-agent.ts';

const BUILD = `query B($uuid: ID) { build(uuid: $uuid) {
  state blockedState startedAt failingAt finishedAt
  jobs(first: 50) { edges { node { __typename
    ... on JobTypeCommand { uuid state passed softFailed exitStatus retried retryType retriesCount label command
      parallelGroupIndex step { key } retrySource { ... on JobTypeCommand { uuid } } retriedBy { name }
      events(first: 50) { edges { node { __typename type actor { type } ... on JobEventRetried { retriedInJob { uuid } automaticRule { exitStatus } } } } } }
    ... on JobTypeWait { state } ... on JobTypeBlock { id state isUnblockable }
  } } } } }`;

describe("Buildkite's builds and jobs in the rig", () => {
  let bench: Bench;
  afterEach(() => bench.close());

  async function shown(uuid: string): Promise<unknown> {
    return field((await bench.query(BUILD, { uuid })).data, 'build');
  }

  /** Jobs in the order of their creation. */
  async function jobsOf(uuid: string): Promise<readonly unknown[]> {
    const edges = field(await shown(uuid), 'jobs', 'edges');
    return Array.isArray(edges) ? edges.map((edge) => field(edge, 'node')).reverse() : [];
  }

  async function states(uuid: string): Promise<readonly unknown[]> {
    return (await jobsOf(uuid)).map((job) => field(job, 'state'));
  }

  async function run(agent: HandAgent, exitStatus: string, more = {}): Promise<HandJob> {
    const job = await agent.take();
    await job.start();
    await job.finish(exitStatus, more);
    return job;
  }

  it('BK-10: SCHEDULED, ASSIGNED, ACCEPTED, RUNNING, FINISHED; only start puts a job in flight', async () => {
    bench = await openBench({ canary: 'steps: [{ key: one, command: "true" }]' });
    const uuid = await bench.create();
    expect(await states(uuid)).toEqual(['SCHEDULED']);
    const agent = await handAgent(bench);
    expect(await states(uuid)).toEqual(['ASSIGNED']);
    const job = await agent.take();
    expect(await states(uuid)).toEqual(['ACCEPTED']);
    expect(bench.log.some(({ event }) => event === 'job-started')).toBe(false);
    expect(field(await shown(uuid), 'state')).toBe('SCHEDULED');
    expect(await job.start()).toBe(200);
    expect(await states(uuid)).toEqual(['RUNNING']);
    expect(field(await shown(uuid), 'state')).toBe('RUNNING');
    expect(await job.finish('0')).toBe(200);
    expect(await job.finish('0')).toBe(422);
    expect(await shown(uuid)).toMatchObject({ state: 'PASSED', finishedAt: someText });
  });

  it('BK-11: wait, block and depends_on hold what follows', async () => {
    const yaml = `
steps:
  - { key: a, command: "true" }
  - wait
  - { key: b, command: "true" }
  - { block: Go on? }
  - { key: c, command: "true" }
  - { key: free, command: "true", depends_on: a }
  - { key: after, command: "true", depends_on: [{ step: c, allow_failure: true }] }`;
    bench = await openBench({ canary: yaml });
    const agent = await handAgent(bench);
    const uuid = await bench.create();
    expect(await states(uuid)).toEqual([
      'ASSIGNED',
      'WAITING',
      'WAITING',
      'BLOCKED',
      'WAITING',
      'WAITING',
      'WAITING',
    ]);
    await run(agent, '0');
    await run(agent, '0');
    await run(agent, '0');
    expect(await states(uuid)).toEqual([
      'FINISHED',
      'FINISHED',
      'FINISHED',
      'BLOCKED',
      'WAITING',
      'FINISHED',
      'WAITING',
    ]);
    expect(await shown(uuid)).toMatchObject({ state: 'BLOCKED', blockedState: 'PASSED' });
    await bench.rig.do({ do: 'unblock' });
    await run(agent, '1');
    expect(await shown(uuid)).toMatchObject({ state: 'FAILING', failingAt: someText });
    await run(agent, '0');
    expect(field(await shown(uuid), 'state')).toBe('FAILED');
  });

  it('BK-11: a failure before a wait ends what follows, and a retry by hand reopens it', async () => {
    bench = await openBench({
      canary: 'steps: [{ key: a, command: "true" }, wait, { key: b, command: "true" }]',
    });
    const agent = await handAgent(bench);
    const uuid = await bench.create();
    await run(agent, '3');
    expect(await states(uuid)).toEqual(['FINISHED', 'WAITING_FAILED', 'WAITING_FAILED']);
    expect(field(await shown(uuid), 'state')).toBe('FAILED');
    await bench.rig.do({ do: 'retry-job', step: 'a' });
    expect(await shown(uuid)).toMatchObject({ finishedAt: null, startedAt: null });
    await run(agent, '0');
    await run(agent, '0');
    expect(field(await shown(uuid), 'state')).toBe('PASSED');
    const [first, , , second] = await jobsOf(uuid);
    expect(first).toMatchObject({ retried: true, retryType: null, retriedBy: { name: 'Another user' } });
    expect(second).toMatchObject({
      retryType: 'MANUAL',
      retriesCount: 1,
      retrySource: { uuid: field(first, 'uuid') },
    });
    const event = field(first, 'events', 'edges', 5, 'node');
    expect(event).toMatchObject({ __typename: 'JobEventRetried', type: 'RETRIED', actor: { type: 'USER' } });
  });

  it('BK-12: a soft failure does not redden the build', async () => {
    bench = await openBench({
      canary: 'steps: [{ key: a, command: "true", soft_fail: [{ exit_status: 9 }] }]',
    });
    const agent = await handAgent(bench);
    const [soft, hard] = [await bench.create(), await bench.create()];
    await run(agent, '9');
    expect(await shown(soft)).toMatchObject({ state: 'PASSED' });
    expect((await jobsOf(soft))[0]).toMatchObject({ passed: false, softFailed: true });
    await run(agent, '1');
    expect(await shown(hard)).toMatchObject({ state: 'FAILED' });
  });

  it('BK-13: the first rule that matches retries, each to its own limit, and "*" leaves out -1', async () => {
    const rules =
      '[{ exit_status: 5, limit: 1 }, { exit_status: "*", limit: 1 }, { signal_reason: agent_stop, limit: 1 }]';
    bench = await openBench({
      canary: `steps: [{ key: a, command: "true", retry: { automatic: ${rules} } }]`,
    });
    const agent = await handAgent(bench);
    const one = await bench.create();
    for (const exit of ['5', '6']) await run(agent, exit);
    await run(agent, '5');
    expect((await jobsOf(one)).map((job) => field(job, 'retried'))).toEqual([true, true, false]);
    const event = field((await jobsOf(one))[0], 'events', 'edges', 5, 'node');
    expect(event).toMatchObject({
      type: 'RETRIED',
      actor: { type: 'SYSTEM' },
      automaticRule: { exitStatus: '5' },
    });
    expect(field(event, 'retriedInJob', 'uuid')).toBe(field((await jobsOf(one))[1], 'uuid'));
    const two = await bench.create();
    await run(agent, '-1', { signal: 'SIGTERM', signal_reason: 'agent_stop' });
    await run(agent, '-1');
    expect((await jobsOf(two)).map((job) => field(job, 'retried'))).toEqual([true, false]);
    expect(field(await shown(two), 'state')).toBe('FAILED');
  });

  it('BK-13: knob rulesWithoutExitStatus: a rule that names a reason alone matches -1, or does not', async () => {
    const canary =
      'steps: [{ key: a, command: "true", retry: { automatic: { signal_reason: agent_stop, limit: 1 } } }]';
    const retried: unknown[] = [];
    for (const rulesWithoutExitStatus of ['match-minus-one', 'leave-out-minus-one']) {
      bench = await openBench({ canary }, { knobs: { rulesWithoutExitStatus } });
      const agent = await handAgent(bench);
      for (const exit of ['-1', '255']) {
        const uuid = await bench.create();
        await run(agent, exit, { signal: 'SIGTERM', signal_reason: 'agent_stop' });
        retried.push((await jobsOf(uuid)).map((job) => field(job, 'retried')));
        if (retried.at(-1) instanceof Array && field(retried.at(-1), 0) === true) await run(agent, '0');
      }
      if (rulesWithoutExitStatus === 'match-minus-one') await bench.close();
    }
    expect(retried).toEqual([[true, false], [true, false], [false], [true, false]]);
  });

  it('BK-13: "automatic: true" does not rescue a job whose agent was lost', async () => {
    bench = await openBench({ canary: 'steps: [{ key: a, command: "true", retry: { automatic: true } }]' });
    const agent = await handAgent(bench);
    const uuid = await bench.create();
    await run(agent, '-1');
    expect(await jobsOf(uuid)).toMatchObject([{ retried: false, exitStatus: '-1' }]);
  });

  it('BK-14: knob retriedJobsListed: superseded attempts may be missing from a build', async () => {
    const yaml = 'steps: [{ key: a, command: "true", retry: { automatic: true } }]';
    bench = await openBench({ canary: yaml }, { knobs: { retriedJobsListed: false } });
    const agent = await handAgent(bench);
    const uuid = await bench.create();
    const first = await run(agent, '1');
    await run(agent, '0');
    const jobs = await jobsOf(uuid);
    expect(jobs).toMatchObject([{ state: 'FINISHED', passed: true, retrySource: { uuid: first.id } }]);
  });

  it('BK-15: a running job that is canceled goes over CANCELING, and no rule retries it', async () => {
    bench = await openBench({
      canary: 'steps: [{ key: a, command: "true", retry: { automatic: { exit_status: -1 } } }]',
    });
    const agent = await handAgent(bench);
    const uuid = await bench.create();
    const job = await agent.take();
    await job.start();
    const id = Buffer.from(`Job---${job.id}`).toString('base64');
    const text =
      'mutation C($id: ID!) { jobTypeCommandCancel(input: { id: $id }) { jobTypeCommand { state } } }';
    expect((await bench.query(text, { id })).data).toMatchObject({
      jobTypeCommandCancel: { jobTypeCommand: { state: 'CANCELING' } },
    });
    expect(await job.state()).toBe('canceling');
    await job.finish('-1', { signal: 'SIGTERM', signal_reason: 'cancel' });
    const jobs = await jobsOf(uuid);
    expect(jobs).toMatchObject([{ state: 'CANCELED', retried: false }]);
    expect(field(jobs[0], 'events', 'edges', 4, 'node')).toMatchObject({
      type: 'CANCELATION',
      actor: { type: 'USER' },
    });
    expect(field(jobs[0], 'events', 'edges', 5, 'node')).toMatchObject({
      __typename: 'JobEventCanceled',
      type: 'CANCELED',
    });
  });

  it('BK-16: a job that outlives its step time-out goes over TIMING_OUT to TIMED_OUT', async () => {
    bench = await openBench({ canary: 'steps: [{ key: a, command: "true", timeout_in_minutes: 0.003 }]' });
    const agent = await handAgent(bench);
    const uuid = await bench.create();
    const job = await agent.take();
    await job.start();
    await until('the time-out', async () => ((await job.state()) === 'timing_out' ? true : undefined));
    await job.finish('-1', { signal: 'SIGTERM', signal_reason: 'cancel' });
    expect(await jobsOf(uuid)).toMatchObject([{ state: 'TIMED_OUT' }]);
    expect(field(await shown(uuid), 'state')).toBe('FAILED');
  });

  it('BK-16: agents know the states of a time-out since 3.127.0; older ones are told canceling', async () => {
    bench = await openBench({ canary: 'steps: [{ key: a, command: "true", timeout_in_minutes: 0.003 }]' });
    for (const [version, told] of [
      ['3.126.2', 'canceling'],
      ['3.127.0', 'timing_out'],
    ] as const) {
      const agent = await handAgent(bench, [], version, { version });
      await bench.create();
      const job = await agent.take();
      await job.start();
      const state = await until('the time-out', async () => {
        const seen = await job.state();
        return seen === 'running' ? undefined : seen;
      });
      expect([version, state]).toEqual([version, told]);
      await job.finish('-1', { signal: 'SIGTERM', signal_reason: 'cancel' });
      await agent.call('POST', '/disconnect');
      agent.fallSilent();
    }
  });

  it('BK-18: an attribute that is not modelled is refused by name, with its place', async () => {
    bench = await openBench({ canary: 'steps: [{ command: "true" }]' });
    const refusal = (yaml: string): Promise<unknown> =>
      openBench({ canary: yaml }).then(
        (other) => other.close(),
        (error: unknown) => error,
      );
    const unknown = await refusal('steps:\n  - command: "true"\n    cache: x\n');
    expect(unknown).toMatchObject({
      kind: 'bad-input',
      message: textWith('canary.yaml:3:5: step 1: "cache" is not modelled'),
    });
    expect(await refusal('steps:\n  - trigger: other\n')).toMatchObject({
      message: textWith('triggers "other"'),
    });
    expect(await refusal('')).toMatchObject({ message: textWith('"steps"') });
    expect(await refusal('steps: [{ command: a, depends_on: b }]')).toMatchObject({
      message: textWith('"b"'),
    });
  });

  it('BK-73: the agent gets the plugins of a step with their configurations, and the step needs no command', async () => {
    const plugins = '[./docker: { image: node, tags: [1, 2] }, ./cache]';
    bench = await openBench({ canary: `steps: [{ key: one, plugins: ${plugins} }]` });
    const agent = await handAgent(bench);
    await bench.create();
    const { env } = await agent.take();
    expect(JSON.parse(String(field(env, 'BUILDKITE_PLUGINS')))).toEqual([
      { './docker': { image: 'node', tags: [1, 2] } },
      './cache',
    ]);
    expect(field(env, 'BUILDKITE_COMMAND')).toBe('');
  });

  it('BK-19: parallelism and a simple matrix make one job each', async () => {
    const yaml =
      'steps: [{ key: p, command: "true", parallelism: 2 }, { key: m, command: "echo {{matrix}}", matrix: [x, y] }]';
    bench = await openBench({ canary: yaml });
    const agent = await handAgent(bench);
    const uuid = await bench.create();
    const jobs = await jobsOf(uuid);
    expect(jobs.map((job) => field(job, 'parallelGroupIndex'))).toEqual([0, 1, null, null]);
    expect(jobs.map((job) => field(job, 'command'))).toEqual(['true', 'true', 'echo x', 'echo y']);
    const job = await agent.take();
    expect(job.env).toMatchObject({
      BUILDKITE_PARALLEL_JOB: '0',
      BUILDKITE_PARALLEL_JOB_COUNT: '2',
      BUILDKITE_COMMAND: 'true',
    });
  });
});
