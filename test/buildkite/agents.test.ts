import { afterEach, expect, test } from 'vitest';
import { against, agentNode, buildNode, closeServers, jobNode, page } from './canned.ts';

const never = new AbortController().signal;
afterEach(closeServers);

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

test('all agents are read on every page, without a filter; a listing without end is told as incomplete', async () => {
  const pages = [page([agentNode({ uuid: 'agent-2' })], 'p2'), page([agentNode()])];
  const { buildkite, asked } = await against((_operation, variables) => {
    expect(variables['metaData']).toBeUndefined();
    return { organization: { agents: variables['after'] === 'p2' ? pages[1] : pages[0] } };
  });
  expect(await buildkite.agents('acme', never)).toMatchObject({
    value: { agents: [{ id: 'agent-2' }, { id: 'agent-1', jobs: null }], complete: true },
  });
  expect(asked).toHaveLength(2);
  const endless = await against(() => ({ organization: { agents: page([agentNode()], 'again') } }));
  expect(await endless.buildkite.agents('acme', never)).toMatchObject({
    value: { agents: [{ id: 'agent-1' }], complete: false },
  });
  expect(endless.asked).toHaveLength(10);
});

test('unknown organization and unknown pipeline are told apart', async () => {
  const nothing = await against(() => ({ organization: null, pipeline: null }));
  expect(await nothing.buildkite.pipeline('acme', 'canary', 'main', never)).toMatchObject({
    trouble: {
      kind: 'not-found',
      missing: 'organization',
      message: expect.stringContaining('organization "acme"') as string,
    },
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
    if (operation === 'BuildHead') return { build: buildNode() };
    const found = operation === 'DrillBuild' ? [other] : [other, ours];
    return { organization: { uuid: 'o' }, pipeline: { builds: page(found) } };
  });
  expect(await buildkite.buildOfDrill('acme', 'canary', { drill: 'd1', nth: null }, never)).toMatchObject({
    value: { build: { id: 'build-1' } },
  });
  expect(asked).toEqual(['DrillBuild', 'RecentBuilds', 'BuildHead']);
  expect(await buildkite.buildOfDrill('acme', 'canary', { drill: 'd2', nth: null }, never)).toEqual({
    ok: true,
    value: null,
  });
});

test("the server's clock is known from its Date, to about a second", async () => {
  const { buildkite } = await against(() => ({ build: null }));
  expect(buildkite.clock()).toBeNull();
  await buildkite.build('build-1', 'all', never);
  const clock = buildkite.clock();
  expect(Math.abs(clock?.offset ?? Infinity)).toBeLessThanOrEqual(clock?.uncertainty ?? 0);
});
