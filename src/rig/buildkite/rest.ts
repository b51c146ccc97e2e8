import { Hono } from 'hono';
import type { Context } from 'hono';
import { stopAgent } from './agents.ts';
import { bodyOf } from './body.ts';
import type { Book } from './book.ts';
import { graphqlId } from './ids.ts';
import type { Budgets } from './limits.ts';
import { isCommand } from './model.ts';
import type { Agent, Build, Job, World } from './model.ts';
import { iso } from './view.ts';

/** The few REST calls (v2) that the rig answers; anything else is Buildkite's own 404. */
export function restApi(world: World, book: Book, budgets: Budgets): Hono {
  const api = new Hono();
  api.use('*', async (c: Context, next) => {
    if (c.req.header('authorization') !== `Bearer ${world.apiToken}`) {
      book.countForeign();
      return c.json({ message: 'Authentication required. Please supply a valid API Access Token' }, 401);
    }
    const spent = spend(c, budgets);
    if (spent !== undefined) return spent;
    return next();
  });
  addReads(api, world, book);
  api.put('/organizations/:org/agents/:id/stop', async (c) => {
    book.count('PUT /v2/organizations/:org/agents/:id/stop');
    const agent = agentOf(world, c);
    if (agent === undefined) return missing(c, 'No agent found');
    if (agent.state !== 'connected' && agent.state !== 'stopping') {
      return c.json({ message: 'Can only stop connected agents' }, 400);
    }
    // Without a body the stop is forced, unlike GraphQL's.
    stopAgent(world, agent, world.users.operator, (await bodyOf(c))['force'] === false);
    return c.body(null, 204);
  });
  api.all('*', (c) => {
    book.count(`${c.req.method} ${new URL(c.req.url).pathname}`);
    return missing(c, 'Not Found');
  });
  return api;
}

function addReads(api: Hono, world: World, book: Book): void {
  const { organization, users } = world;
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
  api.get('/organizations/:org', (c) => {
    book.count('GET /v2/organizations/:org');
    if (c.req.param('org') !== organization.slug) return missing(c, 'No organization found');
    const graphql_id = graphqlId('Organization', organization.uuid);
    return c.json({ id: organization.uuid, graphql_id, slug: organization.slug, name: organization.slug });
  });
  api.get('/organizations/:org/agents/:id', (c) => {
    book.count('GET /v2/organizations/:org/agents/:id');
    const agent = agentOf(world, c);
    return agent === undefined ? missing(c, 'No agent found') : c.json(agentDocument(agent));
  });
  api.get('/organizations/:org/pipelines/:pipeline/builds/:number', (c) => {
    book.count('GET /v2/organizations/:org/pipelines/:pipeline/builds/:number');
    const build = buildOf(world, c);
    if (build === undefined) return missing(c, 'No build found');
    return c.json(buildDocument(world, build, c.req.query('include_retried_jobs') === 'true'));
  });
}

function spend(c: Context, { restOrganization, restUser }: Budgets): Response | undefined {
  const budget = restUser.left() === 0 ? restUser : restOrganization;
  const scope = budget === restUser ? 'rest_user' : 'rest';
  c.header('RateLimit-Remaining', String(restOrganization.left()));
  c.header('RateLimit-Limit', String(restOrganization.limit));
  c.header('RateLimit-Reset', String(budget.resetsInSeconds()));
  c.header('RateLimit-Scope', scope);
  if (budget.left() === 0) {
    const { limit } = budget;
    const message = 'You have exceeded your API rate limit. Please wait and try again.';
    return c.json({ message, scope, limit, current: limit + 1, reset: budget.resetsInSeconds() }, 429);
  }
  restOrganization.spend(1);
  restUser.spend(1);
  return undefined;
}

function missing(c: Context, message: string): Response {
  return c.json({ message }, 404);
}

function agentOf(world: World, c: Context): Agent | undefined {
  return c.req.param('org') === world.organization.slug
    ? world.agents.get(c.req.param('id') ?? '')
    : undefined;
}

function buildOf(world: World, c: Context): Build | undefined {
  if (c.req.param('org') !== world.organization.slug) return undefined;
  const pipeline = world.pipelines.find(({ slug }) => slug === c.req.param('pipeline'));
  return pipeline?.builds.find(({ number }) => String(number) === c.req.param('number'));
}

function buildDocument(world: World, build: Build, withRetried: boolean): Readonly<Record<string, unknown>> {
  const { number, branch, commit, message, source } = build;
  return {
    id: build.uuid,
    graphql_id: graphqlId('Build', build.uuid),
    web_url: `${world.url}/${world.organization.slug}/${build.pipeline.slug}/builds/${number}`,
    ...{ number, branch, commit, message, source },
    // REST has no blocked state: a build that waits for a person keeps what it was, with a flag.
    state:
      build.state === 'BLOCKED' ? (build.blockedState ?? 'PASSED').toLowerCase() : build.state.toLowerCase(),
    blocked: build.state === 'BLOCKED',
    cancel_reason: build.cancelReason,
    env: build.env,
    meta_data: Object.fromEntries(build.metaData),
    created_at: iso(build.createdAt),
    scheduled_at: iso(build.createdAt),
    started_at: iso(build.startedAt),
    finished_at: iso(build.finishedAt),
    pipeline: { id: build.pipeline.uuid, slug: build.pipeline.slug, name: build.pipeline.slug },
    jobs: build.jobs.filter((job) => withRetried || !job.retried).map((job) => jobDocument(world, job)),
  };
}

function jobDocument(world: World, job: Job): Readonly<Record<string, unknown>> {
  const base = {
    id: job.uuid,
    graphql_id: graphqlId('Job', job.uuid),
    step_key: job.step.key,
    name: job.label,
  };
  if (!isCommand(job))
    return { ...base, type: job.step.kind === 'wait' ? 'waiter' : 'manual', state: job.state.toLowerCase() };
  const next = [...world.jobs.values()].find(({ retrySource }) => retrySource === job);
  return {
    ...base,
    type: 'script',
    state: job.state === 'FINISHED' ? (job.passed ? 'passed' : 'failed') : job.state.toLowerCase(),
    command: job.command,
    soft_failed: job.softFailed,
    exit_status: job.exit === null ? null : Number(job.exit.exitStatus),
    signal: job.exit?.signal ?? null,
    signal_reason: job.exit?.signalReason ?? null,
    agent: job.agent === null ? null : agentDocument(job.agent),
    created_at: iso(job.createdAt),
    scheduled_at: iso(job.scheduledAt),
    runnable_at: iso(job.runnableAt),
    started_at: job.startedAt,
    finished_at: job.finishedAt,
    retried: job.retried,
    retried_in_job_id: next?.uuid ?? null,
    retries_count: job.retriesCount,
    retry_type: job.retryType?.toLowerCase() ?? null,
    retry_source: job.retrySource === null ? null : { job_id: job.retrySource.uuid },
    parallel_group_index: job.parallelIndex,
    parallel_group_total: job.parallelTotal,
  };
}

function agentDocument(agent: Agent): Readonly<Record<string, unknown>> {
  const { name, hostname, version } = agent;
  return {
    id: agent.uuid,
    graphql_id: graphqlId('Agent', agent.uuid),
    ...{ name, hostname, version },
    connection_state: agent.state,
    ip_address: '203.0.113.10',
    user_agent: agent.userAgent,
    priority: agent.priority,
    meta_data: agent.tags,
    created_at: iso(agent.createdAt),
    connected_at: iso(agent.connectedAt),
    disconnected_at: iso(agent.disconnectedAt),
    lost_at: iso(agent.lostAt),
    stopped_at: agent.state === 'stopped' ? iso(agent.disconnectedAt) : null,
  };
}
