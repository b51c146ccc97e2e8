import { z } from 'zod';
import { loadDocuments } from '../../src/buildkite/operations.ts';
import { TASK_ARN_TAG } from '../../src/model/entities/agent.ts';
import { maskNames, type LiveAnswer } from './document.ts';
import type { LiveServices } from './services.ts';
import type { LiveWorld } from './world.ts';

/** What was seen; `seen: null`: nothing there could show it. */
export interface Seen {
  readonly seen: unknown;
  readonly evidence: LiveAnswer['evidence'];
  /** Where the rig has no knob: what it does. */
  readonly rig?: unknown;
  /** Where equality does not tell. */
  readonly agrees?: boolean;
}

/** One question that reads answer. */
export interface Question {
  readonly name: string;
  readonly asks: string;
  readonly knob: string | null;
  readonly rule: string;
  answer(services: LiveServices, world: LiveWorld): Promise<Seen>;
}

/** What most of them say; null where there are none. */
function decide<T>(all: readonly T[]): T | null {
  const counts = [...new Set(all)].map((one) => ({
    one,
    count: all.filter((other) => other === one).length,
  }));
  return counts.toSorted((a, b) => b.count - a.count)[0]?.one ?? null;
}

/** How often each text occurs. */
function tally(all: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...new Set(all)].map((one) => [one, all.filter((other) => other === one).length]),
  );
}

const Filtered = z.object({
  organization: z.object({
    agents: z.object({ edges: z.array(z.object({ node: z.object({ uuid: z.string() }) })) }),
  }),
});
const FILTER = `query F($organization: ID!, $metaData: [String!]) {
  organization(slug: $organization) { agents(first: 100, metaData: $metaData) { edges { node { uuid } } } }
}`;

async function filterAgents(services: LiveServices, tag: string): Promise<readonly string[]> {
  const { data } = await services.ask(FILTER, {
    organization: services.settings.organization,
    metaData: [tag],
  });
  return Filtered.parse(data).organization.agents.edges.map(({ node }) => node.uuid);
}

const taskTagOf = ({ metaData }: { readonly metaData: readonly string[] }): string | undefined =>
  metaData.find((tag) => tag.startsWith(`${TASK_ARN_TAG}=`));

/** The questions that need no change. */
export const QUESTIONS: readonly Question[] = [
  {
    name: 'agent-filter',
    asks: 'Does agents(metaData:) give exactly the agents that have the tag?',
    ...{ knob: 'agentFilter', rule: 'BK-66' },
    async answer(services, { listed }) {
      // One that has a job: a drill asks for such an agent.
      const busyFirst = listed.toSorted((a, b) => Number(b.isRunningJob) - Number(a.isRunningJob));
      const tag = busyFirst.map(taskTagOf).find((one) => one !== undefined);
      if (tag === undefined) return { seen: null, evidence: { listed: listed.length, tagged: 0 } };
      const wanted = listed.filter(({ metaData }) => metaData.includes(tag)).map(({ uuid }) => uuid);
      const [given, none] = [
        await filterAgents(services, tag),
        await filterAgents(services, `${TASK_ARN_TAG}=nothing`),
      ];
      const missing = wanted.filter((id) => !given.includes(id)).length;
      const more = given.filter((id) => !wanted.includes(id)).length;
      const seen =
        none.length > 0 || more > 0
          ? 'ignored'
          : given.length === 0
            ? 'nothing'
            : missing > 0
              ? 'partial'
              : 'exact';
      const evidence = { listed: listed.length, wanted: wanted.length, given: given.length, missing, more };
      return { seen, evidence: { ...evidence, givenForUnknownTag: none.length } };
    },
  },
  {
    name: 'points',
    asks: 'Does Buildkite count the points of a document and of its answer as the rig does?',
    ...{ knob: null, rule: 'BK complexity.ts' },
    async answer(services) {
      const { organization, pipeline } = services.settings;
      const slug = `${organization}/${pipeline}`;
      const asked = [
        ['Pipeline', { organization, slug, branch: ['main'] }],
        ['PipelineSteps', { organization, slug }],
        ['StepHistory', { organization, slug, step: null, first: 20, after: null }],
        ['PastJobs', { organization, slug, after: null }],
      ] as const;
      const documents = loadDocuments();
      const counted = [];
      for (const [name, variables] of asked) {
        const { requested, actual, rigRequested, rigActual } = await services.ask(
          documents.get(name) ?? '',
          variables,
        );
        counted.push({ document: name, requested, actual, rigRequested, rigActual });
      }
      const told = counted.filter(({ requested, actual }) => requested !== null && actual !== null);
      const same = told.every((one) => one.requested === one.rigRequested && one.actual === one.rigActual);
      return { seen: told.length === 0 ? null : same, rig: true, evidence: { counted } };
    },
  },
  {
    name: 'connection-state',
    asks: 'In which case does Buildkite write connectionState?',
    ...{ knob: 'connectionState', rule: 'BK-42' },
    async answer(_services, { listed, agents }) {
      const states = [...listed, ...agents].map(({ connectionState }) => connectionState);
      const cases = states.map((state) => (state === state.toUpperCase() ? 'upper' : 'lower'));
      return { seen: decide(cases), evidence: { states: tally(states) } };
    },
  },
  {
    name: 'retried-jobs-listed',
    asks: 'Does Build.jobs list a job that was retried?',
    ...{ knob: 'retriedJobsListed', rule: 'BK-14' },
    async answer(_services, { builds }) {
      const sources = builds.flatMap((jobs) =>
        jobs.flatMap(({ retrySource }) =>
          retrySource?.uuid === undefined ? [] : [jobs.some(({ uuid }) => uuid === retrySource.uuid)],
        ),
      );
      const listed = builds.flat().filter(({ retried }) => retried).length;
      return { seen: decide(sources), evidence: { retries: sources.length, retriedJobsListed: listed } };
    },
  },
  {
    name: 'lost-job-event',
    asks: 'Which event tells that a job was lost with its agent?',
    ...{ knob: 'lossEvent', rule: 'BK-42' },
    async answer(_services, { lost }) {
      const types = lost.map(({ events }) => {
        const event = events.find(({ type }) => type === 'AGENT_LOST' || type === 'AGENT_DISCONNECTED');
        return event?.type ?? 'none';
      });
      return { seen: decide(types), evidence: { lostJobs: lost.length, events: tally(types) } };
    },
  },
  {
    name: 'lost-job-event-type',
    asks: 'Of which GraphQL type is the event AGENT_LOST?',
    ...{ knob: 'agentLostType', rule: 'BK-42' },
    async answer(_services, { lost }) {
      const types = lost.flatMap(({ events }) =>
        events.filter(({ type }) => type === 'AGENT_LOST').map(({ __typename }) => __typename),
      );
      const words = types.map((type) =>
        type === 'JobEventGeneric' ? 'generic' : type === 'JobEventFinished' ? 'finished' : type,
      );
      return { seen: decide(words), evidence: { types: tally(types) } };
    },
  },
  {
    name: 'lost-agent',
    asks: 'Has an agent that was lost a time of disconnect?',
    ...{ knob: 'lostDisconnectedAt', rule: 'BK-42' },
    async answer(_services, { lost, agents }) {
      const all = [...lost.flatMap(({ agent }) => (agent === null ? [] : [agent])), ...agents];
      const gone = all.filter(({ lostAt }) => lostAt !== null);
      const words = gone.map(({ disconnectedAt }) => (disconnectedAt === null ? 'null' : 'set'));
      return { seen: decide(words), evidence: { lostAgents: gone.length } };
    },
  },
  {
    name: 'drained-agent-ends',
    asks: 'In which state does an agent end that left by itself?',
    ...{ knob: 'drainedAgentEnds', rule: 'BK-27' },
    async answer(_services, { agents }) {
      const left = agents.filter(({ disconnectedAt, lostAt }) => disconnectedAt !== null && lostAt === null);
      const states = left.map(({ connectionState }) => connectionState.toLowerCase());
      return { seen: decide(states), evidence: { agentsThatLeft: left.length, states: tally(states) } };
    },
  },
  {
    name: 'agent-tag',
    asks: 'Has every running task exactly one agent with the tag of its ARN?',
    ...{ knob: 'agentTag', rule: 'ECS-54' },
    async answer(_services, { running, listed }) {
      const counts = running.map(
        ({ taskArn }) =>
          listed.filter((agent) => taskTagOf(agent) === `${TASK_ARN_TAG}=${taskArn ?? ''}`).length,
      );
      const words = counts.map((count) => (count === 0 ? 'absent' : 'present'));
      return {
        seen: decide(words),
        evidence: { tasks: running.length, agentsOfTasks: tally(counts.map(String)) },
      };
    },
  },
  {
    name: 'exit-codes',
    asks: 'Do containers of stopped tasks have exit codes?',
    ...{ knob: 'exitCode', rule: 'ECS-52' },
    async answer(_services, { stopped }) {
      const all = stopped
        .filter(({ lastStatus }) => lastStatus === 'STOPPED')
        .flatMap(({ containers = [] }) => containers);
      const words = all.map(({ exitCode }) => (exitCode === undefined ? 'absent' : 'present'));
      return { seen: decide(words), evidence: { containers: all.length, ...tally(words) } };
    },
  },
  {
    name: 'stop-reasons',
    asks: 'Which stopCode and stoppedReason do tasks have that were stopped, also by a draining host?',
    ...{ knob: null, rule: 'ECS-65' },
    async answer(_services, { stopped }) {
      const told = stopped.map(
        ({ stopCode, stoppedReason }) => `${stopCode ?? 'none'}: ${maskNames(stoppedReason ?? 'none')}`,
      );
      const known =
        /^(UserInitiated|ServiceSchedulerInitiated|EssentialContainerExited|TaskFailedToStart|SpotInterruption|TerminationNotice): /;
      const seen = told.length === 0 ? null : told.every((one) => known.test(one));
      return { seen, rig: true, evidence: { stops: tally(told) } };
    },
  },
  {
    name: 'signal-lag-seen',
    asks: 'How long after stoppingAt did agents report their stop?',
    ...{ knob: 'signalLag', rule: 'ECS-74' },
    async answer(_services, { stopped, agents }) {
      const lags = stopped.flatMap(({ taskArn, stoppingAt, launchType }) => {
        const agent = agents.find((one) => taskTagOf(one) === `${TASK_ARN_TAG}=${taskArn ?? ''}`);
        if (stoppingAt === undefined || agent?.stoppedGracefullyAt == null) return [];
        if (agent.stoppedGracefullyBy !== null) return [];
        const ms = Date.parse(agent.stoppedGracefullyAt) - stoppingAt.getTime();
        return [{ launchType: launchType ?? 'none', ms }];
      });
      return judgeLags(lags);
    },
  },
];

/** The default window of gameday holds twenty seconds on Fargate and ten elsewhere: a longer lag needs `limits.signalLag`. */
export function judgeLags(lags: readonly { readonly launchType: string; readonly ms: number }[]): Seen {
  if (lags.length === 0) return { seen: null, evidence: { lags: 0 } };
  const longest = Math.max(...lags.map(({ ms }) => ms));
  const agrees = lags.every(({ launchType, ms }) => ms <= (launchType === 'FARGATE' ? 20_000 : 10_000));
  return { seen: `${String(longest)}ms`, agrees, evidence: { lags, longestMs: longest } };
}
