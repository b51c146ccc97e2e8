import type { Buildkite } from '../buildkite/port.ts';
import type { Ecs } from '../ecs/port.ts';
import type { Answer } from '../model/answer.ts';
import { GamedayError } from '../model/errors.ts';
import type { Runner } from '../cli/runner.ts';
import { ecsSettingsFromEnvironment, GRAPHQL_ENDPOINT, rulesOf } from '../cli/settings.ts';
import { pipelineOf } from '../preflight/pipeline.ts';
import { isObject } from '../preflight/json.ts';
import { readPipeline } from '../preflight/yaml.ts';
import type { Listings } from './answers.ts';

/** How long a list may take, milliseconds: whoever is asked can type the name too. */
const PATIENCE_MS = 10_000;

/** Lists what there is, by the environment's credentials and rights; nothing where one is missing. */
export function openListings(
  region: string | null,
  { insecure }: { readonly insecure: boolean },
  { environment, clients }: Runner,
): Listings {
  const ecs = async (): Promise<Ecs | null> => {
    try {
      return await clients.connectEcs(await ecsSettingsFromEnvironment(region, environment, insecure));
    } catch (error) {
      // A setting that is missing or wrong: doctor names it.
      if (error instanceof GamedayError) return null;
      throw error;
    }
  };
  const token = environment['BUILDKITE_API_TOKEN'] ?? '';
  const graphqlEndpoint = environment['BUILDKITE_GRAPHQL_ENDPOINT'] || GRAPHQL_ENDPOINT;
  const buildkite = async (): Promise<Buildkite | null> =>
    token === ''
      ? null
      : clients.connectBuildkite({ graphqlEndpoint, token, rules: rulesOf(environment, insecure) });
  const signal = (): AbortSignal => AbortSignal.timeout(PATIENCE_MS);
  return {
    clusters: async () => namesIn((await ecs())?.clusterNames(signal())),
    services: async (cluster) => namesIn((await ecs())?.serviceNames(cluster, signal())),
    pipelines: async (organization) => namesIn((await buildkite())?.pipelineSlugs(organization, signal())),
    steps: async (organization, pipeline) => {
      const answer = await (await buildkite())?.pipelineSteps(organization, pipeline, signal());
      if (answer?.ok !== true || answer.value === null) return null;
      const read = readPipeline(answer.value);
      if (!('value' in read) || !isObject(read.value)) return null;
      return pipelineOf(read.value).steps.flatMap(({ keys }) => keys.slice(0, 1));
    },
  };
}

/** Null where they cannot be listed: then a person types the name. */
async function namesIn(
  listing: Promise<Answer<readonly string[]>> | undefined,
): Promise<readonly string[] | null> {
  const answer = await listing;
  return answer?.ok === true ? answer.value : null;
}
