import { graphqlId } from './ids.ts';
import { isCommand } from './model.ts';
import type { Agent, Annotation, Artifact, Build, Job, Pipeline, World } from './model.ts';
import { queueOf } from './progress.ts';
import { iso } from './view.ts';

type Document = Readonly<Record<string, unknown>>;

/** What a reader asks to leave out of a build, or to add. */
export interface Shown {
  readonly retriedJobs: boolean;
  readonly jobs: boolean;
  readonly pipeline: boolean;
}

/** A build as REST shows it. */
export function buildDocument(world: World, build: Build, shown: Shown): Document {
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
    creator: { id: build.createdBy.uuid, name: build.createdBy.name, email: build.createdBy.email },
    ...(shown.pipeline ? { pipeline: pipelineDocument(world, build.pipeline) } : {}),
    ...(shown.jobs
      ? {
          jobs: build.jobs.filter((job) => shown.retriedJobs || !job.retried).map(jobDocument),
        }
      : {}),
  };
}

/** A pipeline as REST shows it. */
export function pipelineDocument(world: World, pipeline: Pipeline): Document {
  const { uuid, slug } = pipeline;
  return {
    id: uuid,
    graphql_id: graphqlId('Pipeline', uuid),
    web_url: `${world.url}/${world.organization.slug}/${slug}`,
    name: slug,
    slug,
    default_branch: pipeline.defaultBranch,
    created_at: iso(pipeline.createdAt),
    archived_at: null,
    configuration: pipeline.yaml,
  };
}

const TYPES = { command: 'script', wait: 'waiter', block: 'manual', trigger: 'trigger' } as const;

function jobDocument(job: Job): Document {
  const base = {
    id: job.uuid,
    graphql_id: graphqlId('Job', job.uuid),
    step_key: job.step.key,
    name: job.label,
  };
  if (!isCommand(job)) return { ...base, type: TYPES[job.step.kind], state: job.state.toLowerCase() };
  // A retry belongs to the same build.
  const next = job.retried ? job.build.jobs.find(({ retrySource }) => retrySource === job) : undefined;
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

/** An agent as REST shows it. */
export function agentDocument(agent: Agent): Document {
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
    queue: queueOf(agent.tags),
    created_at: iso(agent.createdAt),
    connected_at: iso(agent.connectedAt),
    disconnected_at: iso(agent.disconnectedAt),
    lost_at: iso(agent.lostAt),
    stopped_at: agent.state === 'stopped' ? iso(agent.disconnectedAt) : null,
  };
}

/** An annotation as REST shows it. */
export function annotationDocument(annotation: Annotation): Document {
  const { uuid, context, style, priority, body } = annotation;
  return {
    id: uuid,
    ...{ context, style: style.toLowerCase(), priority },
    body_html: body,
    created_at: iso(annotation.createdAt),
    updated_at: iso(annotation.updatedAt),
  };
}

/** An artifact as REST shows it. */
export function artifactDocument(base: string, artifact: Artifact): Document {
  const { uuid, job, state, path, size, sha1 } = artifact;
  const url = `${base}/jobs/${job.uuid}/artifacts/${uuid}`;
  return {
    id: uuid,
    job_id: job.uuid,
    ...{ url, download_url: `${base}/artifacts/${uuid}/download` },
    ...{ state, path, file_size: size, sha1sum: sha1 },
    filename: path.split('/').at(-1),
    dirname: path.split('/').slice(0, -1).join('/'),
  };
}
