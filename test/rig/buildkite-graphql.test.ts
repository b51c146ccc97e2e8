import { afterEach, describe, expect, it } from 'vitest';
import { field, openBench, someText } from './buildkite-bench.ts';
import type { Bench, Reply } from './buildkite-bench.ts';
import { handAgent } from './buildkite-hand-agent.ts';

const ONE = 'steps: [{ key: one, command: "true" }]';

const CREATE = `mutation Create($input: BuildCreateInput!) {
  buildCreate(input: $input) { build { id uuid number state metaData { edges { node { key value } } } } clientMutationId }
}`;

describe("Buildkite's GraphQL and REST in the rig", () => {
  let bench: Bench;
  afterEach(() => bench.close());

  async function pipelineId(): Promise<string> {
    const { data } = await bench.query('query P { pipeline(slug: "acme/canary") { id steps { yaml } } }');
    return String(field(data, 'pipeline', 'id'));
  }

  it('BK-1: an id is base64 of Type---uuid, and BK-5: what is not there is null', async () => {
    bench = await openBench({ canary: ONE });
    const uuid = await bench.create();
    const text = `query Q($uuid: ID!) {
      build(uuid: $uuid) { id } job(uuid: $uuid) { __typename } none: pipeline(slug: "acme/none") { id }
      other: organization(slug: "other") { id } agent(slug: "acme/none") { id } organization(slug: "acme") { slug }
    }`;
    const { data } = await bench.query(text, { uuid });
    const id = String(field(data, 'build', 'id'));
    expect(Buffer.from(id, 'base64').toString()).toBe(`Build---${uuid}`);
    expect(data).toMatchObject({
      job: null,
      none: null,
      other: null,
      agent: null,
      organization: { slug: 'acme' },
    });
    const node = await bench.query('query N($id: ID!) { node(id: $id) { __typename id } }', { id });
    expect(node.data).toEqual({ node: { __typename: 'Build', id } });
  });

  it('BK-74: the viewer is shown the organization of the rig', async () => {
    bench = await openBench({ canary: ONE });
    const text = '{ viewer { organizations(first: 100) { count edges { node { slug } } } } }';
    const { data } = await bench.query(text);
    expect(data).toEqual({ viewer: { organizations: { count: 1, edges: [{ node: { slug: 'acme' } }] } } });
  });

  it('BK-2: a foreign token is refused and counted, on all three doors', async () => {
    bench = await openBench({ canary: ONE });
    const graphql = await bench.post(
      { query: '{ viewer { user { name } } }' },
      { authorization: 'Bearer bkua_foreign' },
    );
    expect([graphql.status, field(await graphql.json(), 'errors', 0, 'message')]).toEqual([401, someText]);
    const rest = await fetch(`${bench.rig.url}/v2/access-token`, { headers: { authorization: 'Bearer no' } });
    expect([rest.status, field(await rest.json(), 'message')]).toEqual([401, someText]);
    const agent = await bench.agentCall('POST', '/register', 'no', {});
    expect([agent.status, field(await agent.json(), 'message')]).toEqual([401, someText]);
    expect(bench.rig.foreign()).toBe(3);
  });

  it('BK-3: every answer names what is left, and beyond the limit stands 429 with the seconds to wait', async () => {
    bench = await openBench({ canary: ONE }, { limits: { user: 2 } });
    const ask = { query: 'query V { viewer { user { name } } }' };
    const first = await bench.post(ask, { 'buildkite-include-query-stats': 'true' });
    expect(first.headers.get('ratelimit-complexity-actual')).toBe('2');
    expect(first.headers.get('ratelimit-limit')).toBe('20000');
    expect(first.headers.get('ratelimit-remaining')).toBe('19998');
    expect(field(await first.json(), 'stats')).toEqual({ requestedComplexity: 2, actualComplexity: 2 });
    const second = await bench.post(ask);
    expect(second.status).toBe(429);
    expect(second.headers.get('ratelimit-user-remaining')).toBe('0');
    expect(Number(second.headers.get('ratelimit-user-reset'))).toBeGreaterThan(0);
    expect(field(await second.json(), 'errors', 0, 'message')).toMatch(
      /limit of 2 complexity points\. Please try again in \d+ seconds\./,
    );
    expect(bench.rig.counts()).toMatchObject({ V: 2 });
  });

  it.each([
    { whose: 'a user, 5,000', options: {}, allowed: 5_000, said: /per-user limit of 5000 complexity points/ },
    {
      whose: 'a user to whom the knob gives 10,000',
      ...{ options: { knobs: { userPoints: 10_000 } }, allowed: 10_000 },
      said: /per-user limit of 10000 complexity points/,
    },
    {
      whose: 'an organization, 20,000',
      options: { limits: { user: 50_000 } },
      allowed: 20_000,
      said: /Your organization has exceeded the limit of 20000 complexity points/,
    },
  ])(
    'BK-3: the real limit of $whose points in five minutes, is enforced',
    async ({ options, allowed, said }) => {
      bench = await openBench({ canary: ONE }, options);
      const names = Array.from({ length: 1_250 }, (_, at) => `n${String(at)}: viewer { user { name } }`);
      const ask = { query: `query Q { ${names.join(' ')} }` };
      for (let spent = 0; spent < allowed; spent += 2_500) expect((await bench.post(ask)).status).toBe(200);
      const over = await bench.post(ask);
      expect(over.status).toBe(429);
      expect(field(await over.json(), 'errors', 0, 'message')).toMatch(said);
    },
  );

  it('BK-4: a query that could cost more than 50,000 points is answered 200 with an error', async () => {
    bench = await openBench({ canary: ONE });
    const query = `query Big { pipeline(slug: "acme/canary") { builds { edges { node { jobs { edges { node { __typename } } } } } } } }`;
    const answer = await bench.post({ query });
    expect(answer.status).toBe(200);
    expect(field(await answer.json(), 'errors', 0, 'message')).toMatch(
      /^Query has complexity of \d+, which exceeds max complexity of 50000$/,
    );
  });

  it("BK-4: a connection's edges cost 1 and each node 1, as in Buildkite's own examples", async () => {
    bench = await openBench({ canary: ONE });
    const costOf = async (query: string): Promise<unknown> => {
      const answer = await bench.post({ query }, { 'buildkite-include-query-stats': 'true' });
      const body: unknown = await answer.json();
      return field(body, 'stats') ?? body;
    };
    const recent = 'organization(slug: "acme") { pipelines(first: 500) { edges { node { slug } } } }';
    expect(await costOf(`query R { ${recent} }`)).toEqual({ requestedComplexity: 503, actualComplexity: 4 });
    const builds = 'builds(first: 500) { edges { node { number } } }';
    const nested = `query N { ${recent.replace('slug }', `slug ${builds} }`)} }`;
    const refused = await bench.post({ query: nested });
    expect(field(await refused.json(), 'errors', 0, 'message')).toBe(
      'Query has complexity of 251503, which exceeds max complexity of 50000',
    );
  });

  it('BK-4: a page of more than 500 is refused, but for the meta-data of a build', async () => {
    bench = await openBench({ canary: ONE });
    const uuid = await bench.create();
    const ask = (text: string): Promise<Reply> =>
      bench.query(`query Q($uuid: ID!) { build(uuid: $uuid) { ${text} } }`, { uuid });
    for (const page of ['first: 501', 'last: 501'])
      expect((await ask(`jobs(${page}) { count }`)).errors?.[0]?.message).toMatch(/501 .* maximum of 500$/);
    expect((await ask('jobs(first: 500) { count }')).errors).toBeUndefined();
    expect((await ask('metaData(first: 10000) { count }')).errors).toBeUndefined();
    expect((await ask('metaData(first: 10001) { count }')).errors).toHaveLength(1);
  });

  it('BK-6: buildCreate takes env, meta-data and an author, and a build is found again by its meta-data', async () => {
    bench = await openBench({ canary: ONE });
    const input = {
      pipelineID: await pipelineId(),
      ...{ branch: 'main', commit: 'HEAD', message: 'm', env: ['A=b=c'], clientMutationId: 'x' },
      metaData: [{ key: 'drill', value: '7' }],
    };
    const made = (await bench.query(CREATE, { input })).data;
    expect(field(made, 'buildCreate', 'clientMutationId')).toBe('x');
    expect(field(made, 'buildCreate', 'build', 'state')).toBe('SCHEDULED');
    expect(field(made, 'buildCreate', 'build', 'metaData', 'edges', 0, 'node')).toEqual({
      key: 'drill',
      value: '7',
    });
    const text = `query Find($meta: [String!]) { pipeline(slug: "acme/canary") { builds(first: 5, metaData: $meta) { edges { node {
      number env source { name } createdBy { ... on User { name } } } } } } }`;
    const found = async (meta: string): Promise<unknown> =>
      field((await bench.query(text, { meta: [meta] })).data, 'pipeline', 'builds', 'edges');
    expect(await found('drill:7')).toMatchObject([
      { node: { number: 1, env: ['A=b=c'], source: { name: 'api' } } },
    ]);
    expect(await found('drill=7')).toHaveLength(1);
    expect(await found('drill:8')).toEqual([]);
    const refused = await bench.query(CREATE, { input: { pipelineID: 'nonsense' } });
    expect(refused.errors?.[0]?.message).toBe('No pipeline found');
  });

  it('BK-7: a newer build of the branch cancels the running one where the pipeline says so, and nobody is named', async () => {
    bench = await openBench({ canary: ONE }, {}, { cancelIntermediateBuilds: true });
    const [first, second] = [await bench.create(), await bench.create()];
    const text = 'query B($uuid: ID) { build(uuid: $uuid) { state canceledAt canceledBy { name } } }';
    const shown = async (uuid: string): Promise<unknown> =>
      field((await bench.query(text, { uuid })).data, 'build');
    expect(await shown(first)).toEqual({
      state: 'CANCELED',
      canceledAt: someText,
      canceledBy: null,
    });
    expect(await shown(second)).toMatchObject({ state: 'SCHEDULED', canceledAt: null });
    await bench.rig.do({ do: 'cancel-build', by: 'person' });
    expect(await shown(second)).toMatchObject({ state: 'CANCELED', canceledBy: { name: 'Another user' } });
  });

  it('BK-7: a newer build of the branch skips one that has not started, where the pipeline says so', async () => {
    bench = await openBench({ canary: ONE }, {}, { skipIntermediateBuilds: true });
    const uuid = await bench.create();
    await bench.create();
    const { data } = await bench.query('query B($uuid: ID) { build(uuid: $uuid) { state } }', { uuid });
    expect(field(data, 'build', 'state')).toBe('SKIPPED');
  });

  it('BK-8: REST hides retried jobs unless asked, forces a stop without a body, and names the rig where it models no such call', async () => {
    bench = await openBench({
      canary: 'steps: [{ key: one, command: "true", retry: { automatic: { exit_status: 7 } } }]',
    });
    await bench.create();
    const agent = await handAgent(bench);
    const job = await agent.take();
    await job.start();
    await job.finish('7');
    const get = async (path: string, method = 'GET'): Promise<{ status: number; text: string }> => {
      const headers = { authorization: `Bearer ${bench.rig.apiToken}` };
      const answer = await fetch(`${bench.rig.url}/v2${path}`, { method, headers });
      return { status: answer.status, text: await answer.text() };
    };
    const path = '/organizations/acme/pipelines/canary/builds/1';
    const plain: unknown = JSON.parse((await get(path)).text);
    const all: unknown = JSON.parse((await get(`${path}?include_retried_jobs=true`)).text);
    expect(field(plain, 'jobs')).toHaveLength(1);
    expect(field(all, 'jobs', 0)).toMatchObject({ state: 'failed', exit_status: 7, retried: true });
    expect(field(all, 'jobs', 0, 'retried_in_job_id')).toBe(field(plain, 'jobs', 0, 'id'));
    expect(await get('/organizations/acme/teams')).toMatchObject({
      status: 501,
      text: '{"message":"The rig of gameday does not model GET /v2/organizations/acme/teams"}',
    });
    expect((await get('/v2/organizations/acme')).text).toContain(
      'the base of the API is to be given without /v2',
    );
    expect((await get('/organizations/acme/pipelines/canary/builds/9')).status).toBe(404);
    expect((await get(`/organizations/acme/agents/${agent.id}/stop`, 'PUT')).status).toBe(204);
    const shown: unknown = JSON.parse((await get(`/organizations/acme/agents/${agent.id}`)).text);
    expect(field(shown, 'connection_state')).toBe('stopping');
    const { data } = await bench.query(
      `query A { agent(slug: "acme/${agent.id}") { stopForcedAt stopForcedBy { name } } }`,
    );
    expect(field(data, 'agent')).toMatchObject({ stopForcedAt: someText });
  });

  it('BK-9: buildAnnotate writes one annotation per context', async () => {
    bench = await openBench({ canary: ONE });
    const uuid = await bench.create();
    const id = Buffer.from(`Build---${uuid}`).toString('base64');
    const text = `mutation N($input: BuildAnnotateInput!) { buildAnnotate(input: $input) { annotation { body { text } style context } } }`;
    await bench.query(text, { input: { buildID: id, body: 'a', context: 'c', style: 'INFO' } });
    const { data } = await bench.query(text, {
      input: { buildID: id, body: 'b', context: 'c', append: true },
    });
    expect(field(data, 'buildAnnotate', 'annotation')).toEqual({
      body: { text: 'ab' },
      style: 'DEFAULT',
      context: 'c',
    });
  });
});
