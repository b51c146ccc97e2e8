import { Connection } from '../model/entities/agent.ts';
import type { Agent } from '../model/entities/agent.ts';
import { BuildState } from '../model/entities/build.ts';
import type { Build } from '../model/entities/build.ts';
import { JobEvent, JobState } from '../model/entities/job.ts';
import type { Job } from '../model/entities/job.ts';
import { DRILL_KEY } from '../model/entities/mark.ts';
import type { Pipeline } from '../model/entities/surroundings.ts';
import { BUILD_PATH, nodesOf } from './answers.ts';
import type { AgentFields, BuildFields, EventFields, JobFields, PipelineFields } from './answers.ts';
import { readSteps, type Steps } from './steps.ts';

type MetaDataPage = Exclude<BuildFields['metaData'], undefined>;
type Where = { readonly buildId: string; readonly buildSlug: string | null };

/** A build's meta-data as a record. */
export function metaDataOf(page: MetaDataPage): Record<string, string> {
  return Object.fromEntries(page === null ? [] : nodesOf(page).map(({ key, value }) => [key, value]));
}

/** A build in our model. `jobs` are those of a whole listing; null if the read asked for none, or for some steps only. */
export function buildOf(fields: BuildFields, jobs: readonly Job[] | null, jobsComplete: boolean): Build {
  const state = BuildState.safeParse(fields.state.toLowerCase());
  const [, organization = '', pipeline = ''] = BUILD_PATH.exec(fields.url) ?? [];
  return {
    id: fields.uuid,
    nodeId: fields.id,
    number: fields.number,
    url: fields.url,
    organization,
    pipeline,
    branch: fields.branch,
    state: state.success ? state.data : 'other',
    rawState: fields.state,
    createdAt: fields.createdAt,
    startedAt: fields.startedAt,
    finishedAt: fields.finishedAt,
    canceledAt: fields.canceledAt,
    canceledBy: fields.canceledBy?.name ?? null,
    cancelReason: fields.cancelReason,
    metaData: fields.metaData === undefined ? null : metaDataOf(fields.metaData),
    jobs: jobs?.map((job) => job.id) ?? null,
    jobsComplete,
  };
}

/** The build of a job; the slug is read from the URL, because each requested object costs points. */
export function whereOfJob(build: { readonly uuid: string; readonly url: string } | null): Where {
  if (build === null) return { buildId: '', buildSlug: null };
  const [, organization, pipeline, number] = BUILD_PATH.exec(build.url) ?? [];
  const known = organization !== undefined && pipeline !== undefined && number !== undefined;
  return { buildId: build.uuid, buildSlug: known ? `${organization}/${pipeline}/${number}` : null };
}

/** A command job in our model. */
export function jobOf(fields: JobFields, where: Where, events: readonly EventFields[] | null): Job {
  const state = JobState.safeParse(fields.state.toLowerCase());
  return {
    id: fields.uuid,
    buildId: where.buildId,
    buildSlug: where.buildSlug,
    url: fields.url,
    stepKey: fields.step?.key ?? null,
    label: fields.label,
    state: state.success ? state.data : 'other',
    rawState: fields.state,
    passed: fields.passed,
    softFailed: fields.softFailed,
    exitStatus: fields.exitStatus,
    signal: fields.signal,
    signalReason: fields.signalReason?.toLowerCase() ?? null,
    retried: fields.retried,
    retryOf: fields.retrySource?.uuid ?? null,
    retryType: retryTypeOf(fields.retryType),
    agentId: fields.agent?.uuid ?? null,
    parallelIndex: fields.parallelGroupIndex,
    runnableAt: fields.runnableAt,
    startedAt: fields.startedAt,
    finishedAt: fields.finishedAt,
    canceledAt: fields.canceledAt,
    events: events === null ? null : events.map(eventOf),
  };
}

function retryTypeOf(raw: string | null): Job['retryType'] {
  const type = raw?.toLowerCase();
  return type === 'automatic' || type === 'manual' ? type : null;
}

function eventOf(fields: EventFields): JobEvent {
  const actor = JobEvent.shape.actor.safeParse(fields.actor?.type.toLowerCase());
  return {
    type: fields.type,
    at: fields.timestamp,
    actor: actor.success ? actor.data : 'other',
    exitStatus:
      fields.exitStatus === null || fields.exitStatus === undefined ? null : String(fields.exitStatus),
    signal: fields.signal ?? null,
    signalReason: fields.signalReason?.toLowerCase() ?? null,
  };
}

/** An agent in our model. */
export function agentOf(fields: AgentFields, jobs: readonly string[] | null): Agent {
  const connection = Connection.safeParse(fields.connectionState.toLowerCase());
  return {
    id: fields.uuid,
    nodeId: fields.id,
    name: fields.name,
    hostname: fields.hostname,
    tags: tagsOf(fields.metaData ?? []),
    connection: connection.success ? connection.data : 'other',
    rawConnection: fields.connectionState,
    connectedAt: fields.connectedAt,
    disconnectedAt: fields.disconnectedAt,
    lostAt: fields.lostAt,
    stoppedGracefullyAt: fields.stoppedGracefullyAt,
    stoppedGracefullyBy: fields.stoppedGracefullyBy?.name ?? null,
    stopForcedAt: fields.stopForcedAt,
    stopForcedBy: fields.stopForcedBy?.name ?? null,
    version: fields.version,
    isRunningJob: fields.isRunningJob,
    jobs: jobs === null ? null : [...jobs],
  };
}

/** The tags as a record; a tag without a value has an empty one. */
function tagsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** Variables are filled in when steps are uploaded; that of the branch is the one in use, and another is not known here. */
function withBranch(steps: Steps, own: string): Steps {
  const fill = (branch: string | null): string | null =>
    branch?.replace(/\$BUILDKITE_BRANCH\b|\$\{BUILDKITE_BRANCH\}/g, () => own) ?? null;
  const triggers = steps.triggers.map(({ pipeline, branch }) => ({ pipeline, branch: fill(branch) }));
  return { ...steps, triggers };
}

/** A pipeline in our model, with the builds of the branch. */
export function pipelineOf(fields: PipelineFields, branch: string, defaultBranch: string): Pipeline {
  return {
    nodeId: fields.id,
    slug: fields.slug,
    url: fields.url,
    branch,
    defaultBranch,
    cancelIntermediateBuilds: fields.cancelIntermediateBuilds,
    cancelIntermediateFilter: fields.cancelIntermediateBuildsBranchFilter,
    skipIntermediateBuilds: fields.skipIntermediateBuilds,
    skipIntermediateFilter: fields.skipIntermediateBuildsBranchFilter,
    ...withBranch(readSteps(fields.steps?.yaml ?? null), branch),
    openBuilds: nodesOf(fields.builds).map((build) => ({
      number: build.number,
      url: build.url,
      drill: metaDataOf(build.metaData)[DRILL_KEY] ?? null,
    })),
  };
}
