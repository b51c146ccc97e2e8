import { afterEach, expect, test } from 'vitest';
import { createBuildkiteClient } from '../../src/buildkite/client.ts';
import type { Buildkite } from '../../src/buildkite/port.ts';
import { json, startServer } from '../support/http-server.ts';
import type { TestServer } from '../support/http-server.ts';

const never = new AbortController().signal;
const servers: TestServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

type Variables = Readonly<Record<string, unknown>>;
type Respond = (operation: string, variables: Variables) => unknown;

/** A client whose server answers each operation with the `data` that `respond` gives. */
async function against(respond: Respond): Promise<{ buildkite: Buildkite; asked: string[] }> {
  const asked: string[] = [];
  const server = await startServer((seen, response) => {
    const { query, variables } = JSON.parse(seen.body) as { query: string; variables: Variables };
    const operation = /^(?:query|mutation) (\w+)/m.exec(query)?.[1] ?? '';
    asked.push(operation);
    json(response, 200, { data: respond(operation, variables) });
  });
  servers.push(server);
  const rules = { allowInsecure: false, loopbackOnly: true };
  return { buildkite: createBuildkiteClient({ endpoint: server.url, token: 't0ken', ...rules }), asked };
}

function jobNode(over: Variables = {}): Variables {
  return {
    __typename: 'JobTypeCommand',
    uuid: 'job-1',
    url: 'https://buildkite.com/acme/canary/builds/7#job-1',
    label: 'Integration',
    state: 'RUNNING',
    passed: false,
    softFailed: false,
    exitStatus: null,
    signal: null,
    signalReason: null,
    retried: false,
    retryType: null,
    retrySource: null,
    agent: { uuid: 'agent-1' },
    step: { key: 'integration' },
    parallelGroupIndex: null,
    runnableAt: '2026-11-24T12:00:00Z',
    startedAt: '2026-11-24T12:00:01.500Z',
    finishedAt: null,
    canceledAt: null,
    somethingNew: { nobody: 'knows' },
    ...over,
  };
}

function page(nodes: readonly unknown[], next: string | null = null): Variables {
  return {
    pageInfo: { endCursor: next, hasNextPage: next !== null },
    edges: nodes.map((node) => ({ node })),
  };
}

function buildNode(over: Variables = {}): Variables {
  return {
    uuid: 'build-1',
    id: 'QnVpbGQ=',
    number: 7,
    url: 'https://buildkite.com/acme/canary/builds/7',
    branch: 'main',
    state: 'RUNNING',
    createdAt: '2026-11-24T12:00:00Z',
    startedAt: null,
    finishedAt: null,
    canceledAt: null,
    canceledBy: null,
    cancelReason: null,
    organization: { slug: 'acme' },
    pipeline: { slug: 'canary' },
    metaData: { edges: [{ node: { key: 'gameday-drill', value: 'd1' } }] },
    jobs: page([jobNode()]),
    ...over,
  };
}

function agentNode(over: Variables = {}): Variables {
  return {
    uuid: 'agent-1',
    id: 'QWdlbnQ=',
    name: 'worker',
    hostname: 'ip-10-0-0-1',
    metaData: ['queue=old', 'queue=default', 'ecs:task-arn=arn:a=b', 'flag'],
    connectionState: 'CONNECTED',
    connectedAt: null,
    disconnectedAt: null,
    lostAt: null,
    stoppedGracefullyAt: null,
    stoppedGracefullyBy: null,
    stopForcedAt: null,
    stopForcedBy: null,
    version: '3.78.0',
    isRunningJob: true,
    jobs: page([]),
    ...over,
  };
}

function event(type: string, over: Variables = {}): Variables {
  return { type, timestamp: '2026-11-24T12:00:02Z', actor: { type: 'AGENT' }, ...over };
}

test('a build comes with its jobs, in our words', async () => {
  const { buildkite, asked } = await against(() => ({ build: buildNode() }));
  const answer = await buildkite.build('acme/canary/7', never);
  expect(answer).toMatchObject({
    ok: true,
    value: {
      build: {
        id: 'build-1',
        state: 'running',
        metaData: { 'gameday-drill': 'd1' },
        jobs: ['job-1'],
        jobsComplete: true,
      },
      jobs: [
        {
          id: 'job-1',
          buildId: 'build-1',
          buildSlug: 'acme/canary/7',
          stepKey: 'integration',
          startedAt: Date.parse('2026-11-24T12:00:01.500Z'),
          events: null,
        },
      ],
    },
  });
  expect(asked).toEqual(['Build']);
});

test('states that nobody knows yet are other and kept raw', async () => {
  const odd = jobNode({ state: 'DREAMING', signalReason: 'MOON_PHASE', retryType: 'LUNAR' });
  const { buildkite } = await against(() => ({ build: buildNode({ state: 'MELTING', jobs: page([odd]) }) }));
  expect(await buildkite.build('build-1', never)).toMatchObject({
    value: {
      build: { state: 'other', rawState: 'MELTING' },
      jobs: [{ state: 'other', rawState: 'DREAMING', signalReason: 'moon_phase', retryType: null }],
    },
  });
});

test('pages of jobs are followed; a job that comes twice counts once', async () => {
  const { buildkite } = await against((operation) =>
    operation === 'Build'
      ? { build: buildNode({ jobs: page([jobNode()], 'c1') }) }
      : { build: { jobs: page([jobNode(), jobNode({ uuid: 'job-2' })]) } },
  );
  expect(await buildkite.build('build-1', never)).toMatchObject({
    value: { build: { jobs: ['job-1', 'job-2'], jobsComplete: true } },
  });
});

test('a listing without end is cut and called incomplete', async () => {
  const { buildkite, asked } = await against((operation) =>
    operation === 'Build'
      ? { build: buildNode({ jobs: page([jobNode()], 'same') }) }
      : { build: { jobs: page([jobNode()], 'same') } },
  );
  expect(await buildkite.build('build-1', never)).toMatchObject({
    value: { build: { jobsComplete: false } },
  });
  expect(asked).toHaveLength(5);
});

test('a job that may not be seen makes the listing incomplete', async () => {
  const { buildkite } = await against(() => ({ build: buildNode({ jobs: page([jobNode(), null]) }) }));
  expect(await buildkite.build('build-1', never)).toMatchObject({
    value: { build: { jobsComplete: false } },
  });
});

test('a command job of another shape is garbage, never passed over', async () => {
  const { buildkite } = await against(() => ({
    build: buildNode({ jobs: page([jobNode({ passed: 'yes' })]) }),
  }));
  expect(await buildkite.build('build-1', never)).toMatchObject({ ok: false, trouble: { kind: 'garbage' } });
});

test('a field of ours that is missing is garbage, never null', async () => {
  const { lostAt: _lostAt, ...mangled } = agentNode();
  const { buildkite } = await against(() => ({ agent: mangled }));
  expect(await buildkite.agent('acme', 'agent-1', never)).toMatchObject({
    ok: false,
    trouble: { kind: 'garbage' },
  });
});

test("a job comes with every page of its history, whatever its events' classes", async () => {
  const { buildkite } = await against((operation) =>
    operation === 'Job'
      ? {
          job: {
            ...jobNode({
              retrySource: { __typename: 'JobTypeCommand', uuid: 'job-0' },
              retryType: 'AUTOMATIC',
            }),
            build: { uuid: 'build-1', url: 'https://buildkite.com/acme/canary/builds/7' },
            events: page([event('STARTED')], 'c1'),
          },
        }
      : {
          job: {
            __typename: 'JobTypeCommand',
            events: page([
              event('FINISHED', { exitStatus: -1, signal: 'SIGTERM', signalReason: 'AGENT_STOP' }),
              event('AGENT_LOST', { actor: { type: 'GHOST' } }),
            ]),
          },
        },
  );
  expect(await buildkite.job('job-1', never)).toMatchObject({
    value: {
      buildId: 'build-1',
      buildSlug: 'acme/canary/7',
      retryOf: 'job-0',
      retryType: 'automatic',
      events: [
        { type: 'STARTED', actor: 'agent', exitStatus: null },
        { type: 'FINISHED', exitStatus: '-1', signal: 'SIGTERM', signalReason: 'agent_stop' },
        { type: 'AGENT_LOST', actor: 'other' },
      ],
    },
  });
});

test('a history without end is no answer', async () => {
  const { buildkite } = await against(() => ({
    job: { ...jobNode(), build: null, events: page([event('STARTED')], 'same') },
  }));
  expect(await buildkite.job('job-1', never)).toMatchObject({ ok: false, trouble: { kind: 'garbage' } });
});

test('an agent comes with its tags and jobs; the last of two equal tags counts', async () => {
  const job = { ...jobNode(), build: { uuid: 'build-1', url: 'https://buildkite.com/acme/canary/builds/7' } };
  const { buildkite } = await against(() => ({ agent: agentNode({ jobs: page([job]) }) }));
  expect(await buildkite.agent('acme', 'agent-1', never)).toMatchObject({
    value: {
      agent: {
        tags: { queue: 'default', 'ecs:task-arn': 'arn:a=b', flag: '' },
        connection: 'connected',
        rawConnection: 'CONNECTED',
        jobs: ['job-1'],
      },
      jobs: [{ id: 'job-1', buildSlug: 'acme/canary/7' }],
    },
  });
});

test('an agent with a job that may not be seen does not know what it was given', async () => {
  const { buildkite } = await against(() => ({ agent: agentNode({ jobs: page([null]) }) }));
  expect(await buildkite.agent('acme', 'agent-1', never)).toMatchObject({ value: { agent: { jobs: null } } });
});

test('a build that was created stands, though a part of the answer failed', async () => {
  const server = await startServer((_seen, response) =>
    json(response, 200, {
      data: { buildCreate: { build: buildNode() } },
      errors: [{ message: 'no annotations today', path: ['buildCreate', 'build', 'annotations'] }],
    }),
  );
  servers.push(server);
  const rules = { allowInsecure: false, loopbackOnly: true };
  const buildkite = createBuildkiteClient({ endpoint: server.url, token: 't0ken', ...rules });
  const words = { pipeline: 'canary', pipelineNodeId: 'x', branch: 'main', commit: 'HEAD', message: 'm' };
  const call = { kind: 'create-build', ...words, env: { A: '1' }, metaData: { k: 'v' } } as const;
  expect(await buildkite.createBuild(call, never)).toMatchObject({
    ok: true,
    value: { build: { number: 7 } },
  });
  expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({
    variables: { input: { pipelineID: 'x', env: ['A=1'], metaData: [{ key: 'k', value: 'v' }] } },
  });
});

test('an agent that its slug no longer finds is asked for by its node id', async () => {
  const { buildkite, asked } = await against((operation, variables) => {
    if (operation === 'Agent') return { agent: null };
    expect(variables['id']).toBe(Buffer.from('Agent---agent-1').toString('base64'));
    return { node: { __typename: 'Agent', ...agentNode({ connectionState: 'lost' }) } };
  });
  expect(await buildkite.agent('acme', 'agent-1', never)).toMatchObject({
    value: { agent: { connection: 'lost' } },
  });
  expect(asked).toEqual(['Agent', 'AgentNode']);
});

test("agents that do not carry the tag are left out, whatever the server's filter did", async () => {
  const { buildkite } = await against(() => ({
    organization: {
      agents: page([agentNode(), agentNode({ uuid: 'agent-2', metaData: ['queue=default'] })]),
    },
  }));
  const answer = await buildkite.agentsWithTag('acme', 'ecs:task-arn=arn:a=b', never);
  expect(answer).toMatchObject({ value: { agents: [{ id: 'agent-1', jobs: null }], complete: true } });
});

test('an agent that may not be seen makes the listing incomplete', async () => {
  const { buildkite } = await against(() => ({ organization: { agents: page([null]) } }));
  expect(await buildkite.agentsWithTag('acme', 'a=b', never)).toMatchObject({
    value: { agents: [], complete: false },
  });
});

test('unknown organization and unknown pipeline are told apart', async () => {
  const nothing = await against(() => ({ organization: null, pipeline: null }));
  expect(await nothing.buildkite.pipeline('acme', 'canary', 'main', never)).toMatchObject({
    trouble: { kind: 'not-found', message: expect.stringContaining('organization "acme"') as string },
  });
  const noPipeline = await against(() => ({ organization: { uuid: 'o' }, pipeline: null }));
  expect(await noPipeline.buildkite.pipeline('acme', 'canary', 'main', never)).toMatchObject({
    trouble: { kind: 'not-found', message: expect.stringContaining('pipeline "canary"') as string },
  });
});

test("a drill's build is found by its own meta-data, with the filter or without", async () => {
  const other = { uuid: 'build-9', metaData: { edges: [{ node: { key: 'gameday-drill', value: 'd9' } }] } };
  const ours = { uuid: 'build-1', metaData: { edges: [{ node: { key: 'gameday-drill', value: 'd1' } }] } };
  const { buildkite, asked } = await against((operation) => {
    if (operation === 'Build') return { build: buildNode() };
    const found = operation === 'DrillBuild' ? [other] : [other, ours];
    return { organization: { uuid: 'o' }, pipeline: { builds: page(found) } };
  });
  expect(await buildkite.buildOfDrill('acme', 'canary', 'd1', never)).toMatchObject({
    value: { build: { id: 'build-1' } },
  });
  expect(asked).toEqual(['DrillBuild', 'RecentBuilds', 'Build']);
  expect(await buildkite.buildOfDrill('acme', 'canary', 'd2', never)).toEqual({ ok: true, value: null });
});

test("the server's clock is known from its Date, to about a second", async () => {
  const { buildkite } = await against(() => ({ build: null }));
  expect(buildkite.clock()).toBeNull();
  await buildkite.build('build-1', never);
  const clock = buildkite.clock();
  expect(Math.abs(clock?.offset ?? Infinity)).toBeLessThanOrEqual(clock?.uncertainty ?? 0);
});
