import type { Agent } from '../model/entities/agent.ts';
import type { Budget } from '../model/entities/budget.ts';
import type { Build } from '../model/entities/build.ts';
import type { Job } from '../model/entities/job.ts';
import type { Mark } from '../model/entities/mark.ts';
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

/** The port to Buildkite. Reads retry within their time. Never throws for a failure of the service. */
export interface Buildkite {
  /** The user of the token; null if the token belongs to none. */
  viewer(signal: AbortSignal): Promise<Answer<TokenUser | null>>;
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
