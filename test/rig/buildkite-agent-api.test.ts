import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { field, openBench, someText } from './buildkite-bench.ts';
import type { Bench } from './buildkite-bench.ts';
import { handAgent } from './buildkite-hand-agent.ts';
import type { HandAgent, HandJob } from './buildkite-hand-agent.ts';

const ONE = 'steps: [{ key: one, command: "true", env: { MINE: "1" } }]';

const JOB = `query J($uuid: ID!) { job(uuid: $uuid) { ... on JobTypeCommand {
  state exitStatus passed agent { uuid } events(first: 50) { edges { node { __typename type } } } } } }`;

describe("Buildkite's Agent API in the rig", () => {
  let bench: Bench;
  afterEach(() => bench.close());

  async function inFlight(
    tags: readonly string[] = [],
  ): Promise<{ readonly agent: HandAgent; readonly job: HandJob }> {
    const agent = await handAgent(bench, tags);
    await bench.create();
    const job = await agent.take();
    await job.start();
    return { agent, job };
  }

  async function agentField(agent: HandAgent): Promise<unknown> {
    const fields = 'connectionState lostAt disconnectedAt stoppedGracefullyAt stoppedGracefullyBy { name }';
    return field(
      (await bench.query(`query A { agent(slug: "acme/${agent.id}") { ${fields} } }`)).data,
      'agent',
    );
  }

  it('BK-20: registration gives a session and intervals above 0, and BK-22: acceptance gives the whole job', async () => {
    bench = await openBench({ canary: ONE });
    const raw: unknown = await (
      await bench.agentCall('POST', '/register', bench.rig.agentToken, { name: '%hostname-1', hostname: 'h' })
    ).json();
    expect(raw).toMatchObject({
      name: 'h-1',
      endpoint: '',
      ping_interval: 1,
      job_status_interval: 1,
      heartbeat_interval: 1,
    });
    const agent = await handAgent(bench, ['ecs:task-arn=arn:x']);
    await bench.create();
    const job = await agent.take();
    expect(job.env).toMatchObject({
      MINE: '1',
      BUILDKITE_STEP_KEY: 'one',
      BUILDKITE_AGENT_META_DATA_ECS_TASK_ARN: 'arn:x',
    });
    for (const key of [
      'JOB_ID',
      'REPO',
      'COMMIT',
      'BRANCH',
      'AGENT_NAME',
      'ORGANIZATION_SLUG',
      'PIPELINE_SLUG',
      'PIPELINE_PROVIDER',
      'COMMAND',
    ]) {
      expect(field(job.env, `BUILDKITE_${key}`), key).toMatch(/./);
    }
    expect((await agent.call('PUT', `/jobs/${job.id}/accept`)).status).toBe(422);
  });

  it('BK-24: a log is kept, in its order', async () => {
    bench = await openBench({ canary: ONE });
    const { job } = await inFlight();
    for (const [sequence, text] of [
      [2, 'world'],
      [1, 'hello '],
    ] as const) {
      const answer = await fetch(
        `${bench.rig.url}/v3/jobs/${job.id}/chunks?sequence=${sequence}&offset=0&size=5`,
        {
          method: 'POST',
          headers: {
            authorization: `Token ${job.token}`,
            'content-type': 'text/plain',
            'content-encoding': 'gzip',
          },
          body: gzipSync(text),
        },
      );
      expect(answer.status).toBe(201);
    }
    expect(await bench.rig.do({ do: 'log', step: 'one' })).toBe('hello world');
  });

  it('BK-27: an agent that reports its drain is stopping, gets nothing more, and ends stopped', async () => {
    bench = await openBench({ canary: ONE });
    const { agent, job } = await inFlight();
    await bench.create();
    await agent.call('POST', '/stop', {});
    expect(await agentField(agent)).toMatchObject({
      connectionState: 'STOPPING',
      stoppedGracefullyAt: someText,
      stoppedGracefullyBy: null,
    });
    await job.finish('0');
    expect((await agent.call('GET', '/ping')).body).toEqual({});
    await agent.call('POST', '/disconnect', {});
    expect(await agentField(agent)).toMatchObject({
      connectionState: 'STOPPED',
      lostAt: null,
      disconnectedAt: someText,
    });
  });

  it('BK-27: knobs gracefulReport and drainedAgentEnds', async () => {
    bench = await openBench(
      { canary: ONE },
      { knobs: { gracefulReport: 'off', drainedAgentEnds: 'stopped', connectionState: 'lower' } },
    );
    const agent = await handAgent(bench);
    expect((await agent.call('POST', '/stop', {})).status).toBe(200);
    expect(await agentField(agent)).toMatchObject({
      connectionState: 'connected',
      stoppedGracefullyAt: null,
    });
    await agent.call('POST', '/disconnect', {});
    expect(await agentField(agent)).toMatchObject({ connectionState: 'stopped' });
  });

  it('BK-28: a user stops an agent: its ping says disconnect, and the user is named', async () => {
    bench = await openBench({ canary: ONE });
    const { agent, job } = await inFlight();
    await bench.rig.do({ do: 'stop-agent', graceful: true, step: 'one' });
    expect(await job.state()).toBe('running');
    expect((await agent.call('GET', '/ping')).body).toMatchObject({ action: 'disconnect' });
    expect(await agentField(agent)).toMatchObject({
      connectionState: 'STOPPING',
      stoppedGracefullyBy: { name: 'Another user' },
    });
    await bench.rig.do({ do: 'stop-agent', graceful: false, agent: agent.id });
    expect(await job.state()).toBe('canceling');
  });

  it('BK-29: what is not modelled is 404, streaming pings too', async () => {
    bench = await openBench({ canary: ONE });
    const stream = await fetch(`${bench.rig.url}/agentedge.v1.AgentEdgeService/StreamPings`, {
      method: 'POST',
    });
    expect(stream.status).toBe(404);
    const agent = await handAgent(bench);
    expect((await agent.call('POST', '/oidc')).status).toBe(404);
  });

  it('BK-32: meta-data, annotations and uploaded steps belong to the build', async () => {
    bench = await openBench({
      canary: 'steps: [{ key: one, command: "true" }, wait, { key: last, command: "true" }]',
    });
    const { agent, job } = await inFlight();
    const post = async (path: string, body: unknown): Promise<{ status: number; body: unknown }> =>
      agent.call('POST', `/jobs/${job.id}${path}`, body, job.token);
    expect((await post('/data/get', { key: 'k' })).status).toBe(404);
    await post('/data/set', { key: 'k', value: 'v' });
    expect((await post('/data/get', { key: 'k' })).body).toEqual({ key: 'k', value: 'v' });
    expect((await post('/data/exists', { key: 'k' })).body).toEqual({ exists: true });
    expect((await post('/annotations', { body: 'hi', context: 'c' })).status).toBe(201);
    const steps = { steps: [{ key: 'uploaded', command: 'true' }] };
    expect((await post('/pipelines?async=true', { uuid: 'u', pipeline: steps, replace: false })).status).toBe(
      200,
    );
    expect((await post('/pipelines', { uuid: 'u', pipeline: { steps: [{ input: 'x' }] } })).status).toBe(422);
    await job.finish('0');
    const next = await agent.take();
    expect(next.env).toMatchObject({ BUILDKITE_STEP_KEY: 'uploaded' });
  });

  it('BK-72: an annotation has a body below 1 MiB, a context of 100 characters at most and a known style', async () => {
    bench = await openBench({ canary: ONE });
    const { agent, job } = await inFlight();
    const annotate = async (body: object): Promise<number> =>
      (await agent.call('POST', `/jobs/${job.id}/annotations`, body, job.token)).status;
    expect(await annotate({ body: 'é'.repeat(512 * 1024), context: 'c' })).toBe(400);
    expect(await annotate({ body: 'hi', context: 'c'.repeat(101) })).toBe(400);
    expect(await annotate({ body: 'hi', context: 'c', style: 'green' })).toBe(400);
    expect(await bench.rig.do({ do: 'annotations' })).toEqual([]);
    expect(await annotate({ body: 'hi', context: 'c'.repeat(100), style: 'error' })).toBe(201);
    expect(await bench.rig.do({ do: 'annotations' })).toEqual([
      { context: 'c'.repeat(100), style: 'ERROR', body: 'hi' },
    ]);
  });

  it('BK-57: an upload has at most 500 jobs, and no key that the build has', async () => {
    bench = await openBench({ canary: ONE });
    const { agent, job } = await inFlight();
    const upload = async (step: object, count: number): Promise<number> => {
      const pipeline = { steps: Array.from({ length: count }, () => ({ command: 'true', ...step })) };
      return (await agent.call('POST', `/jobs/${job.id}/pipelines`, { uuid: 'u', pipeline }, job.token))
        .status;
    };
    expect(await upload({}, 501)).toBe(422);
    expect(await upload({ parallelism: 251 }, 2)).toBe(422);
    expect(await upload({ key: 'one' }, 1)).toBe(422);
    expect(await upload({ parallelism: 250 }, 2)).toBe(200);
  });

  it('BK-40: silence alone loses an agent, and BK-41: then its job calls are 401 and its heartbeat 404', async () => {
    bench = await openBench({ canary: ONE }, { lostAfterMs: 2000 });
    const { agent, job } = await inFlight(['ecs:task-arn=arn:y']);
    agent.fallSilent();
    const lost = await bench.happened('job-lost');
    expect(lost).toMatchObject({ step: 'one', jobId: job.id, agentId: agent.id, taskArn: 'arn:y' });
    const { data } = await bench.query(JOB, { uuid: job.id });
    expect(field(data, 'job')).toMatchObject({ state: 'FINISHED', exitStatus: '-1', passed: false });
    const last = field(data, 'job', 'events', 'edges', 4, 'node');
    expect(last).toEqual({ __typename: 'JobEventGeneric', type: 'AGENT_LOST' });
    expect(await agentField(agent)).toMatchObject({
      connectionState: 'LOST',
      lostAt: someText,
      disconnectedAt: null,
    });
    expect((await agent.call('GET', `/jobs/${job.id}`, undefined, job.token)).status).toBe(401);
    expect(await job.finish('0')).toBe(401);
    expect((await agent.call('POST', '/heartbeat', { sent_at: 'x' })).status).toBe(404);
    const listed = await bench.query(
      'query L { organization(slug: "acme") { agents(first: 10) { edges { node { uuid } } } } }',
    );
    expect(field(listed.data, 'organization', 'agents', 'edges')).toEqual([]);
  });

  it('BK-40: a heartbeat keeps an agent', async () => {
    bench = await openBench({ canary: ONE }, { lostAfterMs: 3000 });
    const silent = await handAgent(bench, [], 'silent');
    const alive = await handAgent(bench, [], 'alive');
    silent.fallSilent();
    expect(await bench.happened('agent-lost')).toMatchObject({ agentId: silent.id });
    expect(await agentField(alive)).toMatchObject({ connectionState: 'CONNECTED' });
  });

  it('BK-40: only heartbeats are signs of life: pings and job calls keep no agent', async () => {
    bench = await openBench({ canary: ONE }, { lostAfterMs: 2000 });
    const { agent, job } = await inFlight();
    agent.fallSilent();
    const calls = setInterval(() => {
      void agent.call('GET', '/ping').catch(() => undefined);
      void job.state().catch(() => undefined);
    }, 100);
    try {
      expect(await bench.happened('job-lost')).toMatchObject({ jobId: job.id });
    } finally {
      clearInterval(calls);
    }
  });

  it('BK-45: an agent whose heartbeats are cut is given up though it pings and calls', async () => {
    bench = await openBench({ canary: ONE }, { lostAfterMs: 2000 });
    const { agent, job } = await inFlight();
    await bench.rig.do({ do: 'cut-heartbeats', step: 'one' });
    expect((await agent.call('POST', '/heartbeat', { sent_at: 'x' })).status).toBe(200);
    expect(await bench.happened('agent-lost')).toMatchObject({ agentId: agent.id });
    expect(await job.finish('0')).toBe(401);
  });

  it('BK-45: an agent whose heartbeats are refused is not given up, and can finish', async () => {
    bench = await openBench({ canary: ONE });
    const { agent, job } = await inFlight();
    await bench.rig.do({ do: 'refuse-heartbeats', step: 'one' });
    expect((await agent.call('POST', '/heartbeat', { sent_at: 'x' })).status).toBe(404);
    expect(await job.finish('0')).toBe(200);
  });

  it('BK-42: the knobs of a loss', async () => {
    const knobs = {
      lossEvent: 'AGENT_DISCONNECTED',
      agentLostType: 'finished',
      lostDisconnectedAt: 'set',
      lostAgentBySlug: 'null',
    };
    bench = await openBench({ canary: ONE }, { lostAfterMs: 1500, knobs });
    const { agent, job } = await inFlight();
    agent.fallSilent();
    await bench.happened('job-lost');
    expect(await agentField(agent)).toBeNull();
    const { data } = await bench.query(JOB, { uuid: job.id });
    expect(field(data, 'job', 'events', 'edges', 4, 'node')).toEqual({
      __typename: 'JobEventFinished',
      type: 'AGENT_DISCONNECTED',
    });
    const through = await bench.query(
      `query J { job(uuid: "${job.id}") { ... on JobTypeCommand { agent { disconnectedAt } } } }`,
    );
    expect(field(through.data, 'job', 'agent', 'disconnectedAt')).toEqual(someText);
  });

  it('BK-43: a job that its agent never started goes back into the queue when the agent leaves', async () => {
    bench = await openBench({ canary: ONE });
    const leaving = await handAgent(bench, [], 'leaving');
    await bench.create();
    await leaving.call('POST', '/disconnect', {});
    const staying = await handAgent(bench, [], 'staying');
    const job = await staying.take();
    const { data } = await bench.query(JOB, { uuid: job.id });
    expect(field(data, 'job', 'agent', 'uuid')).toBe(staying.id);
  });

  it('BK-43: so does one that was given to an agent that then reports its drain', async () => {
    bench = await openBench({ canary: ONE });
    const draining = await handAgent(bench, [], 'draining');
    await bench.create();
    const staying = await handAgent(bench, [], 'staying');
    await draining.call('POST', '/stop', {});
    expect((await draining.call('GET', '/ping')).body).toEqual({});
    expect((await staying.take()).env).toMatchObject({ BUILDKITE_AGENT_NAME: 'staying' });
  });

  it('BK-44: knobs clockOffset and disconnectCall', async () => {
    bench = await openBench({ canary: ONE }, { knobs: { clockOffset: '-1h', disconnectCall: 'fail' } });
    const agent = await handAgent(bench);
    const answer = await bench.post({ query: 'query V { viewer { id } }' });
    const behind = Date.now() - Date.parse(answer.headers.get('date') ?? '');
    expect(Math.abs(behind - 3_600_000)).toBeLessThan(60_000);
    expect((await agent.call('POST', '/disconnect', {})).status).toBe(500);
    expect(await agentField(agent)).toMatchObject({ connectionState: 'CONNECTED' });
  });
});
