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

/** A job that has an end, as far as a history tells it. */
export interface EndedJob {
  readonly id: string;
  readonly step: string | null;
  readonly passed: boolean;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** Some jobs, and where the next ones begin: null where there are none. */
export interface JobsPage {
  readonly jobs: readonly EndedJob[];
  readonly next: string | null;
}

/** What a drill asks of Buildkite, in our words. Reads retry inside their time; an Answer or Outcome never throws for the service's fault. */
export interface Buildkite {
  /** The pipeline `organization/slug` and its open builds on a branch; `not-found` says whether the organization itself is missing. */
  pipeline(
    organization: string,
    slug: string,
    branch: string,
    signal: AbortSignal,
  ): Promise<Answer<Pipeline>>;
  /** The pipeline's own steps as their YAML; null where Buildkite shows none. */
  pipelineSteps(organization: string, slug: string, signal: AbortSignal): Promise<Answer<string | null>>;
  /** One build by `organization/pipeline/number` or by UUID. */
  build(slugOrUuid: string, signal: AbortSignal): Promise<Answer<BuildWithJobs>>;
  /** Several builds by UUID, in one request for every fifty; each has its own answer, in the order of the UUIDs. */
  builds(uuids: readonly string[], signal: AbortSignal): Promise<readonly Answer<BuildWithJobs>[]>;
  /** The build that carries the mark in its meta-data, or null where the pipeline has none. */
  buildOfDrill(
    organization: string,
    pipeline: string,
    mark: Mark,
    signal: AbortSignal,
  ): Promise<Answer<BuildWithJobs | null>>;
  /**
   * How long the last `limit` (1 to 500) finished jobs of a step took that passed, newest first. Each attempt is a job of
   * its own; what still runs, or has no start, is left out. Fewer come where the pipeline has no more.
   */
  stepHistory(
    organization: string,
    pipeline: string,
    step: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<Answer<StepHistory>>;
  /** At most 100 jobs of a pipeline that have an end, newest first; `after` is the page before's `next`. About 300 points. */
  pastJobs(
    organization: string,
    pipeline: string,
    after: string | null,
    signal: AbortSignal,
  ): Promise<Answer<JobsPage>>;
  /** UUIDs of the agents that had the latest 100 jobs of a pipeline that have an end, the latest first. About 400 points. */
  pastWorkers(
    organization: string,
    pipeline: string,
    signal: AbortSignal,
  ): Promise<Answer<readonly string[]>>;
  /** One job with its whole history of events. */
  job(uuid: string, signal: AbortSignal): Promise<Answer<Job>>;
  /** One agent, also one that is lost or gone, with the jobs it was given lately (without histories). */
  agent(
    organization: string,
    uuid: string,
    signal: AbortSignal,
  ): Promise<Answer<{ agent: Agent; jobs: readonly Job[] }>>;
  /** Agents that carry a tag `key=value`; connected and stopping ones only (that is all Buildkite lists). */
  agentsWithTag(
    organization: string,
    tag: string,
    signal: AbortSignal,
  ): Promise<Answer<{ agents: readonly Agent[]; complete: boolean }>>;
  /** Agents whose host goes by one of these names (`isHostOf`); connected and stopping ones only. Not `complete` beyond 500 agents. */
  agentsOnHost(
    organization: string,
    hostnames: readonly string[],
    signal: AbortSignal,
  ): Promise<Answer<{ agents: readonly Agent[]; complete: boolean }>>;
  /** Starts a build. Sent once; an unknown outcome is looked up by the meta-data, never sent again blindly. */
  createBuild(
    call: Extract<Call, { kind: 'create-build' }>,
    signal: AbortSignal,
  ): Promise<Outcome<BuildWithJobs>>;
  cancelBuild(call: Extract<Call, { kind: 'cancel-build' }>, signal: AbortSignal): Promise<Outcome<null>>;
  /** The server's clock against ours as of the latest answer; null before the first one or where it sends no `Date`. */
  clock(): ClockOffset | null;
}
