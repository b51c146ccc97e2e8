import type { Clock } from '../model/clock.ts';
import { systemClock } from '../http/clock.ts';
import { endpointOf } from '../http/endpoint.ts';
import { readAgent, readAgentsOnHost, readAgentsWithTag } from './agents.ts';
import { readBuild, readBuildOfDrill, readBuilds, withFirstPage } from './builds.ts';
import { readPastJobs, readPastWorkers, readStepHistory } from './history.ts';
import { readJob } from './jobs.ts';
import { pipelineOf } from './map.ts';
import { makeMissing, makeMissingOrganization } from './missing.ts';
import type { Buildkite } from './port.ts';
import { createTransport } from './transport.ts';

/** The options of the client. */
export interface BuildkiteOptions {
  /** `BUILDKITE_GRAPHQL_ENDPOINT`, or Buildkite's own. */
  readonly endpoint: string;
  readonly token: string;
  readonly timeoutMs?: number;
  /** `--insecure`: plain http to other hosts than this one. */
  readonly allowInsecure: boolean;
  /** `--rig`: allow this host only, whatever the settings say. */
  readonly loopbackOnly: boolean;
  readonly clock?: Clock;
}

/** The client of Buildkite's GraphQL API. Throws bad-input if the endpoint is not allowed. */
export function createBuildkiteClient(options: BuildkiteOptions): Buildkite {
  const transport = createTransport({
    endpoint: endpointOf('BUILDKITE_GRAPHQL_ENDPOINT', options.endpoint, options),
    token: options.token,
    timeoutMs: options.timeoutMs ?? 10_000,
    clock: options.clock ?? systemClock,
  });
  return {
    pipeline: async (organization, slug, branch, signal) => {
      const variables = { organization, slug: `${organization}/${slug}`, branch: [branch] };
      const answer = await transport.read('Pipeline', variables, signal);
      if (!answer.ok) return answer;
      if (answer.value.organization === null) return makeMissingOrganization(organization);
      if (answer.value.pipeline === null) return makeMissing(`pipeline "${slug}" in "${organization}"`);
      return { ok: true, value: pipelineOf(answer.value.pipeline) };
    },
    pipelineSteps: async (organization, slug, signal) => {
      const variables = { organization, slug: `${organization}/${slug}` };
      const answer = await transport.read('PipelineSteps', variables, signal);
      if (!answer.ok) return answer;
      if (answer.value.organization === null) return makeMissingOrganization(organization);
      if (answer.value.pipeline === null) return makeMissing(`pipeline "${slug}" in "${organization}"`);
      return { ok: true, value: answer.value.pipeline.steps?.yaml ?? null };
    },
    build: (slugOrUuid, signal) => readBuild(transport, slugOrUuid, signal),
    builds: (uuids, signal) => readBuilds(transport, uuids, signal),
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
    agentsOnHost: (organization, hostnames, signal) =>
      readAgentsOnHost(transport, organization, hostnames, signal),
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
      return outcome.ok ? { ok: true, value: withFirstPage(outcome.value.buildCreate.build) } : outcome;
    },
    cancelBuild: async (call, signal) => {
      const outcome = await transport.send('CancelBuild', { input: { id: call.buildNodeId } }, signal);
      return outcome.ok ? { ok: true, value: null } : outcome;
    },
    clock: () => transport.clock(),
  };
}
