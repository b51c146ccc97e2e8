import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { benchFor, field, someText, until } from './buildkite-bench.ts';
import type { Bench } from './buildkite-bench.ts';
import { handAgent } from './buildkite-hand-agent.ts';

const ONE = 'steps: [{ key: one, command: "true", env: { MINE: "1" } }]';
const HOUR_MS = 3_600_000;
const NEAR_MS = 60_000;

const JOB = `query J($uuid: ID!) { job(uuid: $uuid) { ... on JobTypeCommand {
  state exitStatus passed createdAt scheduledAt runnableAt startedAt finishedAt
  agent { uuid connectionState createdAt connectedAt heartbeatAt disconnectedAt lostAt stoppedGracefullyAt }
  build { createdAt startedAt finishedAt }
  events(first: 50) { edges { node { type timestamp actor { type } } } } } } }`;

async function jobOf(bench: Bench, uuid: string): Promise<unknown> {
  return field((await bench.query(JOB, { uuid })).data, 'job');
}

/** How far an instant lies ahead of this machine's clock, in milliseconds. */
function ahead(instant: unknown): number {
  return Date.parse(String(instant)) - Date.now();
}

describe.concurrent('worlds that lie about Buildkite', () => {
  it('BK-44: knob clockOffset moves every time of the server and its Date, and none of the host', async ({
    onTestFinished,
  }) => {
    const bench = await benchFor(onTestFinished, { canary: ONE }, { knobs: { clockOffset: HOUR_MS } });
    const agent = await handAgent(bench);
    await bench.create();
    const job = await agent.take();
    await job.start();
    await job.finish('0');
    await agent.call('POST', '/heartbeat', { sent_at: 'x' });
    await agent.call('POST', '/disconnect', {});
    const shown = await jobOf(bench, job.id);
    const byServer = [
      ...['createdAt', 'scheduledAt', 'runnableAt'].map((name) => field(shown, name)),
      ...['createdAt', 'startedAt', 'finishedAt'].map((name) => field(shown, 'build', name)),
      ...['createdAt', 'connectedAt', 'heartbeatAt', 'disconnectedAt'].map((name) =>
        field(shown, 'agent', name),
      ),
      ...[0, 1, 2, 3, 4].map((nth) => field(shown, 'events', 'edges', nth, 'node', 'timestamp')),
      (await bench.post({ query: 'query V { viewer { id } }' })).headers.get('date'),
      (await bench.post('not GraphQL')).headers.get('date'),
      (await fetch(`${bench.rig.url}/nowhere`)).headers.get('date'),
    ];
    for (const instant of byServer) expect(Math.abs(ahead(instant) - HOUR_MS)).toBeLessThan(NEAR_MS);
    for (const name of ['startedAt', 'finishedAt'])
      expect(Math.abs(ahead(field(shown, name)))).toBeLessThan(NEAR_MS);
  });

  it("BK-46: knob hostClockOffset moves the start and the end that an agent sends, by its host's clock", async ({
    onTestFinished,
  }) => {
    const offsets = [HOUR_MS, -HOUR_MS];
    const bench = await benchFor(onTestFinished, { canary: ONE }, { knobs: { hostClockOffset: offsets } });
    for (const [index, offset] of [...offsets, HOUR_MS].entries()) {
      // The third agent lives in the task of the first.
      const agent = await handAgent(bench, [`ecs:task-arn=arn:${index % 2}`]);
      await bench.create();
      const job = await agent.take();
      await job.start();
      await job.finish('0');
      await agent.call('POST', '/disconnect', {});
      const shown = await jobOf(bench, job.id);
      for (const name of ['startedAt', 'finishedAt'])
        expect(Math.abs(ahead(field(shown, name)) - offset)).toBeLessThan(NEAR_MS);
      expect(Math.abs(ahead(field(shown, 'runnableAt')))).toBeLessThan(NEAR_MS);
    }
  });

  it('BK-27: knob gracefulReport with a delay: the report takes effect later, also after the departure', async ({
    onTestFinished,
  }) => {
    const knobs = { gracefulReport: { delay: 5000 } };
    const bench = await benchFor(onTestFinished, { canary: ONE }, { knobs });
    const agent = await handAgent(bench);
    const shown = async (): Promise<unknown> => {
      const fields = 'connectionState stoppedGracefullyAt stoppedGracefullyBy { name }';
      return field(
        (await bench.query(`query A { agent(slug: "acme/${agent.id}") { ${fields} } }`)).data,
        'agent',
      );
    };
    expect((await agent.call('POST', '/stop', {})).status).toBe(200);
    await agent.call('POST', '/disconnect', {});
    expect(await shown()).toMatchObject({ connectionState: 'DISCONNECTED', stoppedGracefullyAt: null });
    const late = await until('the report', async () => {
      const now = await shown();
      return field(now, 'stoppedGracefullyAt') === null ? undefined : now;
    });
    expect(late).toMatchObject({ connectionState: 'STOPPED', stoppedGracefullyBy: null });
  });

  it('BK-28: verb stop-agent by api: stopped gracefully, and nobody is named', async ({ onTestFinished }) => {
    const bench = await benchFor(onTestFinished, { canary: ONE });
    const agent = await handAgent(bench);
    await bench.rig.do({ do: 'stop-agent', by: 'api', agent: agent.id });
    expect((await agent.call('GET', '/ping')).body).toMatchObject({ action: 'disconnect' });
    const fields = 'connectionState stoppedGracefullyAt stoppedGracefullyBy { name }';
    const { data } = await bench.query(`query A { agent(slug: "acme/${agent.id}") { ${fields} } }`);
    expect(field(data, 'agent')).toEqual({
      connectionState: 'STOPPING',
      stoppedGracefullyAt: someText,
      stoppedGracefullyBy: null,
    });
  });

  const BUILDS =
    'query B { pipeline(slug: "acme/canary") { builds(first: 5) { edges { node { state } } } } }';
  async function statesOf(bench: Bench): Promise<unknown> {
    const edges = field((await bench.query(BUILDS)).data, 'pipeline', 'builds', 'edges');
    return Array.isArray(edges) ? edges.map((edge) => field(edge, 'node', 'state')) : undefined;
  }

  it('BK-35: knob buildkiteReplicaLag: queries see the past, mutations act and answer in the present', async ({
    onTestFinished,
  }) => {
    const knobs = { buildkiteReplicaLag: { lag: 3000 } };
    const bench = await benchFor(onTestFinished, { canary: ONE }, { knobs });
    const pipelines = await bench.query('query P { pipeline(slug: "acme/canary") { id } }');
    const id = field(pipelines.data, 'pipeline', 'id');
    const created = await bench.query(
      `mutation C($id: ID!) { buildCreate(input: { pipelineID: $id }) { build { state uuid } } }`,
      { id },
    );
    const createdAt = Date.now();
    expect(created.data).toMatchObject({ buildCreate: { build: { state: 'SCHEDULED' } } });
    expect(await statesOf(bench)).toEqual([]);
    const uuid = field(created.data, 'buildCreate', 'build', 'uuid');
    expect((await bench.query(`query N { build(uuid: "${String(uuid)}") { state } }`)).data).toEqual({
      build: null,
    });
    const agent = await handAgent(bench);
    const job = await agent.take();
    await job.start();
    const sees = (state: string) =>
      until(
        `the build to be seen as ${state}`,
        async () => JSON.stringify(await statesOf(bench)) === JSON.stringify([state]) || undefined,
      );
    await sees('RUNNING');
    expect(Date.now() - createdAt).toBeGreaterThan(2800);
    const finishedAt = Date.now();
    await job.finish('0');
    expect(await statesOf(bench)).toEqual(['RUNNING']);
    await sees('PASSED');
    expect(Date.now() - finishedAt).toBeGreaterThan(2800);
  });

  it('BK-35: the replica may answer from the first stop on, and every second read alone', async ({
    onTestFinished,
  }) => {
    let stopOrdered = false;
    const knobs = { buildkiteReplicaLag: { lag: 600_000, from: 'stop', reads: 'every-second' } };
    const options = { knobs, stopOrdered: () => stopOrdered };
    const bench = await benchFor(onTestFinished, { canary: ONE }, options);
    await bench.create();
    for (const expected of [['SCHEDULED'], ['SCHEDULED']]) expect(await statesOf(bench)).toEqual(expected);
    stopOrdered = true;
    for (const expected of [['SCHEDULED'], [], ['SCHEDULED'], []])
      expect(await statesOf(bench)).toEqual(expected);
  });

  it('BK-49: verb agent-lost-and-returned: AGENT_LOST stands in the history of a job that its agent then passes', async ({
    onTestFinished,
  }) => {
    const retried = ONE.replace('key: one', 'key: one, retry: { automatic: { exit_status: -1 } }');
    const bench = await benchFor(onTestFinished, { canary: retried });
    const agent = await handAgent(bench);
    await bench.create();
    const job = await agent.take();
    await job.start();
    agent.fallSilent();
    await bench.rig.do({ do: 'agent-lost-and-returned', step: 'one' });
    expect(await jobOf(bench, job.id)).toMatchObject({
      state: 'RUNNING',
      agent: { connectionState: 'LOST', lostAt: someText },
    });
    expect((await agent.call('POST', '/heartbeat', { sent_at: 'x' })).status).toBe(200);
    expect(await jobOf(bench, job.id)).toMatchObject({
      agent: { connectionState: 'CONNECTED', lostAt: null },
    });
    expect(await job.finish('0')).toBe(200);
    const shown = await jobOf(bench, job.id);
    expect(shown).toMatchObject({ state: 'FINISHED', exitStatus: '0', passed: true });
    const events = [4, 5].map((nth) => field(shown, 'events', 'edges', nth, 'node'));
    expect(events).toMatchObject([
      { type: 'AGENT_LOST', actor: { type: 'SYSTEM' } },
      { type: 'FINISHED', actor: { type: 'AGENT' } },
    ]);
  });

  it('BK-14: a superseded attempt that is not listed is still found by its uuid, and by retrySource', async ({
    onTestFinished,
  }) => {
    const retried = ONE.replace('key: one', 'key: one, retry: { automatic: true }');
    const bench = await benchFor(
      onTestFinished,
      { canary: retried },
      { knobs: { retriedJobsListed: false } },
    );
    const agent = await handAgent(bench);
    await bench.create();
    const first = await agent.take();
    await first.start();
    await first.finish('1');
    const next = await agent.take();
    const text = `query S($uuid: ID!) { job(uuid: $uuid) { ... on JobTypeCommand { retried exitStatus
      retrySource { ... on JobTypeCommand { uuid exitStatus events(first: 20) { edges { node { type } } } } } } } }`;
    expect((await bench.query(text, { uuid: first.id })).data).toMatchObject({
      job: { retried: true, exitStatus: '1' },
    });
    const { data } = await bench.query(text, { uuid: next.id });
    expect(field(data, 'job', 'retrySource')).toMatchObject({ uuid: first.id, exitStatus: '1' });
  });

  it('BK-36: knob historyLag: events show later than the state that they led to', async ({
    onTestFinished,
  }) => {
    const bench = await benchFor(onTestFinished, { canary: ONE }, { knobs: { historyLag: 5000 } });
    const agent = await handAgent(bench);
    await bench.create();
    const job = await agent.take();
    await job.start();
    await job.finish('0');
    const finishedAt = Date.now();
    const types = async (): Promise<unknown> => {
      const edges = field(await jobOf(bench, job.id), 'events', 'edges');
      return Array.isArray(edges) ? edges.map((edge) => field(edge, 'node', 'type')) : [];
    };
    expect(await jobOf(bench, job.id)).toMatchObject({ state: 'FINISHED', exitStatus: '0' });
    expect(await types()).not.toContain('FINISHED');
    await until('FINISHED', async () => String(await types()).includes('FINISHED') || undefined);
    expect(Date.now() - finishedAt).toBeGreaterThanOrEqual(4500);
  });

  it('BK-50: knob agentTag first-only: who is started again in a task comes without the tags of ECS', async ({
    onTestFinished,
  }) => {
    const tags = ['ecs:task-arn=arn:1', 'ecs:launch-type=FARGATE', 'queue=default'];
    for (const [agentTag, expected] of [
      ['present', tags],
      ['first-only', ['queue=default']],
    ] as const) {
      const bench = await benchFor(onTestFinished, { canary: ONE }, { knobs: { agentTag } });
      const first = await handAgent(bench, tags, 'first');
      await first.call('POST', '/disconnect', {});
      await handAgent(bench, tags, 'again');
      const agents = bench.log.filter(({ event }) => event === 'agent-connected');
      expect(agents.map((agent) => agent['tags'])).toEqual([tags, expected]);
    }
  });

  it('BK-66: knob agentFilter: the filter by tag finds its agents, nobody, everybody, or those without a job', async ({
    onTestFinished,
  }) => {
    for (const [agentFilter, expected] of [
      ['exact', ['busy', 'idle']],
      ['nothing', []],
      ['ignored', ['busy', 'idle', 'other']],
      ['partial', ['idle']],
    ] as const) {
      const bench = await benchFor(onTestFinished, { canary: ONE }, { knobs: { agentFilter } });
      await bench.create();
      const busy = await handAgent(bench, ['ecs:task-arn=arn:1'], 'busy');
      await (await busy.take()).start();
      await handAgent(bench, ['ecs:task-arn=arn:1'], 'idle');
      await handAgent(bench, ['ecs:task-arn=arn:2'], 'other');
      const namesOf = async (filter: string): Promise<unknown> => {
        const text = `{ organization(slug: "acme") { agents(first: 9${filter}) { edges { node { name } } } } }`;
        const edges = field((await bench.query(text)).data, 'organization', 'agents', 'edges');
        return Array.isArray(edges) ? edges.map((edge) => field(edge, 'node', 'name')).toSorted() : edges;
      };
      expect(await namesOf(', metaData: ["ecs:task-arn=arn:1"]')).toEqual(expected);
      expect(await namesOf('')).toEqual(['busy', 'idle', 'other']);
    }
  });

  it('BK-38: past jobs on workers stand in the jobs of the agents that are there, with their gap', async ({
    onTestFinished,
  }) => {
    const bench = await benchFor(onTestFinished, { canary: ONE });
    const history = [{ step: 'one', took: [10_000, 20_000, 30_000], onWorkers: { gap: 5000 } }];
    const stepsFile = join(bench.folder, 'canary.yaml');
    const pipelines = [{ slug: 'canary', stepsFile, history }];
    const past = await benchFor(onTestFinished, { canary: ONE }, { pipelines });
    expect(() => past.rig.layDownOnWorkers()).toThrow('no agent is there for the step "one"');
    for (const name of ['a', 'b']) await handAgent(past, [], name);
    past.rig.layDownOnWorkers();
    const fields =
      'jobs(first: 9) { edges { node { ... on JobTypeCommand { startedAt finishedAt passed } } } }';
    const text = `query W { organization(slug: "acme") { agents(first: 9) { edges { node {
      name connectedAt ${fields} } } } } pipeline(slug: "acme/canary") { ${fields} } }`;
    const { data } = await past.query(text);
    expect(field(data, 'pipeline', 'jobs', 'edges')).toHaveLength(3);
    const times = (index: number): readonly number[] => {
      const agent = field(data, 'organization', 'agents', 'edges', index, 'node');
      const jobs = [0, 1].map((nth) => field(agent, 'jobs', 'edges', nth, 'node'));
      const newestFirst = jobs.flatMap((job) => [field(job, 'finishedAt'), field(job, 'startedAt')]);
      const instants = [...newestFirst, field(agent, 'connectedAt')]
        .map((at) => Date.parse(String(at)))
        .filter((at) => !Number.isNaN(at));
      return instants.slice(1).map((at, nth) => (instants[nth] ?? 0) - at);
    };
    // How long each took, and the gap before it, the newest first.
    expect(times(0)).toEqual([30_000, 5000, 10_000, 5000]);
    expect(times(1)).toEqual([20_000, 5000]);
  });

  it('BK-20: knobs pingInterval and heartbeatInterval', async ({ onTestFinished }) => {
    const knobs = { pingInterval: 10_000, heartbeatInterval: 120_000 };
    const bench = await benchFor(onTestFinished, { canary: ONE }, { knobs });
    const reply = await bench.agentCall('POST', '/register', bench.rig.agentToken, { name: 'n' });
    expect(await reply.json()).toMatchObject({ ping_interval: 10, heartbeat_interval: 120 });
  });
});
