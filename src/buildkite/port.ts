import type { Agent } from '../model/entities/agent.ts';
import type { Build } from '../model/entities/build.ts';
import type { Job } from '../model/entities/job.ts';
import type { Mark } from '../model/entities/mark.ts';
import type { ClockOffset, Pipeline, StepHistory } from '../model/entities/surroundings.ts';
import type { Answer, Call, Outcome } from '../model/call.ts';

/** A build with the command jobs that the same answer listed (without their histories: `events` null). */
export interface BuildWithJobs {
  readonly build: Build;
  readonly jobs: readonly Job[];
}

/** An ended job in a history. */
export interface EndedJob {
  readonly id: string;
  readonly step: string | null;
  readonly passed: boolean;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** A page of jobs, and the cursor of the next page; null if there is none. */
export interface JobsPage {
  readonly jobs: readonly EndedJob[];
  readonly next: string | null;
}

/** The port to Buildkite. Reads retry within their time. Never throws for a failure of the service. */
export interface Buildkite {
  /** The pipeline `organization/slug` and its open builds on a branch; `not-found` says whether the organization itself is missing. */
  pipeline(
    organization: string,
    slug: string,
    branch: string,
    signal: AbortSignal,
  ): Promise<Answer<Pipeline>>;
  /** The pipeline's own steps as YAML; null if Buildkite shows none. */
  pipelineSteps(organization: string, slug: string, signal: AbortSignal): Promise<Answer<string | null>>;
  /** One build by `organization/pipeline/number` or by UUID. */
  build(slugOrUuid: string, signal: AbortSignal): Promise<Answer<BuildWithJobs>>;
  /** Several builds by UUID, in one request for every fifty; each has its own answer, in the order of the UUIDs. */
  builds(uuids: readonly string[], signal: AbortSignal): Promise<readonly Answer<BuildWithJobs>[]>;
  /** The build with the mark in its meta-data, or null if the pipeline has none. */
  buildOfDrill(
    organization: string,
    pipeline: string,
    mark: Mark,
    signal: AbortSignal,
  ): Promise<Answer<BuildWithJobs | null>>;
  /**
   * Durations of the last `limit` (1 to 500) passed jobs of a step, newest first. Each attempt is a job; running jobs and
   * jobs without a start are left out. Fewer are returned if the pipeline has no more.
   */
  stepHistory(
    organization: string,
    pipeline: string,
    step: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<Answer<StepHistory>>;
  /** At most 100 ended jobs of a pipeline, newest first; `after` is `next` of the page before. About 300 points. */
  pastJobs(
    organization: string,
    pipeline: string,
    after: string | null,
    signal: AbortSignal,
  ): Promise<Answer<JobsPage>>;
  /** UUIDs of the agents of a pipeline's latest 100 ended jobs, the latest first. About 400 points. */
  pastWorkers(
    organization: string,
    pipeline: string,
    signal: AbortSignal,
  ): Promise<Answer<readonly string[]>>;
  /** One job with all its events. */
  job(uuid: string, signal: AbortSignal): Promise<Answer<Job>>;
  /** One agent, also a lost or disconnected one, with its latest jobs (without their events). */
  agent(
    organization: string,
    uuid: string,
    signal: AbortSignal,
  ): Promise<Answer<{ agent: Agent; jobs: readonly Job[] }>>;
  /** Agents with a tag `key=value`; connected and stopping ones only, as Buildkite lists no others. */
  agentsWithTag(
    organization: string,
    tag: string,
    signal: AbortSignal,
  ): Promise<Answer<{ agents: readonly Agent[]; complete: boolean }>>;
  /** Connected and stopping agents whose host has one of these names (`isHostOf`). Not `complete` above 500 agents. */
  agentsOnHost(
    organization: string,
    hostnames: readonly string[],
    signal: AbortSignal,
  ): Promise<Answer<{ agents: readonly Agent[]; complete: boolean }>>;
  /** Starts a build. Sent once; after an unknown outcome the caller first looks for the build by its meta-data. */
  createBuild(
    call: Extract<Call, { kind: 'create-build' }>,
    signal: AbortSignal,
  ): Promise<Outcome<BuildWithJobs>>;
  cancelBuild(call: Extract<Call, { kind: 'cancel-build' }>, signal: AbortSignal): Promise<Outcome<null>>;
  /** Offset of the server's clock from ours at the latest answer; null before the first one or without a `Date` header. */
  clock(): ClockOffset | null;
}
