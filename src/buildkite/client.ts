import type { Answer } from '../model/answer.ts';
import type { Clock } from '../model/clock.ts';
import { systemClock } from '../http/clock.ts';
import { createAgents } from '../http/agents.ts';
import { endpointOf } from '../http/endpoint.ts';
import type { EndpointRules } from '../http/endpoint.ts';
import { createNameExisting } from '../http/existing-names.ts';
import { readAgent, readAgentsWithTag, readAllAgents } from './agents.ts';
import { readBuild, readBuildOfDrill, readBuilds, readTriggeredBuilds } from './builds.ts';
import { readPastJobs, readPastWorkers, readStepHistory } from './history.ts';
import { readJob } from './jobs.ts';
import { buildOf } from './map.ts';
import { readOrganizationSlugs, readPipeline, readPipelineSlugs, readPipelineSteps } from './pipelines.ts';
import type { Buildkite } from './port.ts';
import { createTransport } from './transport.ts';

/** The options of the client. */
export interface BuildkiteOptions extends EndpointRules {
  /** `BUILDKITE_GRAPHQL_ENDPOINT`, or Buildkite's own. */
  readonly endpoint: string;
  readonly token: string;
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

interface AskedPipeline {
  readonly organization: string;
  readonly slug: string;
  readonly signal: AbortSignal;
}

/** The client of Buildkite's GraphQL API. Throws bad-input if the endpoint is not allowed. */
export function createBuildkiteClient(options: BuildkiteOptions): Buildkite {
  const transport = createTransport({
    endpoint: endpointOf('BUILDKITE_GRAPHQL_ENDPOINT', options.endpoint, options),
    token: options.token,
    agents: createAgents(options.proxies),
    timeoutMs: options.timeoutMs ?? 10_000,
    clock: options.clock ?? systemClock,
  });
  const nameExisting = createNameExisting();
  const nameOthers = <T>(answer: Answer<T>, { organization, slug, signal }: AskedPipeline) => {
    const isKnown = answer.ok || answer.trouble.missing !== 'organization';
    return nameExisting(
      answer,
      isKnown
        ? {
            ...{ what: 'pipelines', name: slug },
            list: () => readPipelineSlugs(transport, organization, signal),
          }
        : {
            ...{ what: 'organizations of this token', name: organization },
            list: () => readOrganizationSlugs(transport, signal),
          },
    );
  };
  return {
    viewer: async (signal) => {
      const answer = await transport.read('Viewer', {}, signal);
      return answer.ok ? { ok: true, value: answer.value.viewer?.user ?? null } : answer;
    },
    pipelineSlugs: (organization, signal) => readPipelineSlugs(transport, organization, signal),
    pipeline: async (organization, slug, branch, signal) =>
      nameOthers(await readPipeline(transport, organization, slug, branch, signal), {
        organization,
        slug,
        signal,
      }),
    pipelineSteps: async (organization, slug, signal) =>
      nameOthers(await readPipelineSteps(transport, organization, slug, signal), {
        organization,
        slug,
        signal,
      }),
    build: (slugOrUuid, jobs, signal) => readBuild(transport, slugOrUuid, jobs, signal),
    builds: (uuids, jobs, signal) => readBuilds(transport, uuids, jobs, signal),
    triggeredBuilds: (uuid, signal) => readTriggeredBuilds(transport, uuid, signal),
    buildOfDrill: (organization, pipeline, mark, signal) =>
      readBuildOfDrill(transport, organization, pipeline, mark, signal),
    stepHistory: (organization, pipeline, step, limit, signal) =>
      readStepHistory(transport, { organization, pipeline, step, limit }, signal),
    pastJobs: (organization, pipeline, after, signal) =>
      readPastJobs(transport, organization, pipeline, after, signal),
    pastWorkers: (organization, pipeline, signal) =>
      readPastWorkers(transport, organization, pipeline, signal),
    job: (uuid, signal) => readJob(transport, uuid, signal),
    agent: (organization, uuid, signal) => readAgent(transport, organization, uuid, signal),
    agentsWithTag: (organization, tag, signal) => readAgentsWithTag(transport, organization, tag, signal),
    agents: (organization, signal) => readAllAgents(transport, organization, signal),
    createBuild: async (call, signal) => {
      const input = {
        pipelineID: call.pipelineNodeId,
        branch: call.branch,
        commit: call.commit,
        message: call.message,
        env: Object.entries(call.env).map(([key, value]) => `${key}=${value}`),
        metaData: Object.entries(call.metaData).map(([key, value]) => ({ key, value })),
      };
      const outcome = await transport.send('CreateBuild', { input }, signal);
      if (!outcome.ok) return outcome;
      return { ok: true, value: { build: buildOf(outcome.value.buildCreate.build, null, false), jobs: [] } };
    },
    cancelBuild: async (call, signal) => {
      const outcome = await transport.send('CancelBuild', { input: { id: call.buildNodeId } }, signal);
      return outcome.ok ? { ok: true, value: null } : outcome;
    },
    clock: () => transport.clock(),
    budget: () => transport.budget(),
  };
}
