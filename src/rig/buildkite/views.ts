import { isListed } from './agents.ts';
import { connection } from './connections.ts';
import type { PageArgs } from './connections.ts';
import { graphqlId } from './ids.ts';
import { isCommand } from './model.ts';
import type { Agent, Annotation, Build, Job, Pipeline, World } from './model.ts';
import { jobView } from './job-views.ts';
import { iso, userView } from './view.ts';
import type { View, Views } from './view.ts';

const LARGEST_META_DATA_PAGE = 10_000;

interface JobArgs extends PageArgs {
  readonly order?: 'RECENTLY_ASSIGNED' | 'RECENTLY_CREATED';
  readonly state?: readonly string[] | null;
  readonly type?: readonly string[] | null;
  readonly step?: { readonly key?: readonly string[] | null } | null;
  readonly passed?: boolean | null;
  readonly priority?: { readonly number?: readonly number[] | null } | null;
}

interface BuildArgs extends PageArgs {
  readonly branch?: readonly string[] | null;
  readonly commit?: readonly string[] | null;
  readonly state?: readonly string[] | null;
  readonly metaData?: readonly string[] | null;
  readonly createdAtFrom?: string | null;
  readonly createdAtTo?: string | null;
}

interface AgentArgs extends PageArgs {
  readonly metaData?: readonly string[] | null;
  readonly isRunningJob?: boolean | null;
  readonly search?: string | null;
  readonly paused?: boolean | null;
}

/** Every view over one world. */
export function viewsOf(world: World): Views {
  const views: Views = {
    world,
    organization: () => organizationView(views),
    pipeline: (pipeline) => pipelineView(views, pipeline),
    build: (build) => buildView(views, build),
    job: (job) => jobView(views, job),
    agent: (agent) => agentView(views, agent),
  };
  return views;
}

function organizationView(views: Views): View {
  const { world } = views;
  const { uuid, slug } = world.organization;
  return {
    __typename: 'Organization',
    id: graphqlId('Organization', uuid),
    uuid,
    slug,
    name: slug,
    agents: (args: AgentArgs) => connection(listedAgents(world, args), args, views.agent),
    pipelines: (args: PageArgs & { readonly search?: string | null }) =>
      connection(
        world.pipelines.filter((pipeline) => pipeline.slug.includes(args.search ?? '')),
        args,
        views.pipeline,
      ),
  };
}

/** Only agents that are there are listed; a lost one is found by its id alone. */
function listedAgents(world: World, args: AgentArgs): readonly Agent[] {
  return [...world.agents.values()].filter(
    (agent) =>
      isListed(agent) &&
      passesFilter(world, agent, args.metaData ?? []) &&
      (args.isRunningJob ?? isRunning(agent)) === isRunning(agent) &&
      args.paused !== true &&
      agent.name.includes(args.search ?? ''),
  );
}

/** Whether the filter by tags lets an agent through; `partial`: it overlooks agents that have a job. */
function passesFilter(world: World, agent: Agent, wanted: readonly string[]): boolean {
  const { agentFilter } = world.knobs;
  if (wanted.length === 0 || agentFilter === 'ignored') return true;
  if (agentFilter === 'nothing' || (agentFilter === 'partial' && agent.job !== null)) return false;
  return wanted.every((tag) => agent.tags.includes(tag));
}

function isRunning(agent: Agent): boolean {
  return agent.job !== null && agent.job.state !== 'ASSIGNED';
}

function pipelineView(views: Views, pipeline: Pipeline): View {
  const { world } = views;
  return {
    __typename: 'Pipeline',
    id: graphqlId('Pipeline', pipeline.uuid),
    uuid: pipeline.uuid,
    slug: pipeline.slug,
    name: pipeline.slug,
    archived: false,
    url: `${world.url}/${world.organization.slug}/${pipeline.slug}`,
    createdAt: iso(pipeline.createdAt),
    defaultBranch: pipeline.defaultBranch,
    cancelIntermediateBuilds: pipeline.cancelIntermediateBuilds,
    cancelIntermediateBuildsBranchFilter: null,
    skipIntermediateBuilds: pipeline.skipIntermediateBuilds,
    skipIntermediateBuildsBranchFilter: null,
    nextBuildNumber: pipeline.builds.length + 1,
    steps: { yaml: pipeline.yaml },
    organization: () => views.organization(),
    builds: (args: BuildArgs) => connection(matchingBuilds(pipeline, args), args, views.build),
    jobs: (args: JobArgs) =>
      jobConnection(
        views,
        pipeline.builds.flatMap((build) => build.jobs),
        args,
      ),
  };
}

function matchingBuilds(pipeline: Pipeline, args: BuildArgs): readonly Build[] {
  const from = args.createdAtFrom ? Date.parse(args.createdAtFrom) : -Infinity;
  const to = args.createdAtTo ? Date.parse(args.createdAtTo) : Infinity;
  return pipeline.builds
    .filter(
      (build) =>
        within(args.branch, build.branch) &&
        within(args.commit, build.commit) &&
        within(args.state, build.state) &&
        build.createdAt >= from &&
        build.createdAt <= to &&
        (args.metaData ?? []).every((wanted) => hasMetaData(build, wanted)),
    )
    .reverse();
}

/** How a filter joins key and value is documented nowhere, so both ways are understood. */
function hasMetaData(build: Build, wanted: string): boolean {
  return [...build.metaData].some(
    ([key, value]) => wanted === `${key}:${value}` || wanted === `${key}=${value}`,
  );
}

function within<T>(wanted: readonly T[] | null | undefined, got: T): boolean {
  return wanted === null || wanted === undefined || wanted.length === 0 || wanted.includes(got);
}

const SOURCES = {
  api: 'BuildSourceAPI',
  ui: 'BuildSourceFrontend',
  trigger_job: 'BuildSourceTriggerJob',
} as const;

function buildView(views: Views, build: Build): View {
  const { world } = views;
  const { uuid, number, branch, commit, message, state, blockedState, cancelReason, rebuiltFrom } = build;
  return {
    __typename: 'Build',
    id: graphqlId('Build', uuid),
    ...{ uuid, number, branch, commit, message, state, blockedState, cancelReason },
    url: `${world.url}/${world.organization.slug}/${build.pipeline.slug}/builds/${number}`,
    env: Object.entries(build.env).map(([key, value]) => `${key}=${value}`),
    createdAt: iso(build.createdAt),
    scheduledAt: iso(build.createdAt),
    startedAt: iso(build.startedAt),
    failingAt: iso(build.failingAt),
    finishedAt: iso(build.finishedAt),
    canceledAt: iso(build.canceledAt),
    canceledBy: () => userView(build.canceledBy),
    createdBy: () => userView(build.createdBy),
    source: {
      __typename: SOURCES[build.source],
      name: build.source,
    },
    triggeredFrom: () => (build.triggeredFrom === null ? null : views.job(build.triggeredFrom)),
    rebuiltFrom: () => (rebuiltFrom === null ? null : views.build(rebuiltFrom)),
    pipeline: () => views.pipeline(build.pipeline),
    organization: () => views.organization(),
    metaData: (args: PageArgs) =>
      connection(
        [...build.metaData].map(([key, value]) => ({ uuid: key, key, value })),
        args,
        (item) => item,
        LARGEST_META_DATA_PAGE,
      ),
    annotations: (args: PageArgs) => connection(build.annotations, args, annotationView),
    jobs: (args: JobArgs) =>
      jobConnection(
        views,
        build.jobs.filter((job) => world.knobs.retriedJobsListed || !job.retried),
        args,
      ),
  };
}

/** An annotation. */
export function annotationView(annotation: Annotation): View {
  const { uuid, context, priority, scope, style, body } = annotation;
  return {
    __typename: 'Annotation',
    id: graphqlId('Annotation', uuid),
    ...{ uuid, context, priority, scope, style },
    body: { text: body, html: null },
    createdAt: iso(annotation.createdAt),
    updatedAt: iso(annotation.updatedAt),
  };
}

function jobConnection(views: Views, jobs: readonly Job[], args: JobArgs): View {
  const found = jobs.filter(
    (job) =>
      within(args.state, job.state) &&
      within(args.type, job.step.kind.toUpperCase()) &&
      within(args.step?.key, job.step.key ?? '') &&
      (args.passed ?? job.passed) === job.passed &&
      within(args.priority?.number, isCommand(job) ? job.step.priority : 0),
  );
  const byAssignment = args.order === 'RECENTLY_ASSIGNED';
  found.sort(
    (a, b) => (byAssignment ? (b.assignedAt ?? 0) - (a.assignedAt ?? 0) : 0) || b.queuedAs - a.queuedAs,
  );
  return connection(found, args, views.job);
}

function agentView(views: Views, agent: Agent): View {
  const { world } = views;
  const { uuid, name, hostname, pid, version, userAgent, priority, tags } = agent;
  return {
    __typename: 'Agent',
    id: graphqlId('Agent', uuid),
    ...{ uuid, name, hostname, pid, version, userAgent, priority, metaData: tags },
    // The address an agent connects from is the network's public one, so it says nothing about the task.
    ipAddress: '203.0.113.10',
    connectionState: world.knobs.connectionState === 'upper' ? agent.state.toUpperCase() : agent.state,
    createdAt: iso(agent.createdAt),
    connectedAt: iso(agent.connectedAt),
    heartbeatAt: iso(agent.heartbeatAt),
    pingedAt: iso(agent.heartbeatAt),
    disconnectedAt: iso(agent.disconnectedAt),
    lostAt: iso(agent.lostAt),
    stoppedGracefullyAt: iso(agent.stoppedGracefullyAt),
    stoppedGracefullyBy: () => userView(agent.stoppedGracefullyBy),
    stopForcedAt: iso(agent.stopForcedAt),
    stopForcedBy: () => userView(agent.stopForcedBy),
    paused: false,
    isRunningJob: isRunning(agent),
    job: () => (agent.job !== null && isRunning(agent) ? views.job(agent.job) : null),
    jobs: (args: JobArgs) => jobConnection(views, agent.jobs, args),
    organization: () => views.organization(),
  };
}
