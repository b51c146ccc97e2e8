import { Hono } from 'hono';
import type { Context } from 'hono';
import { isListed, stopAgent } from './agents.ts';
import { bodyOf } from './body.ts';
import type { Book } from './book.ts';
import { graphqlId } from './ids.ts';
import type { Budgets } from './limits.ts';
import type { Agent, World } from './model.ts';
import { missing, notModelled } from './rest-answers.ts';
import { addBuildRoutes } from './rest-builds.ts';
import { agentDocument } from './rest-documents.ts';
import { spendRequest } from './rest-limits.ts';
import { asksForAgent, pageOf, refusedAgentFilter } from './rest-lists.ts';

/** The REST calls (v2) that the rig answers; of any other it says that it is the rig that does not model it (BK-8). */
export function restApi(world: World, book: Book, budgets: Budgets): Hono {
  const api = new Hono();
  api.use('*', async (c: Context, next) => {
    if (c.req.header('authorization') !== `Bearer ${world.apiToken}`) {
      book.countForeign();
      return c.json(
        {
          message:
            'Authentication required. Please supply a valid API Access Token: https://buildkite.com/docs/apis/rest-api#authentication',
        },
        401,
      );
    }
    const limited = spendRequest(c, budgets);
    if (limited !== undefined) return limited;
    return next();
  });
  addIdentity(api, world, book);
  addAgents(api, world, book);
  addBuildRoutes(api, world, book);
  api.all('*', (c) => {
    book.count(`${c.req.method} ${new URL(c.req.url).pathname}`);
    return notModelled(c);
  });
  return api;
}

function addIdentity(api: Hono, { organization, users }: World, book: Book): void {
  api.get('/access-token', (c) => {
    book.count('GET /v2/access-token');
    const scopes = [
      'read_agents',
      'write_agents',
      'read_builds',
      'write_builds',
      'read_pipelines',
      'graphql',
    ];
    return c.json({ uuid: users.operator.uuid, scopes });
  });
  api.get('/user', (c) => {
    book.count('GET /v2/user');
    const { uuid, name, email } = users.operator;
    return c.json({ id: uuid, graphql_id: graphqlId('User', uuid), name, email });
  });
  api.get('/organizations/:org', (c) => {
    book.count('GET /v2/organizations/:org');
    if (c.req.param('org') !== organization.slug) return missing(c, 'No organization found');
    const graphql_id = graphqlId('Organization', organization.uuid);
    return c.json({ id: organization.uuid, graphql_id, slug: organization.slug, name: organization.slug });
  });
}

function addAgents(api: Hono, world: World, book: Book): void {
  api.get('/organizations/:org/agents', (c) => {
    book.count('GET /v2/organizations/:org/agents');
    if (c.req.param('org') !== world.organization.slug) return missing(c, 'No organization found');
    const refused = refusedAgentFilter(c);
    if (refused !== undefined) return refused;
    const found = [...world.agents.values()].filter(isListed).filter(asksForAgent(c));
    return c.json(pageOf(c, found).map(agentDocument));
  });
  api.get('/organizations/:org/agents/:id', (c) => {
    book.count('GET /v2/organizations/:org/agents/:id');
    const agent = agentOf(world, c);
    return agent === undefined ? missing(c, 'No agent found') : c.json(agentDocument(agent));
  });
  api.put('/organizations/:org/agents/:id/stop', async (c) => {
    book.count('PUT /v2/organizations/:org/agents/:id/stop');
    const agent = agentOf(world, c);
    if (agent === undefined) return missing(c, 'No agent found');
    if (!isListed(agent)) return c.json({ message: 'Can only stop connected agents' }, 400);
    // Without a body the stop is forced, unlike GraphQL's.
    stopAgent(world, agent, world.users.operator, (await bodyOf(c))['force'] === false);
    return c.body(null, 204);
  });
}

function agentOf(world: World, c: Context): Agent | undefined {
  return c.req.param('org') === world.organization.slug
    ? world.agents.get(c.req.param('id') ?? '')
    : undefined;
}
