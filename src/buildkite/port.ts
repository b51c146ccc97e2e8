import type { Agent } from '../model/entities/agent.ts';
import type { Budget } from '../model/entities/budget.ts';
import type { Build } from '../model/entities/build.ts';
import type { Job } from '../model/entities/job.ts';
import type { Mark } from '../model/entities/mark.ts';
import type { AgentInstant, BuildkiteInstant } from '../model/instants.ts';
import type { ClockOffset, Pipeline, StepHistory } from '../model/entities/surroundings.ts';
import type { StepName } from '../model/step-name.ts';
import type { Answer, Outcome } from '../model/answer.ts';
import type { Call } from '../model/call.ts';

/** Which command jobs of a build to list: every one, at three points a job, or those of the steps with these keys. */
export type JobsWanted = 'all' | readonly string[];

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

/** The user to whom a token belongs. */
export interface TokenUser {
  readonly name: string;
  readonly email: string;
}

/** A command job of a past build as the REST API lists it; every attempt of a step is a job. */
export interface PastAttempt {
  readonly id: string;
  /** The step's key, else its label. */
  readonly step: string | null;
  /** In lower case; `passed` or `failed` for a job that finished. */
  readonly state: string;
  readonly softFailed: boolean;
  readonly exitStatus: number | null;
  /** Undefined where the answer does not have the field. */
  readonly signal: string | null | undefined;
  readonly signalReason: string | null | undefined;
  readonly retried: boolean;
  readonly retryOf: string | null;
  readonly retryType: 'automatic' | 'manual' | null;
  readonly agent: PastAgent | null;
  readonly runnableAt: BuildkiteInstant | null;
  readonly startedAt: AgentInstant | null;
  /** By the agent's clock; by Buildkite's if the agent was given up. */
  readonly finishedAt: AgentInstant | null;
}

/** The agent of a past job, as it is now. */
export interface PastAgent {
  readonly id: string;
  readonly version: string | null;
  readonly queue: string | null;
  readonly lostAt: BuildkiteInstant | null;
}

/** A build with all its command jobs, those that were retried among them. */
export interface PastBuild {
  readonly id: string;
  readonly pipeline: string;
  readonly number: number;
  readonly branch: string;
  /** In lower case. */
  readonly state: string;
  readonly createdAt: BuildkiteInstant;
  readonly finishedAt: BuildkiteInstant | null;
  readonly attempts: readonly PastAttempt[];
}

/** Which past builds to read: those created from an instant on and before another, the newest first. */
export interface PastBuildsWanted {
  readonly organization: string;
  /** Null: every pipeline that the token may see. */
  readonly pipeline: string | null;
  readonly createdFrom: BuildkiteInstant;
  readonly createdTo: BuildkiteInstant;
  /** How many of them the caller has had already. */
  readonly skip: number;
}

/** Some of the builds that were asked for; `more`: older ones follow. */
export interface PastBuildsPage {
  readonly builds: readonly PastBuild[];
  readonly more: boolean;
}

/** The port to Buildkite's REST API, which only reads. Never throws for a failure of the service. */
export interface BuildkiteRest {
  /** As many builds as fit into one answer, at most 100. One request, or several where an answer would be too large. */
  pastBuilds(wanted: PastBuildsWanted, signal: AbortSignal): Promise<Answer<PastBuildsPage>>;
  /** How long to rest before the next read so that half of the user's and of the organization's limit is left to others, milliseconds. */
  restFor(): number;
  /** Requests so far. */
  requests(): number;
}

/** The port to Buildkite. Reads retry within their time. Never throws for a failure of the service. */
export interface Buildkite {
  /** The user of the token; null if the token belongs to none. */
  viewer(signal: AbortSignal): Promise<Answer<TokenUser | null>>;
  /** Slugs of the organization's first 200 pipelines, in their order. About 200 points. */
  pipelineSlugs(organization: string, signal: AbortSignal): Promise<Answer<readonly string[]>>;
  /** The pipeline `organization/slug` and its open builds on a branch (null: its default branch); `not-found` says whether the organization itself is missing. */
  pipeline(
    organization: string,
    slug: string,
    branch: string | null,
    signal: AbortSignal,
  ): Promise<Answer<Pipeline>>;
  /** The pipeline's own steps as YAML; null if Buildkite shows none. */
  pipelineSteps(organization: string, slug: string, signal: AbortSignal): Promise<Answer<string | null>>;
  /** One build by `organization/pipeline/number` or by UUID. Its meta-data are read unless only some steps are listed. */
  build(slugOrUuid: string, jobs: JobsWanted, signal: AbortSignal): Promise<Answer<BuildWithJobs>>;
  /** UUIDs of the builds that the trigger steps of a build have started so far, of the newest 100 of them. */
  triggeredBuilds(uuid: string, signal: AbortSignal): Promise<Answer<readonly string[]>>;
  /** Several builds by UUID, in one request for every fifty; each has its own answer, in the order of the UUIDs. */
  builds(
    uuids: readonly string[],
    jobs: JobsWanted,
    signal: AbortSignal,
  ): Promise<readonly Answer<BuildWithJobs>[]>;
  /** The build with the mark in its meta-data, without its jobs; null if the pipeline has none. */
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
    step: StepName,
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
  /**
   * Agents with a tag `key=value`; connected and stopping ones only, as Buildkite lists no others. Buildkite's filter for
   * tags is not documented: whoever knows an agent that is missing asks for all `agents`.
   */
  agentsWithTag(
    organization: string,
    tag: string,
    signal: AbortSignal,
  ): Promise<Answer<{ agents: readonly Agent[]; complete: boolean }>>;
  /** All connected and stopping agents, about a point each. Not `complete` above 1,000 agents. */
  agents(
    organization: string,
    signal: AbortSignal,
  ): Promise<Answer<{ agents: readonly Agent[]; complete: boolean }>>;
  /** Starts a build, and lists none of its jobs. Sent once; after an unknown outcome the caller first looks for the build by its meta-data. */
  createBuild(
    call: Extract<Call, { kind: 'create-build' }>,
    signal: AbortSignal,
  ): Promise<Outcome<BuildWithJobs>>;
  cancelBuild(call: Extract<Call, { kind: 'cancel-build' }>, signal: AbortSignal): Promise<Outcome<null>>;
  /** Offset of the server's clock from ours at the latest answer; null before the first one or without a `Date` header. */
  clock(): ClockOffset | null;
  /** The budget as all answers so far showed it; asks nothing. */
  budget(): Budget;
}
