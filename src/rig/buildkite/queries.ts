import { GraphQLError } from 'graphql';
import { annotate } from './annotations.ts';
import { stopAgent } from './agents.ts';
import * as builds from './builds.ts';
import { connection, type PageArgs } from './connections.ts';
import { graphqlId, uuidOf } from './ids.ts';
import { isCommand } from './model.ts';
import type { Agent, Build, Job, Pipeline, World } from './model.ts';
import { userView } from './view.ts';
import type { View, Views } from './view.ts';
import { annotationView } from './views.ts';

interface Named {
  readonly slug?: string | null;
  readonly uuid?: string | null;
}

/** The root of every query and mutation. */
export function rootOf(world: World, views: Views): View {
  return { ...queries(world, views), ...buildMutations(world, views), ...jobMutations(world, views) };
}

function queries(world: World, views: Views): View {
  const { organization, users } = world;
  return {
    viewer: () => ({
      __typename: 'Viewer',
      id: graphqlId('Viewer', users.operator.uuid),
      user: userView(users.operator),
      organizations: (page: PageArgs) => connection([organization], page, views.organization),
    }),
    organization: ({ slug, uuid }: Named) =>
      slug === organization.slug || uuid === organization.uuid ? views.organization() : null,
    pipeline: (named: Named) => seen(pipelineNamed(world, named), views.pipeline),
    build: (named: Named) => seen(buildNamed(world, named), views.build),
    job: ({ uuid }: { readonly uuid: string }) => seen(world.jobs.get(uuid), views.job),
    agent: ({ slug }: { readonly slug: string }) => seen(agentNamed(world, slug), views.agent),
    node: ({ id }: { readonly id: string }) => nodeOf(world, views, id),
  };
}

function seen<T>(thing: T | undefined, view: (thing: T) => View): View | null {
  return thing === undefined ? null : view(thing);
}

function pipelineNamed(world: World, { slug, uuid }: Named): Pipeline | undefined {
  return world.pipelines.find(
    (pipeline) => slug === `${world.organization.slug}/${pipeline.slug}` || uuid === pipeline.uuid,
  );
}

function buildNamed(world: World, { slug, uuid }: Named): Build | undefined {
  if (uuid) return world.builds.get(uuid);
  const [organization, pipeline, number] = (slug ?? '').split('/');
  const found = pipelineNamed(world, { slug: `${organization ?? ''}/${pipeline ?? ''}` });
  return found?.builds.find((build) => String(build.number) === number);
}

function agentNamed(world: World, slug: string): Agent | undefined {
  const [organization, uuid] = slug.split('/');
  const agent = organization === world.organization.slug ? world.agents.get(uuid ?? '') : undefined;
  return agent?.state === 'lost' && world.knobs.lostAgentBySlug === 'null' ? undefined : agent;
}

function nodeOf(world: World, views: Views, id: string): View | null {
  const { agents, builds: all, jobs } = world;
  return (
    seen(all.get(uuidOf('Build', id) ?? ''), views.build) ??
    seen(jobs.get(uuidOf('Job', id) ?? ''), views.job) ??
    seen(agents.get(uuidOf('Agent', id) ?? ''), views.agent) ??
    seen(
      world.pipelines.find(({ uuid }) => uuid === uuidOf('Pipeline', id)),
      views.pipeline,
    ) ??
    (uuidOf('Organization', id) === world.organization.uuid ? views.organization() : null)
  );
}

interface BuildCreateInput {
  readonly pipelineID: string;
  readonly branch?: string | null;
  readonly commit?: string | null;
  readonly message?: string | null;
  readonly env?: readonly string[] | null;
  readonly metaData?: readonly { readonly key: string; readonly value: string }[] | null;
  readonly author?: { readonly name: string; readonly email: string } | null;
  readonly clientMutationId?: string | null;
}

interface IdInput {
  readonly id: string;
  readonly clientMutationId?: string | null;
}

interface Input<T> {
  readonly input: T;
}

function buildMutations(world: World, views: Views): View {
  const { operator } = world.users;
  return {
    buildCreate: ({ input }: Input<BuildCreateInput>) => {
      const pipeline = world.pipelines.find(({ uuid }) => uuid === uuidOf('Pipeline', input.pipelineID));
      if (pipeline === undefined) throw new GraphQLError('No pipeline found');
      const { branch = null, commit = null, message = null, author = null } = input;
      const wish = {
        branch,
        commit,
        message,
        author,
        env: pairs(input.env ?? []),
        metaData: input.metaData ?? [],
      };
      const build = builds.createBuild(world, pipeline, { ...wish, source: 'api', createdBy: operator });
      return { ...echo(input), build: views.build(build) };
    },
    buildCancel: ({ input }: Input<IdInput>) => {
      const build = buildById(world, input.id);
      refusable(() => builds.cancelBuild(world, build, operator, null));
      return { ...echo(input), build: views.build(build) };
    },
    buildRebuild: ({ input }: Input<IdInput>) => {
      const build = buildById(world, input.id);
      const rebuilt = builds.rebuild(world, build, operator, 'api');
      return { ...echo(input), build: views.build(build), rebuild: views.build(rebuilt) };
    },
    buildAnnotate: ({ input }: Input<AnnotateInput>) => {
      const build = buildById(world, input.buildID);
      const { body, context, style, append, priority } = input;
      const wish = { body: body ?? '', context, style, append, priority, scope: 'BUILD' as const };
      const node = annotationView(annotate(world, build, wish));
      const annotationEdge = { cursor: node['uuid'], node };
      return { ...echo(input), build: views.build(build), annotation: node, annotationEdge };
    },
  };
}

interface AnnotateInput {
  readonly buildID: string;
  readonly body?: string | null;
  readonly context: string;
  readonly style: string;
  readonly append: boolean;
  readonly priority: number;
  readonly clientMutationId?: string | null;
}

function jobMutations(world: World, views: Views): View {
  const { operator } = world.users;
  return {
    jobTypeCommandRetry: ({ input }: Input<IdInput>) => {
      const job = jobById(world, input.id);
      const next = refusable(() => builds.retryByHand(world, job, operator));
      return { ...echo(input), jobTypeCommand: views.job(job), retriedInJobTypeCommand: views.job(next) };
    },
    jobTypeCommandCancel: ({ input }: Input<IdInput>) => {
      const job = jobById(world, input.id);
      refusable(() => builds.cancelByHand(world, job, operator));
      return { ...echo(input), jobTypeCommand: views.job(job) };
    },
    jobTypeBlockUnblock: ({ input }: Input<IdInput>) => {
      const job = world.jobs.get(uuidOf('Job', input.id) ?? '');
      if (job === undefined || job.step.kind !== 'block') throw new GraphQLError('No job found');
      refusable(() => builds.unblock(world, job, operator));
      return { ...echo(input), jobTypeBlock: views.job(job) };
    },
    agentStop: ({ input }: Input<IdInput & { readonly graceful: boolean | null }>) => {
      const agent = world.agents.get(uuidOf('Agent', input.id) ?? '');
      if (agent === undefined) throw new GraphQLError('No agent found');
      if (agent.state !== 'connected' && agent.state !== 'stopping') {
        throw new GraphQLError('This agent is not connected and cannot be stopped');
      }
      stopAgent(world, agent, operator, input.graceful !== false);
      return { ...echo(input), agent: views.agent(agent) };
    },
  };
}

function echo(input: { readonly clientMutationId?: string | null }): View {
  return { clientMutationId: input.clientMutationId ?? null };
}

function buildById(world: World, id: string): Build {
  const build = world.builds.get(uuidOf('Build', id) ?? '');
  if (build === undefined) throw new GraphQLError('No build found');
  return build;
}

function jobById(world: World, id: string): Job {
  const job = world.jobs.get(uuidOf('Job', id) ?? '');
  if (job === undefined || !isCommand(job)) throw new GraphQLError('No job found');
  return job;
}

function refusable<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof builds.NotPossible) throw new GraphQLError(error.message);
    throw error;
  }
}

/** `K=V` lines, as buildCreate takes them. */
function pairs(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines.map((line) => {
      const cut = line.indexOf('=');
      return cut === -1 ? [line, ''] : [line.slice(0, cut), line.slice(cut + 1)];
    }),
  );
}
