import type { Answer } from '../model/answer.ts';
import type { Pipeline } from '../model/entities/surroundings.ts';
import { nodesOf } from './answers.ts';
import { pipelineOf } from './map.ts';
import { makeMissing, makeMissingOrganization } from './missing.ts';
import type { Transport } from './transport.ts';

/** Buildkite's own default of a pipeline's default branch (schema: `PipelineCreateInput.defaultBranch`). */
const FALLBACK = 'main';

/** A pipeline and the open builds of a branch; null is its default branch, which has to be read first. */
export async function readPipeline(
  transport: Transport,
  organization: string,
  slug: string,
  branch: string | null,
  signal: AbortSignal,
): Promise<Answer<Pipeline>> {
  const variables = { organization, slug: `${organization}/${slug}`, branch: [branch ?? FALLBACK] };
  const answer = await transport.read('Pipeline', variables, signal);
  if (!answer.ok) return answer;
  if (answer.value.organization === null) return makeMissingOrganization(organization);
  const { pipeline } = answer.value;
  if (pipeline === null) return makeMissing(`pipeline "${slug}" in "${organization}"`);
  const own = pipeline.defaultBranch ?? FALLBACK;
  if (branch === null && own !== FALLBACK) return readPipeline(transport, organization, slug, own, signal);
  return { ok: true, value: pipelineOf(pipeline, branch ?? own, own) };
}

/** Slugs of the first hundred organizations that the token may see, in their order. */
export async function readOrganizationSlugs(
  transport: Transport,
  signal: AbortSignal,
): Promise<Answer<readonly string[]>> {
  const answer = await transport.read('Organizations', {}, signal);
  if (!answer.ok) return answer;
  const organizations = answer.value.viewer?.organizations ?? null;
  return {
    ok: true,
    value: (organizations === null ? [] : nodesOf(organizations)).map(({ slug }) => slug).toSorted(),
  };
}

/** Slugs of the organization's first 200 pipelines, in their order. About 200 points. */
export async function readPipelineSlugs(
  transport: Transport,
  organization: string,
  signal: AbortSignal,
): Promise<Answer<readonly string[]>> {
  const answer = await transport.read('Pipelines', { organization }, signal);
  if (!answer.ok) return answer;
  if (answer.value.organization === null) return makeMissingOrganization(organization);
  const { pipelines } = answer.value.organization;
  return {
    ok: true,
    value: (pipelines === null ? [] : nodesOf(pipelines)).map(({ slug }) => slug).toSorted(),
  };
}

/** The pipeline's own steps as YAML; null if Buildkite shows none. */
export async function readPipelineSteps(
  transport: Transport,
  organization: string,
  slug: string,
  signal: AbortSignal,
): Promise<Answer<string | null>> {
  const variables = { organization, slug: `${organization}/${slug}` };
  const answer = await transport.read('PipelineSteps', variables, signal);
  if (!answer.ok) return answer;
  if (answer.value.organization === null) return makeMissingOrganization(organization);
  if (answer.value.pipeline === null) return makeMissing(`pipeline "${slug}" in "${organization}"`);
  return { ok: true, value: answer.value.pipeline.steps?.yaml ?? null };
}
