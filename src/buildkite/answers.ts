import { z } from 'zod';

/**
 * Schemas of Buildkite's answers, with only the fields that we use. Further fields are ignored. An answer that lacks one of
 * our fields is invalid, so that an absent field never counts as "null".
 */
export const Time = z.string().transform((text, context) => {
  const at = Date.parse(text);
  if (Number.isNaN(at)) {
    context.addIssue({ code: 'custom', message: 'not a time' });
    return z.NEVER;
  }
  return at;
});

const Named = z.object({ name: z.string() });
const Uuid = z.object({ uuid: z.string() });
const PageInfo = z.object({ endCursor: z.string().nullable(), hasNextPage: z.boolean() });

const WANTED: ReadonlySet<string> = new Set(['JobTypeCommand', 'JobTypeTrigger', 'Agent']);
/** A union of another type than asked for arrives as `{__typename}` only; an incomplete job must not count as such. */
const Other = z.object({ __typename: z.string().refine((name) => !WANTED.has(name)) });

function edgesOf<T extends z.ZodType>(node: T) {
  return z.array(z.object({ node: node.nullable() }).nullable());
}

const MetaDataPage = z.object({ edges: edgesOf(z.object({ key: z.string(), value: z.string() })) });

const JobState = z.object({
  uuid: z.string(),
  url: z.string().nullable(),
  label: z.string().nullable(),
  state: z.string(),
  passed: z.boolean(),
  softFailed: z.boolean(),
  exitStatus: z.string().nullable(),
  signal: z.string().nullable(),
  signalReason: z.string().nullable(),
  retried: z.boolean(),
  retryType: z.string().nullable(),
  retrySource: z.object({ uuid: z.string().optional() }).nullable(),
  agent: Uuid.nullable(),
  parallelGroupIndex: z.number().int().nullable(),
  runnableAt: Time.nullable(),
  startedAt: Time.nullable(),
  finishedAt: Time.nullable(),
  canceledAt: Time.nullable(),
});
const JobStep = z.object({ key: z.string().nullable() }).nullable();
const JobFields = JobState.extend({ step: JobStep });
export type JobFields = z.output<typeof JobFields>;

const JobBuild = z.object({ build: z.object({ uuid: z.string(), url: z.string() }).nullable() });
const JobWithBuild = JobFields.extend(JobBuild.shape);
export type JobWithBuild = z.output<typeof JobWithBuild>;

const JobPage = z.object({ pageInfo: PageInfo.nullable(), edges: edgesOf(z.union([JobFields, Other])) });
export type JobPage = z.output<typeof JobPage>;

/** The jobs of some steps; without `step` where only one step was asked for. */
const StepPage = z.object({
  count: z.number().int(),
  edges: z.array(
    z
      .object({
        cursor: z.string(),
        node: z.union([JobState.extend({ step: JobStep.optional() }), Other]).nullable(),
      })
      .nullable(),
  ),
});
export type StepPage = z.output<typeof StepPage>;

const PastJob = z.object({
  uuid: z.string(),
  label: z.string().nullable(),
  state: z.string(),
  passed: z.boolean(),
  step: z.object({ key: z.string().nullable() }).nullable(),
  startedAt: Time.nullable(),
  finishedAt: Time.nullable(),
});
export type PastJob = z.output<typeof PastJob>;

const PastJobPage = z.object({ pageInfo: PageInfo.nullable(), edges: edgesOf(z.union([PastJob, Other])) });

const History = z.object({
  organization: Uuid.nullable(),
  pipeline: z.object({ jobs: PastJobPage.nullable() }).nullable(),
});
export type History = z.output<typeof History>;

const EventFields = z.object({
  type: z.string(),
  timestamp: Time.nullable(),
  actor: z.object({ type: z.string() }).nullable(),
  exitStatus: z.union([z.string(), z.number()]).nullish(),
  signal: z.string().nullish(),
  signalReason: z.string().nullish(),
});
export type EventFields = z.output<typeof EventFields>;

const EventPage = z.object({ pageInfo: PageInfo.nullable(), edges: edgesOf(EventFields) });
export type EventPage = z.output<typeof EventPage>;

/** Path of a build's page, which names its organization and pipeline: as objects each of them would cost a point. */
export const BUILD_PATH = /\/([^/]+)\/([^/]+)\/builds\/(\d+)/;

const BuildFields = z.object({
  uuid: z.string(),
  id: z.string(),
  number: z.number().int(),
  url: z.string().regex(BUILD_PATH),
  branch: z.string(),
  state: z.string(),
  createdAt: Time.nullable(),
  startedAt: Time.nullable(),
  finishedAt: Time.nullable(),
  canceledAt: Time.nullable(),
  canceledBy: Named.nullable(),
  cancelReason: z.string().nullable(),
});
const BuildHead = BuildFields.extend({ metaData: MetaDataPage.nullable() });
/** A build; its meta-data and its jobs where they were asked for. */
export type BuildFields = z.output<typeof BuildFields> &
  Partial<Pick<z.output<typeof BuildHead>, 'metaData'>>;

const AgentFields = z.object({
  uuid: z.string(),
  id: z.string(),
  name: z.string(),
  hostname: z.string().nullable(),
  metaData: z.array(z.string()).nullable(),
  connectionState: z.string(),
  connectedAt: Time.nullable(),
  disconnectedAt: Time.nullable(),
  lostAt: Time.nullable(),
  stoppedGracefullyAt: Time.nullable(),
  stoppedGracefullyBy: Named.nullable(),
  stopForcedAt: Time.nullable(),
  stopForcedBy: Named.nullable(),
  version: z.string().nullable(),
  isRunningJob: z.boolean(),
});
export type AgentFields = z.output<typeof AgentFields>;

const AgentWithJobs = AgentFields.extend({
  jobs: z.object({ edges: edgesOf(z.union([JobWithBuild, Other])) }).nullable(),
});
export type AgentWithJobs = z.output<typeof AgentWithJobs>;

const MarkedBuilds = z.object({
  edges: edgesOf(z.object({ uuid: z.string(), metaData: MetaDataPage.nullable() })),
});

const PipelineFields = z.object({
  id: z.string(),
  slug: z.string(),
  url: z.string(),
  defaultBranch: z.string().nullable(),
  cancelIntermediateBuilds: z.boolean(),
  cancelIntermediateBuildsBranchFilter: z.string().nullable(),
  skipIntermediateBuilds: z.boolean(),
  skipIntermediateBuildsBranchFilter: z.string().nullable(),
  steps: z.object({ yaml: z.string().nullable() }).nullable(),
  builds: z.object({
    edges: edgesOf(
      z.object({ number: z.number().int(), url: z.string(), metaData: MetaDataPage.nullable() }),
    ),
  }),
});
export type PipelineFields = z.output<typeof PipelineFields>;

const SlugPage = z.object({ edges: edgesOf(z.object({ slug: z.string() })) });

/** The `data` of each operation's answer. */
export const ANSWERS = {
  Viewer: z.object({
    viewer: z.object({ user: z.object({ name: z.string(), email: z.string() }).nullable() }).nullable(),
  }),
  Organizations: z.object({ viewer: z.object({ organizations: SlugPage.nullable() }).nullable() }),
  Pipelines: z.object({
    organization: z.object({ pipelines: SlugPage.nullable() }).nullable(),
  }),
  Pipeline: z.object({ organization: Uuid.nullable(), pipeline: PipelineFields.nullable() }),
  PipelineSteps: z.object({
    organization: Uuid.nullable(),
    pipeline: PipelineFields.pick({ steps: true }).nullable(),
  }),
  Build: z.object({ build: BuildHead.extend({ jobs: JobPage }).nullable() }),
  BuildHead: z.object({ build: BuildHead.nullable() }),
  BuildSteps: z.object({ build: BuildFields.extend({ jobs: StepPage }).nullable() }),
  BuildJobs: z.object({ build: z.object({ jobs: JobPage }).nullable() }),
  TriggeredBuilds: z.object({
    build: z
      .object({
        jobs: z.object({ edges: edgesOf(z.union([z.object({ triggered: Uuid.nullable() }), Other])) }),
      })
      .nullable(),
  }),
  DrillBuild: z.object({
    organization: Uuid.nullable(),
    pipeline: z.object({ builds: MarkedBuilds }).nullable(),
  }),
  RecentBuilds: z.object({ pipeline: z.object({ builds: MarkedBuilds }).nullable() }),
  StepHistory: History,
  PastJobs: History,
  PastWorkers: z.object({
    organization: Uuid.nullable(),
    pipeline: z
      .object({
        jobs: z.object({ edges: edgesOf(z.union([z.object({ agent: Uuid.nullable() }), Other])) }).nullable(),
      })
      .nullable(),
  }),
  Job: z.object({ job: z.union([JobWithBuild.extend({ events: EventPage }), Other]).nullable() }),
  JobEvents: z.object({ job: z.union([z.object({ events: EventPage }), Other]).nullable() }),
  Agent: z.object({ agent: AgentWithJobs.nullable() }),
  AgentNode: z.object({ node: z.union([AgentWithJobs, Other]).nullable() }),
  Agents: z.object({
    organization: z
      .object({ agents: z.object({ pageInfo: PageInfo.nullable(), edges: edgesOf(AgentFields) }).nullable() })
      .nullable(),
  }),
  CreateBuild: z.object({ buildCreate: z.object({ build: BuildHead }) }),
  CancelBuild: z.object({ buildCancel: z.object({ build: Uuid }) }),
} as const;
export type AnswerOf<O extends keyof typeof ANSWERS> = z.output<(typeof ANSWERS)[O]>;

type Page<T> = { readonly edges: readonly ({ readonly node: T | null } | null)[] };

/** The nodes of a connection that the token may see. */
export function nodesOf<T>(page: Page<T>): readonly T[] {
  return page.edges.flatMap((edge) => (edge === null || edge.node === null ? [] : [edge.node]));
}

/** Whether the token may see every node of the page. */
export function hasAllNodes(page: Page<unknown>): boolean {
  return page.edges.every((edge) => edge !== null && edge.node !== null);
}
