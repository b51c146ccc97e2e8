import { DescribeTasksCommand, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { valueOf } from '../contract/buildkite.contract.ts';
import type { LiveServices } from './services.ts';

const never = new AbortController().signal;
const edges = <S extends z.ZodType>(node: S) => z.object({ edges: z.array(z.object({ node })) });

const Listed = z.object({
  uuid: z.string(),
  metaData: z.array(z.string()),
  connectionState: z.string(),
  version: z.string().nullable(),
  isRunningJob: z.boolean(),
});
const Seen = Listed.extend({
  disconnectedAt: z.string().nullable(),
  lostAt: z.string().nullable(),
  stoppedGracefullyAt: z.string().nullable(),
  stoppedGracefullyBy: z.object({ uuid: z.string() }).nullable(),
});
const SeenJob = z.object({
  uuid: z.string(),
  exitStatus: z.string().nullable(),
  signal: z.string().nullable(),
  signalReason: z.string().nullable(),
  passed: z.boolean(),
  retried: z.boolean(),
  retrySource: z.object({ uuid: z.string().optional() }).nullable(),
  agent: z.object({ uuid: z.string() }).nullable(),
});
const SeenEvent = z.object({ __typename: z.string(), type: z.string() });
export type SeenAgent = z.infer<typeof Seen>;

/** A job that was lost, with its history and its agent; null: the agent is no more to be found. */
interface LostJob {
  readonly events: readonly z.infer<typeof SeenEvent>[];
  readonly agent: SeenAgent | null;
}

/** What there is to be seen, read once: reads only. */
export interface LiveWorld {
  readonly listed: readonly z.infer<typeof Listed>[];
  /** Jobs of the pipeline's last builds, by build. */
  readonly builds: readonly (readonly z.infer<typeof SeenJob>[])[];
  /** Agents that held those jobs, gone ones too. */
  readonly agents: readonly SeenAgent[];
  readonly lost: readonly LostJob[];
  readonly running: readonly Task[];
  /** ECS keeps them for an hour. */
  readonly stopped: readonly Task[];
}

const AGENTS = `query A($organization: ID!) {
  organization(slug: $organization) {
    agents(first: 100) { edges { node { uuid metaData connectionState version isRunningJob } } }
  }
}`;
const BUILDS = `query B($pipeline: ID!) {
  pipeline(slug: $pipeline) {
    builds(first: 10) { edges { node { jobs(first: 25, type: [COMMAND]) { edges { node {
      ... on JobTypeCommand {
        uuid exitStatus signal signalReason passed retried
        retrySource { ... on JobTypeCommand { uuid } }
        agent { uuid }
      }
    } } } } } }
  }
}`;
const AGENT = `query C($slug: ID!) {
  agent(slug: $slug) {
    uuid metaData connectionState version isRunningJob disconnectedAt lostAt stoppedGracefullyAt stoppedGracefullyBy { uuid }
  }
}`;
const EVENTS = `query E($uuid: ID!) {
  job(uuid: $uuid) { ... on JobTypeCommand { events(first: 50) { edges { node { __typename type } } } } }
}`;
/** Agents and lost jobs that are read one by one: enough to see, and cheap. */
const MOST = 15;

/** Reads an agent by id, as it is after it has gone. Null where Buildkite shows none. */
export async function readLiveAgent(services: LiveServices, uuid: string): Promise<SeenAgent | null> {
  const { data } = await services.ask(AGENT, { slug: `${services.settings.organization}/${uuid}` });
  return z.object({ agent: Seen.nullable() }).parse(data).agent;
}

/** Every agent that Buildkite lists. */
export async function listLiveAgents(services: LiveServices): Promise<LiveWorld['listed']> {
  const { data } = await services.ask(AGENTS, { organization: services.settings.organization });
  const shape = z.object({ organization: z.object({ agents: edges(Listed) }) });
  return shape.parse(data).organization.agents.edges.map(({ node }) => node);
}

/** Reads what there is to be seen. */
export async function readWorld(services: LiveServices): Promise<LiveWorld> {
  const { organization, pipeline } = services.settings;
  // A wrong name is said in the product's own words before anything else is read.
  valueOf(await services.buildkite.pipeline(organization, pipeline, 'main', never));
  valueOf(await services.ecs.service(services.settings.cluster, services.settings.service, never));
  const { data } = await services.ask(BUILDS, { pipeline: `${organization}/${pipeline}` });
  const shape = z.object({ pipeline: z.object({ builds: edges(z.object({ jobs: edges(SeenJob) })) }) });
  const builds = shape
    .parse(data)
    .pipeline.builds.edges.map(({ node }) => node.jobs.edges.map((edge) => edge.node));
  const jobs = builds.flat();
  const ids = [...new Set(jobs.flatMap(({ agent }) => (agent === null ? [] : [agent.uuid])))];
  const agents = await Promise.all(ids.slice(0, MOST).map((id) => readLiveAgent(services, id)));
  const gaveUp = jobs.filter(
    ({ exitStatus, signal, signalReason }) =>
      exitStatus === '-1' && signal === null && (signalReason === null || signalReason === 'NONE'),
  );
  return {
    listed: await listLiveAgents(services),
    builds,
    agents: agents.filter((agent) => agent !== null),
    lost: await Promise.all(gaveUp.slice(0, MOST).map((job) => readLostJob(services, job))),
    running: await readTasks(services, 'RUNNING'),
    stopped: await readTasks(services, 'STOPPED'),
  };
}

async function readLostJob(services: LiveServices, job: z.infer<typeof SeenJob>): Promise<LostJob> {
  const { data } = await services.ask(EVENTS, { uuid: job.uuid });
  const { events } = z.object({ job: z.object({ events: edges(SeenEvent) }) }).parse(data).job;
  return {
    events: events.edges.map(({ node }) => node),
    agent: job.agent === null ? null : await readLiveAgent(services, job.agent.uuid),
  };
}

async function readTasks(
  services: LiveServices,
  desiredStatus: 'RUNNING' | 'STOPPED',
): Promise<readonly Task[]> {
  const { cluster, service: serviceName } = services.settings;
  const list = new ListTasksCommand({ cluster, serviceName, desiredStatus });
  const { taskArns = [] } = await services.sdk.send(list);
  if (taskArns.length === 0) return [];
  return (await services.sdk.send(new DescribeTasksCommand({ cluster, tasks: taskArns }))).tasks ?? [];
}
